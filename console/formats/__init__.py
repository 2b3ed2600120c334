"""One folder per system: how its records decode, what their fields must be, what its own rules say. No I/O."""
