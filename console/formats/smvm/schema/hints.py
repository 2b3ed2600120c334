"""Hints at the values of a field: vocabulary that writers are free to extend, so it warns and refuses nothing."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The document's hint at a field's values. ``pattern`` is for hints at a unit, such as ``(months/years)``."""

    values: frozenset[str]
    pattern: str | None = None

    def allow(self, value: str) -> bool:
        return value in self.values or (self.pattern is not None and re.fullmatch(self.pattern, value) is not None)


def words(*values: str) -> Words:
    return Words(frozenset(values))


def units(*values: str) -> Words:
    """A unit, or a number with it: ``years``, ``36_months``."""
    return Words(frozenset(values), rf"[0-9]+[ _-]?(?:{'|'.join(values)})")
