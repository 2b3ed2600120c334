"""What a reader of the index asks, in SQL."""
