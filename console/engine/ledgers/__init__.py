"""From paths to ledgers, and to their records wherever these are."""
