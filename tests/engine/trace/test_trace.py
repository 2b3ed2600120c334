"""What caused an event and what it caused: over parents, other causes, and ledgers; whatever the graph."""

import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.engine.api import IndexPlace
from console.engine.ledgers.options import Options
from console.engine.session.headless import indexed
from console.engine.session.records import Records
from console.engine.trace import shared
from console.engine.trace.tree import BranchEnd, EventTrace, TraceNode
from console.engine.trace.walk import EVENTS, Tracer
from console.formats.relations import Relations
from console.formats.swarm import FORMAT as SWARM
from tests.support.cli_cases import DEAL, events
from tests.support.fixtures.frame import database, jsonl
from tests.support.swarm_cases import line
from tests.support.zakops_cases import agent


def made(number: int, parent: int | None = None, **more: Any) -> dict[str, object]:
    return line(number % 60, event_id=f"event-{number}", parent_event_id=parent and f"event-{parent}", **more)


@asynccontextmanager
async def tracer(folder: Path, ledgers: Mapping[str, bytes], most: int = EVENTS) -> AsyncIterator[Tracer]:
    for name, data in ledgers.items():
        (folder / name).write_bytes(data)
    async with indexed([str(folder)], IndexPlace(":memory:"), Options(), settled=True) as reader:
        yield Tracer(reader, Records(reader), most)


async def traced(folder: Path, ledgers: Mapping[str, bytes], id: str, depth: int = 20) -> EventTrace:
    async with tracer(folder, ledgers) as one:
        return await one.of_id(id, depth=depth)


def told(nodes: Sequence[TraceNode]) -> list[object]:
    """A tree in short: how, id, why it ends, what is below."""
    return [
        (node.how, node.id, *([node.ending] if node.ending.value else []), *([told(node.below)] if node.below else []))
        for node in nodes
    ]


def ids(nodes: Sequence[TraceNode]) -> set[str]:
    return {node.id for node in nodes} | {id for node in nodes for id in ids(node.below)}


LOG = {"log.jsonl": jsonl([made(1), made(2, 1), made(3, 2), made(4, 2), made(5, 4), made(6)])}


async def test_up_and_down(tmp_path: Path) -> None:
    found = await traced(tmp_path, LOG, "event-2")
    assert found.root.row is not None and found.root.row.ordinal == 2
    assert told(found.up) == [("parent", "event-1")]
    assert told(found.down) == [("parent", "event-3"), ("parent", "event-4", [("parent", "event-5")])]
    assert not found.notes


async def test_the_depth_is_a_limit_that_shows(tmp_path: Path) -> None:
    found = await traced(tmp_path, LOG, "event-1", depth=1)
    assert told(found.down) == [("parent", "event-2", BranchEnd.DEPTH)]
    found = await traced(tmp_path, LOG, "event-5", depth=1)
    assert told(found.up) == [("parent", "event-4", BranchEnd.DEPTH)]


async def test_cycles_and_what_is_not_here(tmp_path: Path) -> None:
    rows = [made(1, 3), made(2, 1), made(3, 2), made(4, 99), made(5, 5)]
    found = await traced(tmp_path, {"log.jsonl": jsonl(rows)}, "event-1")
    assert told(found.up) == [("parent", "event-3", [("parent", "event-2", [("parent", "event-1", BranchEnd.CYCLE)])])]
    assert told(found.down) == [
        ("parent", "event-2", [("parent", "event-3", [("parent", "event-1", BranchEnd.CYCLE)])])
    ]
    async with tracer(tmp_path, {}) as one:
        assert told((await one.of_id("event-4")).up) == [("parent", "event-99", BranchEnd.ABSENT)]
        assert told((await one.of_id("event-5")).up) == [("parent", "event-5", BranchEnd.CYCLE)]


