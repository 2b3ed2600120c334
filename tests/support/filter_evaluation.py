"""A filter's condition judged on one event at a time: what every store's answer must equal."""

import re
from dataclasses import dataclass

from console.model.event import StreamKey
from console.model.trust import Severity
from console.store.filter.tree import (
    And,
    Condition,
    Contains,
    EventIn,
    FieldCompares,
    FieldMatches,
    FirstIn,
    InStream,
    Matches,
    Not,
    OfRecord,
    Or,
    Pattern,
    Related,
    SequenceWithin,
    TimeWithin,
    TrustIn,
    WorstFrom,
)


@dataclass(frozen=True)
class Judged:
    """What a condition may ask of an event. ``sequence`` is -1 where there is none."""

    path: str
    format: str
    type: str
    actor: str
    streams: tuple[StreamKey, ...]
    sequence: int
    time: int | None
    trust: int
    worst: int
    codes: frozenset[str] = frozenset()
    held: frozenset[OfRecord] = frozenset()
    """What holds of its raw record."""
    id: int = 0
    stream: int = 0


def fits(condition: Condition, event: Judged) -> bool:
    """True if the condition holds for the event."""
    match condition:
        case And(parts):
            return all(fits(each, event) for each in parts)
        case Or(parts):
            return any(fits(each, event) for each in parts)
        case Not(part):
            return not fits(part, event)
        case Matches(name, patterns):
            return any(_matches(patterns, each) for each in _names(name, event) if each)
        case InStream(patterns, kind):
            return any(kind in (None, each.kind) and _matches(patterns, each.key) for each in event.streams)
        case TrustIn(states):
            return event.trust in states
        case WorstFrom(severity):
            return event.worst >= severity if severity is not Severity.NONE else not event.worst
        case SequenceWithin(low, high):
            return (low is None or event.sequence >= low) and (high is None or event.sequence <= high)
        case TimeWithin(start, end):
            time = event.time
            return time is not None and (start is None or time >= start) and (end is None or time < end)
        case EventIn(events):
            return event.id in events
        case FirstIn(streams):
            return event.stream in streams
        case Contains() | FieldMatches() | FieldCompares():
            return condition in event.held
        case Related():
            raise TypeError(condition)


def _names(name: str, event: Judged) -> frozenset[str] | set[str]:
    if name == "code":
        return event.codes
    return {{"type": event.type, "actor": event.actor, "ledger": event.path, "format": event.format}[name]}


def _matches(patterns: tuple[Pattern, ...], text: str) -> bool:
    return any(_pattern(each).fullmatch(text) for each in patterns)


def _pattern(pattern: Pattern) -> re.Pattern[str]:
    if not pattern.open:
        return re.compile(re.escape(pattern.text))
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char) or re.escape(char) for char in pattern.text), re.DOTALL)
