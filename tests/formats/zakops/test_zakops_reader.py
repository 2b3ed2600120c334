"""A ZakOps reader: recognition, carried state, and values of any kind in any field."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.protocol import Context, Sample
from console.formats.zakops import FORMAT
from console.formats.zakops.record import deal_of, default_shape
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.zakops_cases import NOW, agent, audit, batch_of, outbox, raw, read, reader_of

LINE = {"event_id": "e1", "event_type": "deal.created", "timestamp": "2026-01-12T15:00:00Z", "actor": "a", "data": {}}
INBOX = {"event_id": "e1", "event_type": "deal.created", "processed_at": "2026-01-12T15:00:00Z"}
DEAL = {"id": 7, "deal_id": "D-1", "event_type": "deal.created", "created_at": "2026-01-12T15:00:00Z", "details": {}}
API = {"id": "e", "correlation_id": "d", "event_type": "run_started", "event_data": {}, "schema_version": 1}
API |= {"source": "agent", "run_id": "r", "thread_id": "t", "created_at": "2026-01-12T15:00:00Z"}
DOCUMENT = {"action_id": "A", "status": "READY", "audit_trail": [audit("created", {})], "created_at": "x"}
ROWS = [audit("created"), agent("run.started", 1), outbox(1), LINE, INBOX, DEAL, API, DOCUMENT]


def sniff(rows: list[dict[str, Any]], container: str = "jsonl", member: str | None = None, path: str = "x") -> Any:
    return FORMAT.sniff(Sample(path, container, member, [raw(each) for each in rows]))


@pytest.mark.parametrize(
    ("row", "shape"),
    list(
        zip(
            ROWS,
            ["action_audit_events", "agent_events", "outbox", "events of deal D-7", "inbox", "deal_events",
             "agent_events", "action documents"],
            strict=True,
        )
    ),
)  # fmt: skip
def test_rows_are_known_by_their_keys(row: dict[str, Any], shape: str) -> None:
    claim = sniff([row], path="/any/events/D-7.jsonl")
    assert claim.shape == shape
    assert default_shape(claim.shape) is not None


def test_tables_are_known_by_name_and_columns() -> None:
    assert sniff([audit("created")], "sqlite", "action_audit_events").confidence > 90
    assert sniff([agent("run.started", 1)], "sqlite", "agent_events_archive").shape == "agent_events_archive"
    assert sniff([], "sqlite", "outbox").confidence < 50, "an empty table has only its name"
    assert sniff([audit("created")], "sqlite", "outbox") is None
    assert sniff([audit("created")], "sqlite", "actions") is None


@pytest.mark.parametrize(
    "foreign",
    [
        {"id": "e", "dealId": "d", "type": "DealCreated", "payload": {}, "sequenceNumber": 1, "createdAt": "x"},
        {"event_id": "e", "timestamp": "t", "event_type": "x", "agent_id": "a", "initiator_id": None, "payload": {}},
        {"event_id": "e", "event_type": "INGESTED", "timestamp": "t", "run_id": "r", "span_id": "s", "data_hash": "h"},
        {"timestamp": "t", "run_id": "r", "step_name": "s", "event_type": "STEP_START", "level": "INFO"},
        {"id": "evt_1", "timestamp": "t", "event_type": "entity_stored", "entity_type": "x", "data_hash": "h"},
        {"entityType": "product", "entityId": "1", "eventType": "created", "createdAt": "t"},
        {"event_type": "x", "message": "y"},
    ],
)
def test_other_systems_events_are_left_alone(foreign: dict[str, Any]) -> None:
    assert sniff([foreign]) is None


def test_the_name_of_a_per_deal_file_is_its_deal() -> None:
    claim = sniff([LINE], path="/x/events/DEAL-2026-006.jsonl")
    assert deal_of(claim.shape) == "DEAL-2026-006"
    out, _, _ = read([LINE], claim.shape)
    assert out.new_streams == [StreamKey("deal", "DEAL-2026-006")]


def test_a_list_that_is_written_newest_first_is_not_judged_by_order() -> None:
    rows = [agent("run.completed", 2, created_at="2026-01-12T15:00:09Z"), agent("run.started", 1)]
    claim = sniff(rows, "json")
    assert "newest first" in claim.shape
    assert read(rows, claim.shape)[1] == []
    assert "newest first" not in sniff(rows, "jsonl").shape


def test_a_bad_record_is_a_finding_and_the_rest_is_read() -> None:
    raws = [raw(audit("created")), b"{torn", b"[1]", b"", raw({"strange": 1}), raw(audit("approved"))]
    reader = FORMAT.reader(Context("mixed", NOW))
    batch = batch_of(raws)
    batch.lengths[3] = 20_000_000  # too large: skipped by the source
    out = reader.read(batch)
    assert [Trust(each).word for each in out.trust] == ["unchained"] + ["unchecked"] * 4 + ["unchained"]
    assert [(each.code, each.record) for each in out.findings] == [
        ("record.invalid-json", 2),
        ("record.not-an-object", 3),
        ("schema.missing-field", 5),
    ]
    assert [Severity(each) for each in out.worst][1:5] == [Severity.ERROR] * 4


def test_decode_panels_and_prove_of_one_record() -> None:
    row = audit("created", '{"source":"chat","n":1}')
    context = Context("action_audit_events", NOW)
    record = Record(5, 5, 90, raw(row))
    event = FORMAT.decode(record, context)
    assert (event.type, event.category, event.actor) == ("created", "action.created", "zaks")
    assert event.streams == (StreamKey("action", "ACT-1"),)
    assert event.trust == Trust.UNCHAINED
    panels = {panel.title: {each.name: each.value for each in panel.fields} for panel in FORMAT.panels(event, context)}
    assert list(panels) == ["Envelope", "Metadata", "Provenance"]
    assert panels["Metadata"] == {"details.source": "chat", "details.n": "1"}
    assert panels["Provenance"]["migrated as"] == "action.created"
    assert FORMAT.prove(record, None, context) is None
    broken = FORMAT.decode(Record(1, 0, 3, b"{a}"), context)
    assert broken.type == "" and FORMAT.panels(broken, context) == []


def test_unreadable_details_are_shown_as_they_stand() -> None:
    context = Context("action_audit_events", NOW)
    event = FORMAT.decode(Record(1, 1, 9, raw(audit("created", "{oops"))), context)
    metadata = next(panel for panel in FORMAT.panels(event, context) if panel.title == "Metadata")
    assert [(each.name, each.value) for each in metadata.fields] == [("details", "{oops")]


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "{}", "[", '{"a":1}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    row = dict(draw(st.sampled_from(ROWS)))
    for key in draw(st.lists(st.sampled_from(sorted(row)), max_size=4)):
        row[key] = draw(anything)
    if draw(st.booleans()):
        row.pop(draw(st.sampled_from(sorted(row))))
    return json.dumps(row).encode()


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(damaged(), max_size=6), st.sampled_from(["mixed", "outbox", "agent_events", "action documents"]))
def test_values_of_any_kind_never_raise(raws: list[bytes], shape: str) -> None:
    context = Context(shape, NOW)
    reader = FORMAT.reader(context)
    out = reader.read(batch_of(raws))
    assert len(out) == len(raws) == len(out.trust) == len(out.key) == len(out.sequence)
    assert all(each in (Trust.UNCHAINED, Trust.UNCHECKED, Trust.PENDING) for each in out.trust)
    assert all(each.standing for each in reader.standing())
    list(reader.facts())
    reader_of(shape).load_state(reader.take_state().items())
    for number, each in enumerate(raws):
        event = FORMAT.decode(Record(number + 1, 0, len(each), each), context)
        assert (event.trust == Trust.UNCHAINED) == (out.trust[number] == Trust.UNCHAINED)
        FORMAT.panels(event, context)


@st.composite
def ledger(draw: st.DrawFn) -> list[bytes]:
    events = ["created", "approved", "started", "completed", "retry_scheduled", "failed", "requeued", "odd"]
    runs = ["run_started", "tool_call_started", "tool_call_completed", "run_completed", "run.paused", "odd"]
    raws: list[bytes] = []
    for number in range(draw(st.integers(0, 40))):
        match draw(st.integers(0, 4)):
            case 0 | 1:
                details = draw(st.sampled_from(["{}", '{"retry_count":2}', '{"retry_count":1}', "{bad"]))
                action = draw(st.sampled_from(["A", "B"]))
                second = draw(st.integers(0, 9))
                row = audit(draw(st.sampled_from(events)), details, action, second)
                row["audit_id"] = f"a{number}"
            case 2:
                run, deal = draw(st.sampled_from(["r1", "r2"])), draw(st.sampled_from(["d1", "d2"]))
                version = draw(st.sampled_from([1, 2, None]))
                row = agent(draw(st.sampled_from(runs)), number, run_id=run, deal_id=deal, schema_version=version)
            case 3:
                row = outbox(number, is_dead=draw(st.booleans()), attempts=draw(st.integers(0, 6)))
            case _:
                row = {**INBOX, "event_id": draw(st.sampled_from(["i1", "i2", "i3"]))}
        raws.append(raw(row))
    return raws


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(ledger(), st.data())
def test_stopping_anywhere_and_going_on_gives_what_one_pass_gives(raws: list[bytes], data: st.DataObject) -> None:
    whole = reader_of("mixed")
    out = whole.read(batch_of(raws))
    facts = {(each.kind, each.key): dict(each.state) for each in whole.facts()}
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raws)), max_size=3)))
    store: dict[Any, bytes] = {}
    findings: list[Finding] = []
    trust, worst = b"", b""
    key: list[int] = []
    known: dict[tuple[str, str], dict[str, str]] = {}
    reader = reader_of("mixed")
    for start, stop in zip([0, *cuts], [*cuts, len(raws)], strict=True):
        part = reader.read(batch_of(raws[start:stop], start + 1))
        findings += part.findings
        trust, worst, key = trust + part.trust, worst + part.worst, key + list(part.key)
        known |= {(each.kind, each.key): dict(each.state) for each in reader.facts()}
        store |= reader.take_state()
        standing = reader.standing()
        reader = reader_of("mixed")
        reader.load_state(data.draw(st.permutations(list(store.items()))))
        assert sorted(map(repr, reader.standing())) == sorted(map(repr, standing))
    assert findings == out.findings
    assert (trust, worst, key) == (bytes(out.trust), bytes(out.worst), list(out.key))
    assert known == facts
    assert sorted(map(repr, reader.standing())) == sorted(map(repr, whole.standing()))
