"""A record's document into the common envelope, for the event log and the hash-linked episode log."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.model.event import Event, StreamKey
from console.model.record import Record

EVENTS = "event"
"""The event log."""
SIMAPI = "simapi"
"""The simulated APIs' episode log, linked by hashes."""
EPISODE = StreamKey("episode", "episode")
"""A file of the episode log holds one episode."""


def text(document: Mapping[str, Any], name: str) -> str:
    """The field if it is a text, '' otherwise."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def scenario_of(name: object, seed: object) -> str:
    """``scenario/seed``, as far as a line names them."""
    if not isinstance(name, str) or not name:
        return ""
    return name if seed is None else f"{name}/{seed}"


def decode(record: Record) -> Event:
    """The envelope of one record; an unreadable one has type ''.

    A line's id is its provenance_id where it has one, for that is what other lines refer to. The simulation that it
    belongs to cannot be told from one line.
    """
    document = strict.decode(record.raw).document
    if document is None:
        return Event(record.ordinal, record.offset, record.length, "")
    agent = text(document, "agent_id")
    streams = [StreamKey("agent", agent)] if agent else []
    linked = "event_hash" in document
    if linked:
        streams.insert(0, EPISODE)
    elif of := scenario_of(document.get("scenario_id"), document.get("seed")):
        streams.append(StreamKey("scenario", of))
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        text(document, "event_type"),
        tuple(streams),
        category=text(document, "event_type").partition("_")[0],
        event_id=text(document, "provenance_id") or text(document, "event_id") or None,
        instant=parse(document.get("timestamp")),
        actor=agent or text(document, "initiator_id") or None,
        parent=text(document, "parent_event_hash")[:12] if linked else text(document, "parent_event_id") or None,
        correlation=text(document, "interaction_id") or None,
        hash=text(document, "event_hash") or None,
        previous_hash=text(document, "parent_event_hash") or None,
        document=document,
    )
