"""The hash-linked log of simulated API episodes."""
