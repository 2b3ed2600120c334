"""Tables for an operator: what is delivered, and what is still not recorded."""
