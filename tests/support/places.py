"""Folders that tests read from."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout."""
SAMPLES = ROOT / "sample_ledgers"
REAL = ROOT.resolve().parent / "shared" / "real"
"""Ledgers that the real systems' own software wrote; not in every checkout."""
CASES = REAL.parent / "cases"
"""Small inputs on which something once went wrong; not in every checkout."""
