"""What both front doors call: open ledgers, ingest, follow, verify, search. The only place where the parts meet."""
