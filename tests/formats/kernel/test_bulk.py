"""Many events at once come to exactly what they come to one by one, and usual ones all go that way."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.kernel import FORMAT
from console.formats.kernel.reader import KernelReader
from console.formats.reading.reader import Look
from console.model.batch import EventBatch
from console.model.trust import Trust
from tests.formats.kernel.test_walk_properties import known
from tests.support.kernel_cases import AUDIT, DOC, batches_of, context, encode, hash_of, ledger, outcome, raws_of
from tests.support.writers.kernel import uuid_of

BASE = {name: raws_of(ledger(24, deals=3, profile=name)) for name in (DOC, AUDIT)}
PIECES = [b" ", b"\t", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\r", b"\x00", b"\xff", b"0", b"9", b"1e5"]
PIECES += [b"\\u0041", b"\\ud800", "é".encode(), b"null", b'"a":1,"a":2,', b'"x":9007199254740993,', b"-1", b".0"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([DOC, AUDIT]), st.data())
def test_changed_bytes(profile: str, data: st.DataObject) -> None:
    raws = list(BASE[profile])
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.integers(0, len(raws) - 1))
        line = raws[row]
        at = data.draw(st.integers(0, len(line)))
        cut = data.draw(st.integers(0, 3))
        raws[row] = line[:at] + data.draw(st.sampled_from(PIECES)) + line[at + cut :]
    raws = [raw.replace(b"\n", b"") for raw in raws]
    careful = outcome(raws, profile=profile, lines=False)
    cuts = data.draw(st.lists(st.integers(1, len(raws) - 1), max_size=3))
    for fast in (outcome(raws, profile=profile, cuts=cuts), outcome(raws, profile=profile, cuts=range(len(raws)))):
        assert known(fast) == known(careful)
        assert fast.reader.tallies() == careful.reader.tallies()


def columns(batches: list[EventBatch]) -> list[Any]:
    names = ("offset", "length", "time", "sequence", "type", "actor", "stream", "key", "parent", "trust", "worst")
    return [[list(getattr(batch, name)) for name in names] + [batch.new_types, batch.new_actors] for batch in batches]


@pytest.mark.parametrize("profile", [DOC, AUDIT])
def test_columns_are_the_same(profile: str) -> None:
    raws = raws_of(ledger(500, deals=5, profile=profile))
    raws[77] = raws[77].replace(b'"payload":', b'"payload": ')
    made = []
    for lines in (True, False):
        reader = FORMAT.reader(context(profile=profile))
        made.append(columns([reader.read(batch) for batch in batches_of(raws, [100, 101, 333], lines=lines)]))
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "payload",
    [
        {"deep": json.loads("[" * 126 + "]" * 126)},
        {"deep": json.loads("[" * 140 + "]" * 140)},
        {"long digits": "1234567890123456789", "n": 0.1234567890123456},
        {"unsafe": 2**53 + 2},
        {"float": 4.0},
        {"text": 'quote" \\ \u2028 \U0001f3e2'},
        {},
    ],
)
def test_odd_payloads(payload: dict[str, Any]) -> None:
    events = ledger(6)
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    raws = []
    previous = None
    for event in events:
        event |= {"payload": payload, "previousEventHash": previous}
        previous = event["eventHash"] = hash_of(event, DOC)
        raws.append(encode({**event, "payload": "PAYLOAD"}).replace(b'"PAYLOAD"', text.encode()))
    fast, careful = (outcome(raws, profile=DOC, lines=lines) for lines in (True, False))
    assert known(fast) == known(careful)


TIMES = ["2026-11-20T09:59:59.999Z", "2026-11-20T10:00:00.000Z", "2024-02-29T23:00:00.500Z", "1970-01-01T00:00:00.000Z"]
ODD_TIMES = [
    "2026-11-20T09:30:00Z",
    "2026-11-20T09:30:00.123456Z",
    "2026-11-20 09:30:00.000Z",
    "2025-02-29T00:00:00.000Z",
]
ODD_TIMES += [
    "2026-11-20T24:00:00.000Z",
    "2026-11-20T10:60:00.000Z",
    "2026-11-20T10:00:60.000Z",
    "2026-11-20T10:00:99.000Z",
]
ODD_TIMES += [
    "",
    "yesterday",
    "2026-11-20T10:00:00.000+01:00",
    "٢٠٢٦-11-20T10:00:00.000Z",
    "2026-11-20T09:30:00.000Z\n",
]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(TIMES * 3 + ODD_TIMES), min_size=40, max_size=40), st.booleans())
def test_times_that_go_back_or_are_odd(times: list[str], columns_too: bool) -> None:
    events = [event | {"createdAt": time} for event, time in zip(ledger(40, deals=3), times, strict=True)]
    made = []
    for lines in (True, False):
        reader = FORMAT.reader(context(profile=DOC), columns=columns_too)
        batches = batches_of(raws_of(events), [1, 7, 20], lines=lines)
        rows = [reader.read(batch) for batch in batches]
        findings = sorted((found for out in rows for found in out.findings), key=repr)
        made.append((columns(rows), findings, reader.tallies(), list(reader.facts())))
    assert made[0] == made[1]


def test_a_crafted_number_cannot_pass_as_the_next_one() -> None:
    events = ledger(4)
    events[1]["eventHash"] = "0" * 64
    forged = {**events[2], "sequenceNumber": -1, "previousEventHash": events[1]["eventHash"]}
    forged["eventHash"] = hash_of(forged, DOC)
    raws = raws_of([*events[:2], forged])
    result = outcome(raws, profile=DOC)
    assert result.trust[3] is Trust.BROKEN
    assert known(result) == known(outcome(raws, profile=DOC, lines=False))


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ordinals of the events that were looked at one by one."""
    found: list[int] = []
    look = KernelReader.look

    def noted(reader: KernelReader, record: Look) -> None:
        found.append(record.place.ordinal)
        look(reader, record)

    monkeypatch.setattr(KernelReader, "look", noted)
    return found


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("profile", [DOC, AUDIT])
def test_usual_events_go_in_bulk(profile: str, lines: bool, looked_at: list[int]) -> None:
    raws = raws_of(ledger(300, deals=7, profile=profile))
    result = outcome(raws, profile=profile, cuts=[50], lines=lines, bulk=True)
    assert looked_at == []
    assert set(result.trust.values()) == {Trust.VERIFIED}


