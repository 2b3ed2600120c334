"""Keeps an index in step with files that grow, move and change."""
