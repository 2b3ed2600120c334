"""What caused an event and what it caused, over all ledgers of an index."""