def test_any_order_of_keys_goes_in_bulk(looked_at: list[int]) -> None:
    events = [dict(reversed(event.items())) for event in ledger(30)]
    assert set(outcome(raws_of(events), profile=DOC).trust.values()) == {Trust.VERIFIED}
    assert looked_at == []


def test_only_a_broken_event_and_what_names_it_are_looked_at(looked_at: list[int]) -> None:
    events = ledger(300, deals=3)
    events[90]["payload"] = {"edited": True}
    events[120]["eventHash"] = "0" * 64
    result = outcome(raws_of(events), profile=DOC)
    assert looked_at == [91, 121, 124]
    assert result.codes() == {("chain.hash-mismatch", 31), ("chain.hash-mismatch", 41), ("chain.previous-mismatch", 42)}


def test_orders_that_were_learned_are_tried_in_bulk(looked_at: list[int]) -> None:
    """Payloads as a store sorts them, hashed in another order a millisecond earlier, also in objects of objects."""
    raws, previous = [], None
    for at, event in enumerate(ledger(60)):
        payload = {"zeta": at, "inner": {"y": "é", "x": [1, 2.5]}, "a": None, "bb": {}}
        hashed = event | {"payload": payload, "previousEventHash": previous, "type": "ReviewOpened"}
        created = event["createdAt"]
        previous = hashed["eventHash"] = hash_of(hashed, AUDIT, f"{created[:20]}{int(created[20:23]) - at % 2:03d}Z")
        stored = {"a": None, "bb": {}, "zeta": at, "inner": {"x": [1, 2.5], "y": "é"}}
        raws.append(encode(hashed | {"payload": stored}))
    result = outcome(raws, profile=AUDIT, cuts=[1])
    assert looked_at == [1]
    assert set(result.trust.values()) == {Trust.RECOVERED}
    assert known(result) == known(outcome(raws, profile=AUDIT, lines=False))


def test_a_key_more_than_was_hashed_is_seen(looked_at: list[int]) -> None:
    hashed = {"artifactId": "1", "filename": "2", "mimeType": "3", "sizeBytes": 4, "sha256Hex": "5" * 64}
    (event,) = ledger(1, profile=AUDIT)
    event |= {"type": "ArtifactUploaded", "payload": hashed}
    event["eventHash"] = hash_of(event, AUDIT)
    stored = dict(sorted(hashed.items()))
    assert outcome([encode(event | {"payload": stored})], profile=AUDIT).trust == {1: Trust.RECOVERED}
    assert looked_at == []
    assert outcome([encode(event | {"payload": {"added": 6} | stored})], profile=AUDIT).trust == {1: Trust.BROKEN}


def unchained(events: list[dict[str, Any]], rows: range) -> list[dict[str, Any]]:
    """The events with others between them that take part in no chain, as the API's POST writes them."""
    found = []
    for row, event in enumerate(events):
        found.append(event)
        if row in rows:
            none = {"id": uuid_of(f"u{row}"), "sequenceNumber": 0, "previousEventHash": None, "eventHash": None}
            found.append(event | none)
    return found


