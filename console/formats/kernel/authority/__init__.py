"""Who may do what: the rules table, and every gate judged from the ledger alone."""
