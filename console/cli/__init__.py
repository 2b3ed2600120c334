"""One module per command: parses, calls the engine, prints. No logic."""