@pytest.mark.parametrize("profile", [DOC, None])
def test_events_beside_the_chain_go_in_bulk(profile: str | None, looked_at: list[int]) -> None:
    raws = raws_of(unchained(ledger(90, deals=4), range(10, 90, 3)))
    result = outcome(raws, profile=profile, cuts=[40, 41])
    assert looked_at == []
    assert known(result) == known(outcome(raws, profile=profile, lines=False))
    assert sum(found.count for found in result.at("chain.unchained-event")) == 27


def test_a_ledger_without_any_chain_goes_in_bulk(looked_at: list[int]) -> None:
    events = unchained(ledger(60, deals=3), range(60))[1::2]
    for event in events[::2]:
        for name in ("sequenceNumber", "previousEventHash", "eventHash"):
            del event[name]
    events[30]["createdAt"] = "2020-01-01T00:00:00.000Z"
    raws = raws_of(events)
    result = outcome(raws, cuts=[20])
    assert looked_at == [31]
    assert known(result) == known(outcome(raws, lines=False))
    assert set(result.trust.values()) == {Trust.UNCHAINED}


ODD_CHAIN = [
    {"sequenceNumber": 0, "eventHash": None, "previousEventHash": None},
    {"sequenceNumber": -1, "eventHash": None, "previousEventHash": None},
    {"sequenceNumber": None, "eventHash": None, "previousEventHash": None},
    {"sequenceNumber": 0, "eventHash": "0" * 64, "previousEventHash": None},
    {"sequenceNumber": 0, "eventHash": None, "previousEventHash": ""},
    {"sequenceNumber": 3, "eventHash": None, "previousEventHash": None},
    {"eventHash": None},
    {"createdAt": "2026-02-01T00:00:00.000Z", "sequenceNumber": 0, "eventHash": None, "previousEventHash": None},
    {"type": "NotKnown", "sequenceNumber": 0, "eventHash": None, "previousEventHash": None},
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 29), st.sampled_from(ODD_CHAIN)), max_size=12),
    st.lists(st.integers(1, 29), max_size=3),
    st.sampled_from([DOC, None]),
)
def test_mixtures_of_links_and_others(
    changes: list[tuple[int, dict[str, Any]]], cuts: list[int], profile: str | None
) -> None:
    events = ledger(30, deals=2)
    for at, change in changes:
        events.insert(at, events[at] | change)
    raws = raws_of(events)
    fast, careful = (outcome(raws, profile=profile, cuts=cuts, lines=lines) for lines in (True, False))
    assert known(fast) == known(careful)
    assert fast.reader.tallies() == careful.reader.tallies()
    assert list(fast.reader.facts()) == list(careful.reader.facts())
    assert fast.reader.take_state() == careful.reader.take_state()


@pytest.mark.parametrize("profile", [DOC, AUDIT])
def test_lines_that_are_no_events_stand_between(profile: str) -> None:
    raws = raws_of(ledger(30, deals=2, profile=profile))
    for at, raw in (
        (4, b""),
        (9, b"[]"),
        (9, raws[9] + raws[10]),
        (17, raws[17][:20]),
        (20, b'{"a":1}'),
        (25, b"\xff"),
    ):
        raws.insert(at, raw)
    assert known(outcome(raws, profile=profile)) == known(outcome(raws, profile=profile, lines=False))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "bb", "7", "07", "é", "\x7f", "k\n"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PAYLOADS = st.lists(
    st.tuples(st.sampled_from(["name", "state", "x", "10", "9"]), VALUES), max_size=4, unique_by=lambda each: each[0]
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["DealCreated", "ReviewOpened"]),
            PAYLOADS,
            st.randoms(),
            st.sampled_from([0, 0, 1, 1, 2, 9]),
        ),
        min_size=6,
        max_size=20,
    )
)
def test_recovery_is_the_same(drawn: list[tuple[str, list[tuple[str, Any]], Any, int]]) -> None:
    """Payloads of any kind, hashed in one order and stored in another, by a clock that was a little behind."""
    raws: list[bytes] = []
    previous = None
    for event, (kind, items, dice, late) in zip(ledger(len(drawn)), drawn, strict=False):
        event |= {"type": kind, "payload": dict(items), "previousEventHash": previous}
        moment = f"2026-11-20T10:00:{len(raws):02d}."
        hashed = event | {"payload": dict(dice.sample(items, len(items)))} if dice.random() < 0.5 else event
        event["createdAt"] = f"{moment}{late + 5 * (len(raws) % 2):03d}Z"
        previous = event["eventHash"] = hash_of(hashed, AUDIT, f"{moment}{5 * (len(raws) % 2):03d}Z")
        raws.append(encode(event))
    fast, careful = (outcome(raws, profile=AUDIT, lines=lines) for lines in (True, False))
    assert known(fast) == known(careful)
    assert fast.reader.tallies() == careful.reader.tallies()
    assert fast.reader.take_state() == careful.reader.take_state()
