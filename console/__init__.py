"""Watch append-only event ledgers live, and prove link by link what can be trusted in them."""

__version__ = "0.1.0"
