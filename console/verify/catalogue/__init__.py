"""The findings that the console can make: code, severity, and what an investigator needs to know.

One table, so that a code means the same in every system, and reports, screen and documents explain it in the same
words. Its families stand in modules of their own.
"""

from typing import Any

from console.model.finding import Finding
from console.model.trust import Confidence, Severity
from console.verify.catalogue import delivery, memory, proof, reading, relations, shape
from console.verify.catalogue.entry import CatalogueEntry

__all__ = ["CATALOGUE", "CatalogueEntry", "finding"]

_FAMILIES = (reading, shape, proof, relations, delivery, memory)
_CLOCKS = frozenset(("order.time-regression", "order.future-timestamp", "identity.id-time-mismatch"))
"""What rests on a writer's clock, which proves nothing."""

CATALOGUE: dict[str, CatalogueEntry] = {entry.code: entry for family in _FAMILIES for entry in family.ENTRIES}


def finding(
    code: str, message: str, *, severity: Severity | None = None, confidence: Confidence | None = None, **place: Any
) -> Finding:
    """A finding of a catalogued code, with that code's severity and confidence unless others are given.

    Raises KeyError for a code that the catalogue does not hold.
    """
    severity = CATALOGUE[code].severity if severity is None else severity
    if confidence is None:
        confidence = Confidence.HEURISTIC if code in _CLOCKS else Confidence.PROVEN
    return Finding(code=code, severity=severity, confidence=confidence, message=message, **place)
