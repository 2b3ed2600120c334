"""How far an event can be trusted, and how bad a finding is: three scales, with the words and glyphs that go with them.

Numbers are kept in the index and sorted by; a change to one is a change of the index.
"""

from enum import IntEnum, StrEnum


class Trust(IntEnum):
    """What was proved of one event. Never colour alone: each state has a glyph and a word."""

    UNCHECKED = 0
    VERIFIED = 1
    """Recomputed from what is stored, and linked."""
    RECOVERED = 2
    """Verified after recovering what was not stored (a time stamp, a key order)."""
    LINKED = 3
    """The link holds; the hash could not be reproduced."""
    UNCHAINED = 4
    """The event takes part in no chain."""
    PENDING = 5
    """No event: a tail without its line end, or blank lines. It is counted nowhere as an event."""
    BROKEN = 6

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def glyph(self) -> str:
        return "·✓≈~○…✗"[self]


WORST_FIRST = (
    *(Trust.BROKEN, Trust.LINKED, Trust.PENDING, Trust.UNCHECKED, Trust.UNCHAINED, Trust.RECOVERED, Trust.VERIFIED),
)
"""The order in which every summary counts events."""


class Severity(IntEnum):
    """How bad a finding is. ``NONE`` is only used where a row has no finding."""

    NONE = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()

    def words(self, number: int) -> str:
        """The word behind a number of findings: ``1 warning``, ``3 warnings``, ``8 critical``."""
        return self.word if number == 1 or self is Severity.CRITICAL else f"{self.word}s"

    @property
    def glyph(self) -> str:
        return " i!✗‼"[self]


class Confidence(StrEnum):
    """How a finding was reached."""

    PROVEN = "proven"
    """It stands in the bytes: no assumption is needed."""
    RECOMPUTED = "recomputed"
    """A hash was computed again and differs."""
    HEURISTIC = "heuristic"
    """It rests on a rule that a healthy system may break."""
