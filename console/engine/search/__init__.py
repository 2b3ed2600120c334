"""Search in raw records, and lists of events."""
