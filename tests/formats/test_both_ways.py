"""Reading many records at once gives what reading each of them the careful way gives, on whatever records."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.json.times import parse
from console.formats.protocol import Context
from console.formats.registry import by_name
from tests.support.both_ways import told, told_carefully
from tests.support.mangled import ledgers
from tests.support.places import SAMPLES

NOW = parse("2026-01-20T00:00:00Z").micros  # type: ignore[union-attr]  # the text is a time


@dataclass(frozen=True)
class Case:
    """A shape of one system, samples with such records, and the folder of one of them, for its other files."""

    system: str
    shape: str
    samples: tuple[str, ...]
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.system}-{self.samples[0].split('/')[1].split('.')[0]}"

    @property
    def pool(self) -> list[dict[str, Any]]:
        """Their documents, some hundred."""
        documents: list[dict[str, Any]] = []
        for path in sorted(each for sample in self.samples for each in SAMPLES.glob(sample)):
            text = path.read_text(encoding="utf-8")
            whole = json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
            documents += whole if isinstance(whole, list) else whole["data"]
        return [*VARIANTS.get(self.system, iter)(documents[:300])]

    @property
    def companions(self) -> dict[str, bytes]:
        """What lies beside the ledger."""
        folder = SAMPLES / (self.folder or "-")
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/*.json")}


def other_tables(events: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Agent events as they are, as the real table has them, with ids in their payload, and rows of other tables."""
    for number, event in enumerate(events):
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


RUNS = "smvm/runs/harbour-point/validation/"
CASES = (
    Case("zakops", "agent_events", ("zakops/agent_events.jsonl",)),
    Case("swarm", "event", ("swarm/simulation.jsonl",)),
    Case("swarm", "event", ("swarm/provenance.jsonl",)),
    Case("swarm", "event", ("swarm/harbour-point.jsonl",)),
    Case("maysano", "mixed", ("maysano/*.json*",)),
    Case("maysano", "structural events, newest first", ("maysano/structural-events.json",)),
    Case("smvm", "ledger", (RUNS + "*/events.jsonl",), RUNS + "RUN-20251009-113340-d2744a08"),
    Case("smvm", "ledger", (RUNS + "*/events.jsonl", "smvm/*/*/*/events.jsonl", "smvm/memory/events.json")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_many_at_once_like_one_by_one(case: Case) -> None:
    form = by_name(case.system)
    companions = case.companions
    reader = import_module(f"console.formats.{case.system}.reader")

    def make() -> Any:
        return form.reader(Context(case.shape, NOW, companions=companions))

    @settings(max_examples=250, deadline=None)
    @given(ledgers(case.pool), st.lists(st.integers(0, 12), max_size=2))
    def same(raws: Sequence[bytes], cuts: Sequence[int]) -> None:
        carefully = told_carefully(reader, make, raws)
        assert told(make, raws) == carefully
        cut = told(make, raws, [min(each, len(raws)) for each in cuts])
        assert cut == carefully

    same()
