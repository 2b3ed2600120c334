"""What was seen before: record tree, checkpoints, comparison. None yet."""
