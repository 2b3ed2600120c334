"""The index of what was read: what any store must offer, and the one on SQLite."""
