"""Bytes that are stored compressed, read in place: a gzip stream, the members of a ZIP archive."""