async def test_too_many_are_cut_and_the_nearest_stay(tmp_path: Path) -> None:
    rows = [made(1), *(made(number, 1) for number in range(2, 309))]
    found = await traced(tmp_path, {"log.jsonl": jsonl(rows)}, "event-1")
    assert len(found.down) == 307
    assert "events are shown" not in " ".join(found.notes)
    async with tracer(tmp_path, {}, most=3) as one:
        found = await one.of_id("event-1")
    assert len(found.down) == 3
    assert "nearest 3 events" in " ".join(found.notes)


async def test_a_second_id_is_an_id(tmp_path: Path) -> None:
    rows = [made(1, provenance_id="0123456789ab"), made(2, 1), line(3, parent_event_id="0123456789ab")]
    found = await traced(tmp_path, {"log.jsonl": jsonl(rows)}, "event-1")
    assert [node.row.ordinal for node in found.down if node.row] == [2, 3]


async def test_one_id_in_two_ledgers(tmp_path: Path) -> None:
    """The parent in the same ledger is meant; the other ledger's event is named beside the first."""
    other = jsonl([made(1), made(7, 1)])
    found = await traced(tmp_path, {"a.jsonl": jsonl([made(1), made(2, 1)]), "b.jsonl": other}, "event-1")
    assert [(node.id, node.elsewhere) for node in found.down] == [("event-2", False), ("event-7", True)]
    assert [(node.how, node.elsewhere) for node in found.also] == [("the same id", True)]
    async with tracer(tmp_path, {}) as one:
        (up,) = (await one.of_id("event-7")).up
        assert (up.elsewhere, up.carriers) == (False, 2)


async def test_of_two_ledgers_with_one_id_the_worst_is_the_root(tmp_path: Path) -> None:
    whole = events(3)
    edited = [whole[0], whole[1] | {"payload": {"edited": True}}, whole[2]]
    ledgers = {"a.jsonl": jsonl(whole), "b.jsonl": jsonl(edited), "c.jsonl": jsonl(whole)}
    found = await traced(tmp_path, ledgers, str(whole[1]["id"]))
    assert found.root.row is not None and found.root.row.trust.word == "broken"
    assert Path(found.root.ledger).name == "b.jsonl"
    assert [Path(node.ledger).name for node in found.also] == ["a.jsonl", "c.jsonl"]


async def test_a_cause_in_another_ledger(tmp_path: Path) -> None:
    found = await traced(tmp_path, {"a.jsonl": jsonl([made(1)]), "b.jsonl": jsonl([made(2, 1)])}, "event-2")
    assert [(node.id, node.elsewhere) for node in found.up] == [("event-1", True)]


def deals(number: int, **more: object) -> dict[str, object]:
    return agent("run.started", number, deal_id=DEAL, correlation_id=DEAL, **more)


async def test_a_deal_in_two_systems(tmp_path: Path) -> None:
    ledgers = {"deals.jsonl": jsonl(events(3)), "agent.db": database({"agent_events": [deals(1), deals(2)]})}
    found = await traced(tmp_path, ledgers, str(events(3)[1]["id"]))
    assert {(each.kind, Path(each.ledger).name, each.events, each.here) for each in found.shared} >= {
        ("deal", "deals.jsonl", 2, True),
        ("deal", "agent.db#agent_events", 2, False),
    }


async def test_what_is_in_no_index_is_looked_for_in_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        type(SWARM), "relations", lambda _, event: Relations((event.event_id or "",), (), (("artifact", "art-7"),))
    )
    rows = [made(1, artifact_id="art-7"), made(2, artifact_id="art-70"), made(3, payload={"of": '{"a":"art-7"}'})]
    ledgers = {"a.jsonl": jsonl(rows), "b.jsonl": jsonl([made(4), made(5, artifact_id="art-7")])}
    found = await traced(tmp_path, ledgers, "event-1")
    assert [
        (each.kind, each.id, Path(each.ledger).name, each.events, [row.ordinal for row in each.rows])
        for each in found.shared
    ] == [("artifact", "art-7", "a.jsonl", 1, [3]), ("artifact", "art-7", "b.jsonl", 1, [2])]
    assert not found.notes
    monkeypatch.setattr(shared, "BYTES", 0)
    found = await traced(tmp_path, ledgers, "event-1")
    assert "artifact art-7" in found.notes[-1] and "MiB of records, not in all" in found.notes[-1]
    size = sum(map(len, ledgers.values()))
    for most, notes in ((size + 1, 0), (100, 1)):
        monkeypatch.setattr(shared, "BYTES", most)
        assert len((await traced(tmp_path, ledgers, "event-1")).notes) == notes


