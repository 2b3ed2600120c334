"""Events decoded from raw records: folded into reports, and replayed into states."""
