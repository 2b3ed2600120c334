"""csv, dot, json, html … one module per form. None yet."""