async def test_causes_that_no_index_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system may name causes beside the parent: they are found in the streams of the event."""

    def relations(_: object, event: object) -> Relations:
        document = event.document  # type: ignore[attr-defined]  # an event
        return Relations((document["id"],), tuple(("approval", each) for each in document["evidenceRefs"]))

    from console.formats.kernel import FORMAT

    monkeypatch.setattr(type(FORMAT), "relations", relations)
    rows = events(5)
    rows[3]["evidenceRefs"] = [rows[1]["id"], rows[2]["id"]]
    found = await traced(tmp_path, {"deals.jsonl": jsonl(rows)}, rows[1]["id"])
    assert told(found.down) == [("approval", rows[3]["id"])]
    async with tracer(tmp_path, {}) as one:
        assert told((await one.of_id(rows[3]["id"])).up) == [("approval", rows[1]["id"]), ("approval", rows[2]["id"])]


async def test_names_that_a_system_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No record holds them: every event of that name before it is a cause, and one that nobody has is not missed."""

    def relations(_: object, event: Any) -> Relations:
        document = event.document
        gate = document["sequenceNumber"] == 4
        names = ("approval of a",) if document["sequenceNumber"] in (2, 3, 5) else ()
        return Relations(
            (document["id"], *names), (("approval", "approval of a"), ("override", "override of a")) if gate else ()
        )

    from console.formats.kernel import FORMAT

    monkeypatch.setattr(type(FORMAT), "relations", relations)
    rows = events(5)
    found = await traced(tmp_path, {"deals.jsonl": jsonl(rows)}, rows[3]["id"])
    assert told(found.up) == [("approval", rows[1]["id"]), ("approval", rows[2]["id"])]


async def test_an_id_of_no_event(tmp_path: Path) -> None:
    ledgers = {"deals.jsonl": jsonl(events(3))}
    found = await traced(tmp_path, ledgers, DEAL)
    assert found.root.row is None
    assert [(each.kind, each.events) for each in found.shared] == [("deal", 3)]
    async with tracer(tmp_path, {}) as one:
        nothing = await one.of_id("nothing at all")
        assert (nothing.root.ending, nothing.shared) == (BranchEnd.ABSENT, ())


async def test_as_a_plain_walk_over_any_graph(tmp_path: Path) -> None:
    choose = random.Random(8)
    parents = {n: choose.choice([None, *range(max(1, n - 40), n + 3)]) for n in range(1, 300)}
    rows = [made(number, parent) for number, parent in parents.items()]
    async with tracer(tmp_path, {"log.jsonl": jsonl(rows)}) as one:
        for start in choose.sample(range(1, 300), 12):
            found = await one.of_id(f"event-{start}", depth=400)
            up, at = set(), parents.get(start)
            while at is not None and at not in up:
                up.add(at)
                at = parents.get(at)
            down: set[int] = set()
            waiting = [start]
            while waiting:
                below = {child for child, parent in parents.items() if parent in waiting} - down
                down |= below
                waiting = [*below]
            assert ids(found.up) == {f"event-{number}" for number in up}
            assert ids(found.down) == {f"event-{number}" for number in down}


async def test_hostile_ids(tmp_path: Path) -> None:
    for id in ("", "*", "\x1b[31m", "\ud800", "é" * 300, '"', "a\\b"):
        rows = [line(1, event_id=id), line(2, event_id="child", parent_event_id=id)]
        found = await traced(tmp_path, {"log.jsonl": jsonl(rows)}, "child")
        if id:
            assert [node.row is not None for node in found.up] == [True], json.dumps(id)
