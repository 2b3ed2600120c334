"""What the readers of all systems share."""
