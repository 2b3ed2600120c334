"""The memory: what the console has seen of each ledger, and how what stands there now differs from it."""
