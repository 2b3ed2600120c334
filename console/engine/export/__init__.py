"""What leaves the console as files."""
