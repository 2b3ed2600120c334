"""Hints at the values of a field: vocabulary that writers are free to extend, so it warns and refuses nothing."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The document's hint at a field's values. ``pattern`` is for hints at a unit, such as ``(months/years)``."""

    values: frozenset[str]
    pattern: str | None = None

    def allow(self, value: str) -> bool:
        """True for a value that the hint means."""
        return value in self.values or (
            self.pattern is not None and re.fullmatch(self.pattern, value, re.IGNORECASE) is not None
        )


def words(*values: str) -> Words:
    return Words(frozenset(values))


_SHORT = {"days": "d|day", "weeks": "w|wk|week", "months": "mo|month", "years": "y|yr|year"}
"""Other ways to write a unit."""
_NUMBER = "[0-9]+(?:[.][0-9]+)?"
_ISO_8601 = rf"P(?=[0-9])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"


def units(*values: str) -> Words:
    """A unit, or a duration with it: ``years``, ``36_months``, ``1 year``, ``90d``, ``P1Y``."""
    names = "|".join(f"{each}|{_SHORT[each]}" for each in (*values, "weeks", "days"))
    return Words(frozenset(values), rf"{_NUMBER}[ _-]?(?:{names})|{_ISO_8601}")
