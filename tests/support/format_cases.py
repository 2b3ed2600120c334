"""Ledgers of every format that is known, for what is asked of all of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from console.engine.ledgers.opening import Opened, open_ledgers
from console.formats.protocol import Context, Format, Reader
from tests.support.both_ways import one_at_a_time
from tests.support.places import SAMPLES

MOST = 300
"""Records of a ledger that are taken."""
WHENEVER = 1_795_200_000_000_000
"""A clock behind every sample."""


@dataclass(frozen=True)
class LedgerCase:
    """Records of one shape of a format as they are written, and what lies beside them."""

    format: Format
    shape: str
    name: str
    container: str
    raws: Sequence[bytes]
    companions: dict[str, bytes]

    def make(self, now: int = WHENEVER, *, bulk: bool = True) -> Callable[[], Reader]:
        """Makes readers; without ``bulk`` such that look at every record."""

        def made() -> Reader:
            reader = self.format.reader(Context(self.shape, now, companions=self.companions))
            return reader if bulk else one_at_a_time(reader)

        return made

    @property
    def documents(self) -> list[dict[str, Any]]:
        """Of those that are JSON objects, and others that the system also knows."""
        found = []
        for raw in self.raws:
            try:
                document = json.loads(raw)
            except ValueError:
                continue
            found += [document] if isinstance(document, dict) else []
        return [*VARIANTS.get(self.format.name, iter)(found)]


def case_of(opened: Opened) -> LedgerCase:
    raws = [raw for batch in opened.source.batches() for raw in batch.raws if raw][:MOST]
    return LedgerCase(
        opened.format, opened.claim.shape, opened.name, opened.source.container, raws, dict(opened.companions)
    )


@cache
def samples(name: str) -> Sequence[LedgerCase]:
    """The sample ledgers of a format: for each shape and container the longest."""
    best: dict[tuple[str, str], LedgerCase] = {}
    for opened in open_ledgers([str(SAMPLES)]):
        if isinstance(opened, Opened) and opened.format.name == name:
            case, key = case_of(opened), (opened.claim.shape, opened.source.container)
            if key not in best or len(case.raws) > len(best[key].raws):
                best[key] = case
    return [*best.values()]


def other_tables(events: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Agent events as they are, as the real table has them, with ids in their payload, and rows of other tables."""
    for number, event in enumerate(events):
        if not {"trace_id", "correlation_id", "causation_id", "payload"} <= event.keys():
            yield event
            continue
        real = {name: value for name, value in event.items() if name not in ("schema_version", "payload", "id")}
        inner = {name: event[name] for name in ("trace_id", "correlation_id", "causation_id")}
        details = json.dumps(event["payload"])
        audit = {"audit_id": event["id"], "action_id": "A", "timestamp": event["created_at"][:19] + "Z"}
        yield event
        if number % 3 == 0:
            yield real | {"event_id": event["id"], "event_data": details, "created_at": event["created_at"][:19]}
            yield real | dict.fromkeys(inner) | {"payload": inner | {"event_id": "e", "schema_version": 1}}
        if number % 7 == 0:
            yield {name: value for name, value in real.items() if name != "run_id"} | {"details": details}
            yield audit | {"event": "created", "actor": "a", "details": "{}"}
            yield event | {"action_id": "A", "sequence_number": number, "actor": "a", "trace_id": None}
            yield event | {"id": f"again {number}", "deal_id": None, "correlation_id": "another"}


def breaches(events: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Stages as they are, and some that break a rule though every field of them is sound."""
    bad = {"integrity_check_passed": False, "fields_redacted": 0, "records_filtered": 10**9}
    for number, event in enumerate(events):
        yield event
        if number % 4 == 0 and "provenance" in event:
            changed = {name: bad.get(name, value) for name, value in event["provenance"].items()}
            yield event | {"provenance": changed}
            later = {"timestamp": "2031-01-01T00:00:00.5Z", "event_id": f"EVT-20310101-000000-{number:012x}"}
            yield event | later


def other_writers(events: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Records as they are, and with ids, further keys, times in milliseconds, and objects written as text."""
    texts = ['{"old":"a","new":"b"}', '{"a":1,"a":2}', "{", "plain", '{"changes":{"x":{"from":1,"to":2}}}']
    for number, event in enumerate(events):
        inside = "details" if "activityType" in event else "metadata"
        yield event
        if number % 3 == 0:
            yield event | {inside: texts[number // 3 % 5], "id": number % 7}
            yield event | {"id": f"id {number}", "tenant": "t"}
            yield event | {"createdAt": 1_759_000_000_000 + number, "performedBy": {"email": "a@b"}}


VARIANTS = {"zakops": other_tables, "smvm": breaches, "maysano": other_writers}
"""Further records of a system, made of its samples' documents."""
