"""The tree of a filter: conditions on events, joined by and, or and not.

The tree knows nothing of how a store keeps its rows: a store turns it into a query, a test evaluates it on a list.
No store holds records, so that conditions on the raw record are answered by who reads it: ``rebuilt`` puts what is
known in their places, and what is left is asked of the store.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
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


@dataclass(frozen=True, slots=True)
class EventIn:
    """The event is one of these: ids of an index."""

    events: frozenset[int]


@dataclass(frozen=True, slots=True)
class FirstIn:
    """The event's first stream, whose chain or order is checked, is one of these: ids of an index."""

    streams: frozenset[int]


@dataclass(frozen=True, slots=True)
class Related:
    """The event caused the one of this id, was caused by it, or is in the same chain. The engine finds out which events
    these are, and puts ``EventIn`` or ``FirstIn`` in its place before a store is asked."""

    how: Literal["ancestors", "descendants", "chain"]
    id: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The raw record holds this text; letter case matters if the text has a capital."""

    text: str


@dataclass(frozen=True, slots=True)
class FieldMatches:
    """A value of the record's document matches one of the patterns. ``path`` are keys from the top on; in a list every
    element is meant, or the one whose number the path names. A number equals a text that writes it, true, false and
    null their words; an object matches ``*`` alone."""

    path: tuple[str, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class FieldCompares:
    """A value of the record's document is a number, or a text that writes one, beyond ``number``; or a text that names
    a time beyond the one of ``span`` (see ``TimeWithin``). Either bound may be None."""

    path: tuple[str, ...]
    sign: Literal[">", ">=", "<", "<="]
    number: Decimal | None
    span: tuple[int, int] | None


OfRecord: TypeAlias = Contains | FieldMatches | FieldCompares
Leaf: TypeAlias = (
    Matches | InStream | TrustIn | WorstFrom | SequenceWithin | TimeWithin | EventIn | FirstIn | Related | OfRecord
)
Condition: TypeAlias = And | Or | Not | Leaf

TRUE, FALSE = And(), Or(())


def rebuilt(condition: Condition, change: Callable[[Leaf], Condition]) -> Condition:
    """The tree with something in the place of each leaf; what always or never holds is worked out."""
    match condition:
        case And(parts):
            left = [part for each in parts if (part := rebuilt(each, change)) != TRUE]
            return FALSE if FALSE in left else left[0] if len(left) == 1 else And(tuple(left))
        case Or(parts):
            left = [part for each in parts if (part := rebuilt(each, change)) != FALSE]
            return TRUE if TRUE in left else left[0] if len(left) == 1 else Or(tuple(left))
        case Not(part):
            inner = rebuilt(part, change)
            return FALSE if inner == TRUE else TRUE if inner == FALSE else Not(inner)
        case _:
            return change(condition)


def leaves(condition: Condition) -> tuple[Leaf, ...]:
    """Its leaves, each once, in their order."""
    found: dict[Leaf, None] = {}

    def note(leaf: Leaf) -> Condition:
        found[leaf] = None
        return leaf

    rebuilt(condition, note)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on events."""

    condition: Condition = TRUE

    @property
    def everything(self) -> bool:
        """True if no condition keeps any event back."""
        return self.condition == TRUE

    @property
    def of_record(self) -> tuple[OfRecord, ...]:
        """What it asks of raw records, each once."""
        return tuple(each for each in leaves(self.condition) if isinstance(each, OfRecord))

    @property
    def possible(self) -> "Filter":
        """What can be asked without records: it lets through all that this one does, and maybe more."""
        return Filter(_possible(self.condition))

    @property
    def undecided(self) -> "Filter":
        """What is left where all holds that must and is asked of raw records alone."""
        parts = self.condition.parts if isinstance(self.condition, And) else (self.condition,)
        left = (each for each in parts if any(not isinstance(leaf, OfRecord) for leaf in leaves(each)))
        return both(*map(Filter, left))

    def given(self, held: Callable[[OfRecord], bool]) -> "Filter":
        """What is left to ask of an event, once it is known what holds of its record."""
        return Filter(
            rebuilt(
                self.condition,
                lambda leaf: leaf if not isinstance(leaf, OfRecord) else TRUE if held(leaf) else FALSE,
            )
        )


def _possible(condition: Condition, wanted: bool = True) -> Condition:
    match condition:
        case And(parts):
            return rebuilt(And(tuple(_possible(each, wanted) for each in parts)), lambda leaf: leaf)
        case Or(parts):
            return rebuilt(Or(tuple(_possible(each, wanted) for each in parts)), lambda leaf: leaf)
        case Not(part):
            return rebuilt(Not(_possible(part, not wanted)), lambda leaf: leaf)
        case Contains() | FieldMatches() | FieldCompares():
            return TRUE if wanted else FALSE
        case _:
            return condition


def both(*filters: Filter) -> Filter:
    """What all of them let through."""
    return Filter(rebuilt(And(tuple(each.condition for each in filters)), lambda leaf: leaf))


def either(filter: Filter, alternatives: Sequence[Filter]) -> Filter:
    """The filter, and at least one of the alternatives (any event, where there are none)."""
    if not alternatives:
        return filter
    return both(filter, Filter(Or(tuple(each.condition for each in alternatives))))
