"""Forms of export that every ledger has, and where exports are written."""
