"""The chain of custody: what was done with this console, recorded."""
