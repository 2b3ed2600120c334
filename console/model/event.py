"""A record decoded into the common envelope: what all systems' events share, so that one table and filter fit all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from console.model.trust import Severity, Trust

NO_TIME = -(1 << 63)
"""In columns of instants: the event names no readable time."""


@dataclass(frozen=True, slots=True)
class Instant:
    """``micros`` since 1970-01-01T00:00Z, with the text it came from. ``zone`` is '' for a naive time, read as UTC."""

    micros: int
    text: str
    zone: str


class StreamKey(NamedTuple):
    """What an operator follows: ``kind`` (run, deal, action, trace …) and its key."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event in words that all systems share. ``document`` is the decoded record, for panels and rules."""

    ordinal: int
    offset: int
    length: int
    type: str
    streams: tuple[StreamKey, ...] = ()
    """The first is the one whose chain or order is checked."""
    category: str = ""
    sequence: int | None = None
    event_id: str | None = None
    instant: Instant | None = None
    actor: str | None = None
    parent: str | None = None
    """Id of the parent or cause, in the system's own terms."""
    correlation: str | None = None
    hash: str | None = None
    previous_hash: str | None = None
    trust: Trust = Trust.UNCHECKED
    worst: Severity = Severity.NONE
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a panel. ``name`` and ``value`` may be foreign text; ``note`` is ours, a few words."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One tab of the details: Envelope, Metadata, Provenance, Authority, Evidence …"""

    title: str
    fields: tuple[Field, ...]
