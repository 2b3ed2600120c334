"""Every field and relation of SWARM's logs, with a ledger that is right and one that is not.

Each case is a ledger of its own; all are verified at once. A case says the code, the record and the severity of all
that is to be found, but for the note that times have no zone.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.verdicts import judge
from tests.support.writers.swarm import (
    V1,
    V2,
    V3,
    Event,
    artifact,
    audit,
    episode,
    episode_jsonl,
    event,
    id_of,
    jsonl,
    seal,
    simulation,
    stamp,
    tool_call,
    trace,
)

Expected = list[tuple[str, int, str]]
RIGHT: dict[str, bytes] = {}
WRONG: dict[str, tuple[bytes, Expected]] = {}
TEXTS = ("interaction_id", "agent_id", "initiator_id", "counterparty_id", "scenario_id")
IDS = ("provenance_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")
NUMBERS = ("epoch", "step", "replay_k", "seed")


def plain(*changes: dict[str, Any]) -> bytes:
    """A small log, the second and further lines of which are changed."""
    events = [event(at, "reputation_updated", agent_id="a") for at in range(len(changes) + 2)]
    return jsonl(each | change for each, change in zip(events, ({}, *changes, {}), strict=True))


def one(code: str, severity: str = "error", record: int = 2) -> Expected:
    return [(code, record, severity)]


def without(document: Event, *names: str) -> Event:
    return {name: value for name, value in document.items() if name not in names}


def traced(at: int, **change: Any) -> list[Event]:
    events = trace()
    events[at] |= change
    return events


def inside(at: int, **change: Any) -> bytes:
    """A trace, with another payload in one of its events."""
    return jsonl(traced(at, payload={**trace()[at]["payload"], **change}))


def lacking(at: int, name: str) -> bytes:
    return jsonl(traced(at, payload=without(trace()[at]["payload"], name)))


def native(at: int, **more: Any) -> Event:
    return event(at, "reputation_updated", **more)


value: Any
number: Any
wrong_value: Any

# Fields and their types

for name in (*TEXTS, "tool_call_id", "artifact_id", "audit_id", "intervention_id"):
    RIGHT[f"{name} text"] = plain({name: "x"})
    RIGHT[f"{name} null"] = plain({name: None})
    for value in (7, 1.5, True, [], {}):
        WRONG[f"{name} {value!r}"] = plain({name: value}), one("schema.wrong-type")
for name in NUMBERS:
    for number in (0, 7, -1, None):
        RIGHT[f"{name} {number}"] = plain({name: number})
    for value in ("7", 1.0, True):
        WRONG[f"{name} coerced {value!r}"] = plain({name: value}), one("schema.coerced", "warning")
    for value in ("seven", 1.5, [], {}):
        WRONG[f"{name} {value!r}"] = plain({name: value}), one("schema.wrong-type")
    WRONG[f"{name} unsafe"] = plain({name: 2**53 + 1}), one("record.unsafe-integer", "warning")
for name in ("event_id", "event_type", "timestamp"):
    WRONG[f"{name} missing"] = jsonl([native(0), without(native(1), name), native(2)]), one("schema.missing-field")
    for value in (None, 7, True, []):
        WRONG[f"{name} {value!r}"] = plain({name: value}), one("schema.wrong-type")
for name in ("event_id", "event_type"):
    WRONG[f"{name} empty"] = plain({name: ""}), one("schema.missing-field")
RIGHT["payload"] = plain({"payload": {"any": [1, {"thing": None}]}})
for value in (None, [], "text", 7):
    WRONG[f"payload {value!r}"] = plain({"payload": value}), one("schema.wrong-type")
RIGHT["event_id another UUID"] = plain({"event_id": "4D7216E5-ADA1-4FE5-AF53-0000000000FF"})
WRONG["event_id no UUID"] = plain({"event_id": "e-1"}), one("schema.bad-pattern", "note")
WRONG["event_id escaped"] = (
    plain({"event_id": "é" * 36}),
    one("schema.bad-pattern", "note"),
)
RIGHT["unknown type is a note at most"] = plain({"event_type": "reputation_updated"})
WRONG["unknown type"] = plain({"event_type": "brand_new"}), one("schema.unknown-event-type", "note")

# Shapes

for label, keys in (("v1", V1), ("v2", V2), ("v3", V3)):
    RIGHT[label] = jsonl(simulation(keys))
RIGHT["mixed shapes"] = jsonl([*simulation(V1), *simulation(V3, 20), *simulation(V2, 40)])
WRONG["step not written"] = (
    jsonl([native(0), without(native(1), "step")]),
    one("schema.missing-field", "warning"),
)
WRONG["half of v3"] = (
    jsonl([native(0), without(native(1), "audit_id", "intervention_id")]),
    one("schema.missing-field", "warning"),
)
WRONG["a key of nobody"] = jsonl([native(0), native(1) | {"extra": 1}]), one("schema.unknown-field", "warning")

# Times

for text in ("2026-02-16T20:49:34", "2026-02-16T20:49:34.1", "2026-02-16T20:49:34.123456"):
    RIGHT[f"time {text}"] = jsonl([native(0, timestamp=text), native(1, timestamp=text)])
RIGHT["times with zones"] = jsonl([native(at, timestamp=f"2026-02-16T2{at}:00:00+00:00") for at in range(3)])
WRONG["time 30 February"] = plain({"timestamp": "2026-02-30T00:00:00"}), one("schema.impossible-date")
WRONG["time 25 o'clock"] = plain({"timestamp": "2026-02-16T25:00:00"}), one("schema.impossible-date")
WRONG["time without a time"] = plain({"timestamp": "2026-02-16"}), one("schema.bad-pattern")
WRONG["time in words"] = plain({"timestamp": "yesterday"}), one("schema.bad-pattern")
WRONG["time empty"] = plain({"timestamp": ""}), one("schema.bad-pattern")
WRONG["time in the future"] = plain({"timestamp": "2031-01-01T00:00:00"}), one("order.future-timestamp")
WRONG["time goes back"] = (
    jsonl([native(0), native(3), native(1), native(4)]),
    one("order.time-regression", "warning", 3),
)
WRONG["time goes back by a day"] = (
    jsonl([native(0), native(1, timestamp="2026-02-15T00:00:00"), native(2)]),
    one("order.time-regression"),
)
RIGHT["time goes back with the next run"] = jsonl([*simulation(V3, 40), *simulation(V3)])

# Numbers and JSON

WRONG["NaN"] = plain({"payload": {"p": float("nan")}}), one("record.non-finite-number")
WRONG["Infinity"] = plain({"payload": {"p": float("inf")}}), one("record.non-finite-number")
WRONG["a key twice"] = (
    jsonl([native(0), native(1)]).replace(b'"step": 1', b'"step": 1, "step": 1'),
    one("record.duplicate-key"),
)
WRONG["no JSON"] = jsonl([native(0)]) + b"{]\n" + jsonl([native(2)]), one("record.invalid-json")

# Payloads of the factories

RIGHT["trace"] = jsonl(trace())
_PAYLOADS: dict[int, dict[str, tuple[Any, ...]]] = {
    0: {"message_content": (7, None), "tool_calls": ("x", None)},
    1: {"arguments": ([], None), "success": ("yes", 1, None)},
    2: {"artifact_data": ([], None)},
    3: {"audit_result": ([], None), "audited_event_id": (7,)},
    4: {"intervention_action": (7,), "intervention_reason": (None,), "affected_agents": ("a", [7])},
}
for at, wrong in _PAYLOADS.items():
    for name, values in wrong.items():
        for value in values:
            WRONG[f"{name} {value!r}"] = inside(at, **{name: value}), one("schema.wrong-type", record=at + 1)
        WRONG[f"{name} missing"] = lacking(at, name), one("schema.missing-field", record=at + 1)
WRONG["result missing"] = lacking(1, "result"), one("schema.missing-field")
for value in (None, "text", 0, [1]):
    RIGHT[f"result {value!r}"] = inside(1, result=value)
RIGHT["nothing audited"] = inside(3, audited_event_id=None)
RIGHT["more in a payload"] = inside(1, latency_ms=12)

# Ids

for at in range(5):
    for name, value in (("agent_id", "mallory"), ("timestamp", stamp(at)[:-1] + "1"), ("provenance_id", "0" * 12)):
        changed = traced(at, **{name: value})
        orphans: Expected = []
        if name == "provenance_id":  # who named the event as its parent does not find it
            lost = trace()[at]["provenance_id"]
            children = [number for number, each in enumerate(changed, 1) if each["parent_event_id"] == lost]
            orphans = [("reference.orphan-parent", number, "warning") for number in children]
        WRONG[f"{name} of event {at}"] = (
            jsonl(changed),
            [*one("provenance.id-mismatch", "critical", at + 1), *orphans],
        )
for at, name in ((1, "tool_call_id"), (2, "artifact_id"), (3, "audit_id"), (4, "intervention_id")):
    WRONG[f"{name} of a factory"] = (
        jsonl(traced(at, **{name: "0" * 12})),
        one("provenance.id-mismatch", "critical", at + 1),
    )
for at, name in ((1, "tool_name"), (3, "audit_type"), (4, "intervention_type")):
    WRONG[f"{name} of a factory"] = inside(at, **{name: "x"}), one("provenance.id-mismatch", "critical", at + 1)
for at, name in ((0, "message_role"), (2, "artifact_type")):
    RIGHT[f"{name} is not covered"] = inside(at, **{name: "x"})
for at in range(5):
    RIGHT[f"step of event {at} is not covered"] = jsonl(traced(at, step=99))
WRONG["native, unverifiable"] = (
    jsonl([native(0), native(1, provenance_id="0123456789ab")]),
    one("provenance.unverifiable", "note"),
)
WRONG["a factory's type without its key"] = (
    jsonl([native(0), event(1, "memory_written", payload={"entry": 1}, provenance_id="0123456789ab")]),
    one("provenance.unverifiable", "note"),
)
WRONG["native, no hex"] = (
    jsonl([native(0), native(1, provenance_id="nobody")]),
    [*one("provenance.unverifiable", "note"), *one("schema.bad-pattern", "note")],
)
RIGHT["empty ids are none"] = plain(dict.fromkeys(IDS, ""))
RIGHT["a factory's line without ids"] = jsonl(
    [native(0), without(tool_call(1, "a", "x"), *IDS) | dict.fromkeys(IDS), native(2)]
)
_zoned = stamp(1) + "+00:00"
RIGHT["ids of a time with a zone"] = jsonl(
    [
        native(0, timestamp=stamp(0) + "+00:00"),
        artifact(1, "a", "m")
        | {
            "timestamp": _zoned,
            "provenance_id": id_of("artifact_created", "a", _zoned, artifact_id="m"),
        },
    ]
)
RIGHT["ids without an agent"] = jsonl(
    [
        native(0),
        artifact(1, "a", "m")
        | {"agent_id": None, "provenance_id": id_of("artifact_created", None, stamp(1), artifact_id="m")},
    ]
)

# Ids that stand twice

_ONE, _TWO, _THREE = "a" * 12, "b" * 12, "c" * 12


def own(at: int, name: str | None, parent: str | None = None, **more: Any) -> Event:
    """A native event with these ids, which can only be compared."""
    return native(at, provenance_id=name, parent_event_id=parent, **more)


def graph(*events: Event) -> bytes:
    return jsonl(events)


FIRST_ID, SECOND_ID = native(0)["event_id"], native(1)["event_id"]
WRONG["an event id twice"] = (
    plain({"event_id": native(0)["event_id"]}),
    one("identity.duplicate-event-id"),
)
WRONG["an event id twice, of traced events"] = (
    jsonl(traced(4, event_id=trace()[0]["event_id"])),
    one("identity.duplicate-event-id", record=5),
)
WRONG["a provenance id twice"] = (
    jsonl([artifact(0, "a", "m"), artifact(0, "a", "m") | {"event_id": native(9)["event_id"]}]),
    one("provenance.id-collision", "warning"),
)
RIGHT["a provenance id like an artifact"] = jsonl([artifact(0, "a", _ONE), artifact(1, "a", _ONE)])

# Parents

GRAPHS: dict[str, tuple[bytes, Expected]] = {
    "parent by provenance id": (graph(own(0, _ONE), own(1, _TWO, _ONE)), []),
    "parent by event id": (graph(own(0, _ONE), own(1, _TWO, FIRST_ID)), []),
    "parent by event id alone": (graph(native(0), native(1, parent_event_id=FIRST_ID)), []),
    "no parent": (graph(own(0, _ONE), own(1, _TWO, "")), []),
    "orphan": (graph(own(0, _ONE), own(1, _TWO, _THREE)), one("reference.orphan-parent", "warning")),
    "its own parent": (graph(native(5), own(6, _ONE, _ONE)), one("reference.cycle")),
    "its own parent by event id": (graph(native(0), own(1, _ONE, SECOND_ID)), one("reference.cycle")),
    "two in a cycle": (graph(own(0, _ONE, _TWO), own(1, _TWO, _ONE)), one("reference.cycle", record=1)),
    "two in a cycle of either id": (
        graph(own(0, _ONE, SECOND_ID), own(1, _TWO, _ONE)),
        one("reference.cycle", record=1),
    ),
    "three in a cycle": (
        graph(own(0, _ONE, _THREE), own(1, _TWO, _ONE), own(2, _THREE, _TWO)),
        one("reference.cycle", record=1),
    ),
    "parent after child": (
        graph(own(0, _ONE, _TWO), own(1, _TWO)),
        one("reference.parent-after-child", "warning", 1),
    ),
    "parent after child by event id": (
        graph(own(0, _ONE, SECOND_ID), own(1, _TWO)),
        one("reference.parent-after-child", "warning", 1),
    ),
    "parent with a later time": (
        graph(own(3, _ONE), own(1, _TWO, _ONE)),
        [
            *one("order.time-regression", "warning"),
            *one("reference.parent-after-child", "warning"),
        ],
    ),
    "parent with a later time of another run": (
        graph(event(2, "simulation_started"), own(3, _ONE), event(0, "simulation_started"), own(1, _TWO, _ONE)),
        one("reference.parent-after-child", "warning", 4),
    ),
    "parent of the same time": (graph(own(1, _ONE), own(2, _TWO, _ONE, timestamp=stamp(1))), []),
    "ambiguous parent": (
        graph(own(0, _ONE), own(1, _ONE), own(2, _TWO, _ONE)),
        [
            ("provenance.id-collision", 2, "warning"),
            ("reference.ambiguous-parent", 3, "warning"),
        ],
    ),
    "ambiguous parent by event id": (
        graph(native(0), native(1, event_id=FIRST_ID), native(2, parent_event_id=FIRST_ID)),
        [
            ("identity.duplicate-event-id", 2, "error"),
            ("reference.ambiguous-parent", 3, "warning"),
        ],
    ),
}
for name, (raw, expected) in GRAPHS.items():
    found = [each for each in expected if each[0] != "provenance.unverifiable"]
    if found:
        WRONG[name] = raw, found
    else:
        RIGHT[name] = raw

# What audits refer to


def about(target: str, *, first: bool = False) -> bytes:
    asked, called, *_ = trace()
    found = audit(3, "auditor", "safety", called)
    found["payload"]["audited_event_id"] = target
    found["parent_event_id"] = None
    return jsonl([asked, found, tool_call(5, "a", "x")] if first else [asked, called, found])


RIGHT["audited by event id"] = about(trace()[1]["event_id"])
RIGHT["audited by provenance id"] = about(trace()[1]["provenance_id"])
WRONG["audited nowhere"] = about("nobody"), one("reference.unresolved", "warning", 3)
WRONG["audited later"] = (
    about(tool_call(5, "a", "x")["event_id"], first=True),
    one("reference.parent-after-child", "warning"),
)
WRONG["audits itself"] = about(event(3, "council_audit")["event_id"]), one("reference.cycle", "error", 3)
WRONG["audited twice there"] = (
    jsonl([*traced(2, event_id=trace()[1]["event_id"])[:4]]),
    [("identity.duplicate-event-id", 3, "error"), ("reference.ambiguous-parent", 4, "warning")],
)

# The episode log


def entries(at: int, seals: bool = True, **change: Any) -> bytes:
    """An episode with one entry changed, and hashed again with all behind it unless that is not wanted."""
    made = episode()
    made[at] = made[at] | change
    for number in range(at, len(made) if seals else at):
        if number > at:
            made[number]["parent_event_hash"] = made[number - 1]["event_hash"]
        made[number] = seal(made[number])
    return episode_jsonl(made)


RIGHT["episode"] = episode_jsonl(episode())
RIGHT["episode without an agent"] = entries(1, agent_id=None)
for name, other in (
    ("timestamp", "2026-02-16T20:49:34.123600+00:00"),
    ("agent_id", "mallory"),
    ("payload", {**episode()[1]["payload"], **episode()[0]["payload"]}),
):
    WRONG[f"episode, {name} edited"] = (
        entries(1, seals=False, **{name: other}),
        one("chain.hash-mismatch", "critical"),
    )
WRONG["episode, parent edited"] = (
    entries(1, seals=False, parent_event_hash="0" * 64),
    one("chain.previous-mismatch", "critical"),
)
WRONG["episode, hash edited"] = entries(4, seals=False, event_hash="0" * 64), one("chain.hash-mismatch", "critical", 5)
WRONG["episode, hash empty"] = entries(4, seals=False, event_hash=""), one("chain.hash-missing", "error", 5)
WRONG["episode, id edited"] = (
    entries(4, seals=False, provenance_id="0" * 12),
    one("provenance.id-mismatch", "critical", 5),
)
WRONG["episode, an entry deleted"] = (
    episode_jsonl([*episode()[:2], *episode()[3:]]),
    one("chain.previous-mismatch", "critical", 3),
)
WRONG["episode, a beginning deleted"] = episode_jsonl(episode()[1:]), one("chain.begins-later", record=1)
WRONG["episode, unknown type"] = entries(1, event_type="x"), one("schema.unknown-event-type", "note")
WRONG["episode, time in words"] = entries(1, timestamp="now"), one("schema.bad-pattern")
WRONG["episode, no such day"] = entries(1, timestamp="2026-02-30T00:00:00+00:00"), one("schema.impossible-date")
_CALL = episode()[0]["payload"]
for name, wrong_value in (
    *(("domain", 7), ("endpoint", None), ("params", []), ("cost", "2"), ("irreversible", 0)),
    *(("high_cost", "no"), ("response", [])),
):
    WRONG[f"episode, {name} {wrong_value!r}"] = (
        entries(0, payload=_CALL | {name: wrong_value}),
        one("schema.wrong-type", record=1),
    )
    WRONG[f"episode, {name} missing"] = (
        entries(0, payload=without(_CALL, name)),
        one("schema.missing-field", record=1),
    )
RIGHT["episode, a cost with a fraction"] = entries(0, payload=_CALL | {"cost": 2.5})
_VOTE = episode()[2]["payload"]
for name, wrong_value in (("request_id", 1), ("approve", "yes"), ("evidence_ids", [1])):
    WRONG[f"episode, {name} {wrong_value!r}"] = (
        entries(2, payload=_VOTE | {name: wrong_value}),
        one("schema.wrong-type", record=3),
    )
    WRONG[f"episode, {name} missing"] = (
        entries(2, payload=without(_VOTE, name)),
        one("schema.missing-field", record=3),
    )
WRONG["episode, a key of nobody"] = (
    episode_jsonl([*episode()[:4], episode()[4] | {"extra": 1}]),
    one("schema.unknown-field", record=5),
)


UNSAID = ("order.naive-timestamp",)
ALSO = ("provenance.unverifiable",)
"""Notes that come with native events that have ids; named where they are meant."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Expected]:
    """All ledgers, verified at once: what was found in each."""
    folder = tmp_path_factory.mktemp("cases")
    numbers = {}
    for number, (name, raw) in enumerate(_all()):
        numbers[name] = f"{number:03}"
        (folder / numbers[name]).mkdir()
        (folder / numbers[name] / "events.jsonl").write_bytes(raw)
    found = judge(folder, "--executor", "inline").findings

    def of(name: str) -> Expected:
        path = f"/{numbers[name]}/"
        return sorted(
            (each["code"], each["record"], each["severity"])
            for each in found
            if path in each["ledger"] and each["code"] not in UNSAID
        )

    return of


def _all() -> Iterator[tuple[str, bytes]]:
    assert not RIGHT.keys() & WRONG.keys()
    yield from RIGHT.items()
    yield from ((name, raw) for name, (raw, _) in WRONG.items())


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_accused(results: Callable[[str], Expected], name: str) -> None:
    assert [each for each in results(name) if each[0] not in ALSO] == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_in_its_place(results: Callable[[str], Expected], name: str) -> None:
    expected = sorted(WRONG[name][1])
    meant = {code for code, *_ in expected}
    assert [each for each in results(name) if each[0] not in ALSO or each[0] in meant] == expected


def test_every_real_log_has_notes_at_most(real: Path) -> None:
    findings = judge(real / "swarm", "--executor", "inline", "--now", "2026-12-01T00:00:00Z").findings
    assert {each["severity"] for each in findings} <= {"note"}


def test_each_case_is_a_ledger_by_itself() -> None:
    assert len({*RIGHT.values()}) + len({raw for raw, _ in WRONG.values()}) > 200
    assert all(json.loads(line) for raw in RIGHT.values() for line in raw.splitlines())
