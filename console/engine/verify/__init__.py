"""Verification of whole ledgers."""
