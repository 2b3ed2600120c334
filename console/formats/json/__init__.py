"""JSON read strictly: decoding, times, validation messages."""
