"""From batches to commits of the index."""
