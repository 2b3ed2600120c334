"""Batches and sound lines for SWARM's tests."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.json.times import parse
from console.formats.protocol import Context
from console.formats.swarm import FORMAT
from console.formats.swarm.profiles import link_digest as digest
from console.formats.swarm.record import V3
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch

NOW = parse("2027-01-01T00:00:00Z").micros  # type: ignore[union-attr]  # the text is a time


def line(number: int, kind: str = "reputation_updated", **more: Any) -> dict[str, Any]:
    """A native v3 line."""
    given = {
        "event_id": f"00000000-0000-4000-8000-{number:012}",
        "timestamp": f"2026-02-16T20:49:{number:02}.123456",
        "event_type": kind,
        "agent_id": "honest_1",
        "payload": {},
        "epoch": 0,
        "step": number,
    }
    return dict.fromkeys(V3) | given | more


def episode(count: int = 4) -> list[dict[str, Any]]:
    """A sound hash-linked episode."""
    entries: list[dict[str, Any]] = []
    parent = None
    for number in range(count):
        entry: dict[str, Any] = {
            "agent_id": "a1",
            "event_type": "irreversible_vote",
            "parent_event_hash": parent,
            "payload": {"approve": True, "evidence_ids": ["é"], "request_id": f"req_{number}"},
            "timestamp": f"2026-02-16T20:49:{number:02}.412868+00:00",
        }
        entries.append(seal(entry))
        parent = entry["event_hash"]
    return entries


def seal(entry: dict[str, Any]) -> dict[str, Any]:
    """Give an entry the hash that fits it."""
    entry["event_hash"] = digest(entry)
    entry["provenance_id"] = entry["event_hash"][:12]
    return entry


def lines(documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [json.dumps(each).encode() for each in documents]


def batch(raws: Sequence[bytes], first: int = 1, offset: int = 0) -> RecordBatch:
    offsets, at = [], offset
    for raw in raws:
        offsets.append(at)
        at += len(raw) + 1
    return RecordBatch(first, offsets, [len(raw) for raw in raws], list(raws), Cursor(first + len(raws), at))


def read(raws: Sequence[bytes], shape: str = "event") -> tuple[EventBatch, list[Finding]]:
    """One pass: the rows, and all findings, standing ones included."""
    reader = FORMAT.reader(Context(shape, NOW))
    out = reader.read(batch(raws))
    return out, [*out.findings, *reader.standing()]


def codes(found: Sequence[Finding]) -> list[str]:
    """Codes, without the note that times have no zone."""
    return [each.code for each in found if each.code != "order.naive-timestamp"]
