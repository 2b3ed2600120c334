"""What is known of the ledgers beside one, and what joins them."""
