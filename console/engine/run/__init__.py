"""Processes that work for the console."""
