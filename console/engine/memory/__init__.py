"""Every look at a ledger is compared with what was seen before, and remembered."""
