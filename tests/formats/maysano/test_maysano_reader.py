"""A Maysano reader: recognition, carried state, and values of any kind in any field."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.maysano import FORMAT
from console.formats.maysano.rules.capture import PHASES
from console.formats.protocol import Context, Sample
from console.model.finding import Finding
from console.model.record import Record
from console.model.trust import Trust
from tests.support.maysano_cases import NOW, activity, batch_of, block, history, raw, read, reader_of, structural

ROWS = [structural("created", id="1"), activity("created", id="1"), history("updated", 0, "f", oldValue=1, newValue=2)]


def sniff(rows: list[dict[str, Any]], container: str = "jsonl") -> Any:
    return FORMAT.sniff(Sample("x", container, None, [raw(each) for each in rows]))


@pytest.mark.parametrize(
    ("row", "shape"), list(zip(ROWS, ["structural events", "product activities", "objective history"], strict=True))
)
def test_shapes_are_known_by_their_keys(row: dict[str, Any], shape: str) -> None:
    assert sniff([row]).shape == shape
    assert sniff([row, row], "json").shape == shape


def test_mixed_files_and_lists_that_go_back_in_time() -> None:
    assert sniff(ROWS).shape == "mixed"
    rows = [structural("updated", 9), structural("updated", 9), structural("created", 3)]
    assert sniff(rows, "json").shape == "structural events, newest first"
    assert sniff(rows, "jsonl").shape == "structural events", "a log is appended to"
    assert sniff([*rows, structural("updated", 5)], "json").shape == "structural events"


@pytest.mark.parametrize(
    "foreign",
    [
        {"id": "e", "dealId": "d", "type": "DealCreated", "payload": {}, "createdAt": "x"},
        {"event_id": "e", "timestamp": "t", "event_type": "x", "agent_id": "a", "initiator_id": None},
        {"event_id": "e", "event_type": "INGESTED", "run_id": "r", "span_id": "s", "data_hash": "h"},
        {"audit_id": "a", "action_id": "x", "event": "created", "timestamp": "t", "actor": "z"},
        {"id": "e", "run_id": "r", "event_type": "run.started", "created_at": "t", "payload": {}},
        {"productId": "p", "price": 5},
        {"action": "click", "createdAt": "t"},
    ],
)
def test_other_records_are_left_alone(foreign: dict[str, Any]) -> None:
    assert sniff([foreign]) is None
    assert FORMAT.sniff(Sample("x.db", "sqlite", "deal_events", [raw(foreign)])) is None


def test_ids_of_different_shapes_are_different_and_none_is_none() -> None:
    out, _, _ = read([raw(each) for each in [*ROWS, structural("updated", id="1")]])
    assert out.key[0] == out.key[3] != out.key[1], "the index finds the doubled id"
    assert out.key[2] == 0


def test_a_bad_record_is_a_finding_and_the_rest_is_read() -> None:
    out, findings, _ = read([raw(ROWS[0]), b"{torn", b"[1]", raw({"strange": 1}), raw(activity("created"))])
    assert [Trust(each).word for each in out.trust] == ["unchained"] + ["unchecked"] * 3 + ["unchained"]
    assert [(each.code, each.record) for each in findings] == [
        ("record.invalid-json", 2),
        ("record.not-an-object", 3),
        ("schema.missing-field", 4),
    ]


def test_metadata_that_is_broken_json_is_a_finding() -> None:
    _, findings, _ = read([raw(structural("created", metadata='{"a":1,"a":2}'))])
    assert [(each.code, each.field) for each in findings] == [("record.duplicate-key", "metadata")]


def test_panels_say_who_what_and_when() -> None:
    context = Context("mixed", NOW)
    row = history("updated", 7, "target", oldValue="90", newValue=None, extra=[1])
    event = FORMAT.decode(Record(4, 0, 9, raw(row)), context)
    panels = {panel.title: {each.name: each.value for each in panel.fields} for panel in FORMAT.panels(event, context)}
    assert panels["Provenance"]["who"] == "li" and panels["Provenance"]["what"] == "objective.updated"
    assert panels["Provenance"]["when"] == "2026-01-12T15:00:07Z"
    assert panels["Metadata"]["target"] == "90 → null"
    assert panels["Envelope"]["position"] == "4" and panels["Envelope"]["extra"] == "[1]"
    event = FORMAT.decode(Record(4, 0, 9, raw(ROWS[0])), context)
    assert FORMAT.panels(event, context)[2].fields[0].note == "this shape has no field for it"
    assert FORMAT.panels(FORMAT.decode(Record(1, 0, 2, b"{}"), context), context) == []


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "{}", "[", '{"old":1}']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["old", "new", "changes", "field"]), inner, max_size=3)
    ),
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


blocks = st.binary(max_size=40) | st.builds(
    lambda name, data: block(name, json.dumps(data)), st.sampled_from([*PHASES, "message", "odd"]), anything
)


@settings(max_examples=250, deadline=None)
@given(
    st.lists(damaged(), max_size=6) | st.lists(blocks, max_size=6),
    st.sampled_from(["mixed", "mixed, newest first", "sse"]),
)
def test_values_of_any_kind_never_raise(raws: list[bytes], shape: str) -> None:
    context = Context(shape, NOW)
    reader = FORMAT.reader(context)
    out = reader.read(batch_of(raws))
    assert len(out) == len(raws) == len(out.trust) == len(out.key)
    assert all(each in (Trust.UNCHAINED, Trust.UNCHECKED, Trust.PENDING) for each in out.trust)
    assert all(each.standing for each in reader.standing())
    list(reader.facts())
    reader_of(shape).load_state(reader.take_state().items())
    for number, each in enumerate(raws):
        event = FORMAT.decode(Record(number + 1, 0, len(each), each), context)
        assert (event.trust == Trust.UNCHAINED) == (out.trust[number] == Trust.UNCHAINED)
        FORMAT.panels(event, context)


values = st.sampled_from(["a", "b", None, 1])


@st.composite
def ledger(draw: st.DrawFn) -> list[bytes]:
    types = st.sampled_from(["created", "updated", "deleted", "restored", "status_changed"])
    raws = []
    for _ in range(draw(st.integers(0, 30))):
        second, kind = draw(st.integers(0, 9)), draw(types)
        pair = {"oldValue": draw(values), "newValue": draw(values)}
        match draw(st.integers(0, 2)):
            case 0:
                row = structural(kind, second, metadata={"field": "x", **pair})
            case 1:
                row = activity(kind, second, performedBy=draw(st.sampled_from(["ana", None])))
            case _:
                row = history(kind, second, draw(st.sampled_from(["x", "y", None])), **pair)
        raws.append(raw(row))
    return raws


captures = st.lists(
    st.builds(
        block,
        st.sampled_from([*PHASES, "odd"]),
        st.fixed_dictionaries({"table": st.sampled_from(["t1", "t2"]), "total": st.integers(0, 3)}),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(ledger(), st.sampled_from(["mixed", "mixed, newest first"])) | st.tuples(captures, st.just("sse")),
    st.data(),
)
def test_stopping_anywhere_and_going_on_gives_what_one_pass_gives(
    given: tuple[list[bytes], str], data: st.DataObject
) -> None:
    raws, shape = given
    whole = reader_of(shape)
    out = whole.read(batch_of(raws))
    facts = {(each.kind, each.key): dict(each.state) for each in whole.facts()}
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raws)), max_size=3)))
    store: dict[Any, bytes] = {}
    findings: list[Finding] = []
    worst = b""
    known: dict[tuple[str, str], dict[str, str]] = {}
    reader = reader_of(shape)
    for start, stop in zip([0, *cuts], [*cuts, len(raws)], strict=True):
        part = reader.read(batch_of(raws[start:stop], start + 1))
        findings += part.findings
        worst += part.worst
        known |= {(each.kind, each.key): dict(each.state) for each in reader.facts()}
        store |= reader.take_state()
        reader = reader_of(shape)
        reader.load_state(data.draw(st.permutations(list(store.items()))))
    assert findings == out.findings
    assert worst == out.worst
    assert known == facts
    assert sorted(map(repr, reader.standing())) == sorted(map(repr, whole.standing()))
