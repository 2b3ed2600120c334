"""What is carried of each stream, and the rules that its events are held to."""
