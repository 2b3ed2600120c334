"""The tree of a filter: conditions on events, joined by and, or and not.

The tree knows nothing of how a store keeps its rows: a store turns it into a query, a test evaluates it on a list.
Texts that are looked for in the raw records stand beside the conditions, since no store holds records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from console.model.trust import Severity, Trust


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text to be equal to. ``open``: ``*`` stands for any text in it, ``?`` for any one character."""

    text: str
    open: bool = False

    def fits(self, text: str) -> bool:
        """True if a text is equal to it."""
        # Brackets are no classes here.
        return fnmatchcase(text, self.text.replace("[", "[[]")) if self.open else text == self.text


@dataclass(frozen=True, slots=True)
class And:
    """All hold; without parts it always holds."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds; without parts it never holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: "Condition"


Named: TypeAlias = Literal["type", "actor", "ledger", "format", "code"]
"""``ledger`` is its path, ``code`` that of any finding that points at the event."""


@dataclass(frozen=True, slots=True)
class Matches:
    """A name of the event, or of its ledger, matches one of the patterns. An event without the name matches none."""

    name: Named
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class InStream:
    """The event is in a stream whose key matches one of the patterns; any kind of stream if ``kind`` is None."""

    patterns: tuple[Pattern, ...]
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class TrustIn:
    """The event's trust is one of these."""

    states: tuple[Trust, ...]


@dataclass(frozen=True, slots=True)
class WorstFrom:
    """The worst finding of the event is at least this bad; ``NONE``: it has no finding."""

    severity: Severity


@dataclass(frozen=True, slots=True)
class SequenceWithin:
    """The sequence number is from ``low`` to ``high``, both included; None: no bound. An event without one has -1."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class TimeWithin:
    """The event names a time, from ``start`` on and earlier than ``end``, UTC microseconds; None: no bound."""

    start: int | None
    end: int | None


Condition: TypeAlias = And | Or | Not | Matches | InStream | TrustIn | WorstFrom | SequenceWithin | TimeWithin


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on indexed events, and texts to look for in their raw records.

    ``texts`` holds (text, wanted): with ``wanted`` False the record must not hold it. All must be so.
    """

    condition: Condition = And()
    texts: tuple[tuple[str, bool], ...] = ()

    @property
    def everything(self) -> bool:
        """True if no condition keeps any event back."""
        return self.condition == And()


def either(filter: Filter, alternatives: Sequence[Filter]) -> Filter:
    """The filter, and of the conditions of the alternatives at least one (any, where there are none)."""
    if not alternatives:
        return filter
    return Filter(And((filter.condition, Or(tuple(each.condition for each in alternatives)))), filter.texts)
