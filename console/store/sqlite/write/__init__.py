"""What the writer of the index does, in SQL."""
