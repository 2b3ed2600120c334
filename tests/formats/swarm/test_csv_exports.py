"""SWARM's CSV forms, byte for byte: its own files, every odd value, and a plain writer beside ours."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.export_record import ExportRecord
from console.formats.protocol import Context
from console.formats.swarm import FORMAT
from console.formats.swarm.exports import EXPORTS
from console.formats.swarm.record import V3
from tests.support.swarm_cases import NOW, line

FORMS = {each.name: each for each in EXPORTS}


def exported(form: str, raws: list[bytes], **chosen: bool) -> bytes:
    context = Context("event", NOW)
    records: Iterator[ExportRecord] = (
        ExportRecord("log", raw, (at, 0, len(raw)), (FORMAT, context)) for at, raw in enumerate(raws, 1)
    )
    return b"".join(FORMS[form].write(records, {name.replace("_", "-"): value for name, value in chosen.items()}))


@pytest.mark.parametrize(
    ("log", "full", "payload", "provenance"),
    [
        (
            "example/events.jsonl",
            "example/events_full.csv",
            "example/events_full_payload.csv",
            "example/provenance.csv",
        ),
        (
            "committed/strict-governance-events.jsonl",
            "committed/strict-governance-events.full.csv",
            "committed/strict-governance-events.full_payload.csv",
            "committed/strict-governance-events.provenance.csv",
        ),
    ],
)
def test_real_logs_give_the_files_that_swarm_wrote(
    real: Path, log: str, full: str, payload: str, provenance: str
) -> None:
    folder = real / "swarm"
    raws = (folder / log).read_bytes().splitlines()
    assert exported("csv", raws) == (folder / full).read_bytes()
    assert exported("csv", raws, payload=True) == (folder / payload).read_bytes()
    assert exported("provenance-csv", raws) == (folder / provenance).read_bytes()


def written(columns: list[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def plainly(events: list[dict[str, Any]], payload: bool) -> bytes:
    """As SWARM's document and code describe it."""
    columns = [name for name in V3 if name != "payload"] + ["payload"] * payload
    numbers = ("epoch", "step", "replay_k", "seed")
    rows = []
    for event in events:
        row = {name: event.get(name) or "" for name in columns}
        row |= {name: "" if event.get(name) is None else event[name] for name in numbers}
        row["timestamp"] = datetime.fromisoformat(event["timestamp"]).isoformat()
        if payload:
            row["payload"] = json.dumps(event["payload"]) if event["payload"] else ""
        rows.append(row)
    return written(columns, rows)


def plainly_provenance(events: list[dict[str, Any]]) -> bytes:
    ids = ["agent_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id"]
    names = ["tool_name", "artifact_type", "audit_type", "intervention_type"]
    columns = ["provenance_id", "event_type", "timestamp", *ids, *names, "success", "payload_summary"]
    rows = []
    for event in events:
        if not event.get("provenance_id"):
            continue
        payload = event["payload"]
        apart = [*names, "success", "arguments", "result"]
        summary = json.dumps({key: value for key, value in payload.items() if key not in apart}, default=str)[:200]
        success = payload.get("success", "")
        rows.append(
            {name: event.get(name) or "" for name in ids}
            | {name: payload.get(name, "") for name in names}
            | {
                "provenance_id": event["provenance_id"],
                "event_type": event["event_type"],
                "timestamp": datetime.fromisoformat(event["timestamp"]).isoformat(),
                "success": str(success) if success != "" else "",
                "payload_summary": summary,
            }
        )
    return written(columns, rows)


_TEXTS = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["", "=1+1", 'a"b', "a,b", "a\r\nb", "é", "'"]))
_NUMBERS = st.one_of(st.none(), st.integers(-1, 3))
_ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(0, 2**70), st.floats(), st.text(max_size=4), st.just(""))
_PAYLOADS = st.dictionaries(
    st.sampled_from(["tool_name", "artifact_type", "audit_type", "success", "result", "message_content", "é", "long"]),
    st.one_of(_ANYTHING, st.lists(_ANYTHING, max_size=3), st.just("x" * 190)),
    max_size=5,
)
_EVENTS = st.builds(
    lambda stamp, agent, parent, own, epoch, seed, payload: line(
        1,
        timestamp=stamp,
        agent_id=agent,
        parent_event_id=parent,
        provenance_id=own,
        epoch=epoch,
        seed=seed,
        payload=payload,
    ),
    st.sampled_from(["2026-02-16T20:49:34", "2026-02-16T20:49:34.100", "2026-02-16 20:49:34.123456", "2026-02-16"]),
    _TEXTS,
    _TEXTS,
    _TEXTS,
    _NUMBERS,
    _NUMBERS,
    _PAYLOADS,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_EVENTS, max_size=4), st.booleans())
def test_every_value_is_written_as_swarm_writes_it(events: list[dict[str, Any]], payload: bool) -> None:
    raws = [json.dumps(each).encode() for each in events]
    events = [json.loads(raw) for raw in raws]
    assert exported("csv", raws, payload=payload) == plainly(events, payload)
    assert exported("provenance-csv", raws) == plainly_provenance(events)


def test_older_shapes_and_coerced_numbers() -> None:
    old = {name: value for name, value in line(1).items() if name in V3[:10]} | {"epoch": "7", "step": 1.0}
    (row,) = csv.DictReader(io.StringIO(exported("csv", [json.dumps(old).encode()]).decode()))
    assert (row["epoch"], row["step"], row["seed"], row["provenance_id"]) == ("7", "1", "", "")


def test_formulas_are_guarded_on_request_only() -> None:
    raw = json.dumps(line(1, agent_id="=1+1", initiator_id="-2", epoch=-3)).encode()
    (plain,) = csv.DictReader(io.StringIO(exported("csv", [raw]).decode()))
    (safe,) = csv.DictReader(io.StringIO(exported("csv", [raw], spreadsheet_safe=True).decode()))
    assert (plain["agent_id"], plain["initiator_id"]) == ("=1+1", "-2")
    assert (safe["agent_id"], safe["initiator_id"], safe["epoch"]) == ("'=1+1", "'-2", "-3")
