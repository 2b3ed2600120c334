"""SMVM's rules: over the fields of one event, over the events of a run, over time."""
