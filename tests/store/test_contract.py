"""What every store must do: ours on SQLite, and one of lists and dicts that knows nothing of SQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Cursor
from console.model.trust import Severity, Trust
from console.store.counts import Count
from console.store.facts import ChainLink, KnownLedger, RecordPlace, Volume
from console.store.filter import Filter, parse
from console.store.portion import Portion
from console.store.protocol import IndexWriter, StatedBy
from tests.support.index_cases import Pen, Row
from tests.support.stores import PATHS, ROWS, STORES, Opened, index, opened, pens, scratch, streams_of


@pytest.fixture(params=STORES)
async def one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    async with index(request.param, tmp_path) as found:
        yield found


EVERYTHING = Filter()
every_store = pytest.mark.parametrize("name", STORES)


# Portions


async def test_a_portion_is_there_whole_or_not_at_all(one: Opened) -> None:
    pen = one.pen
    await pen.add(Row(1, stream="s", id="a"))
    before = await everything_of(one)
    rows = [Row(2, stream="s", id="b"), Row(3, stream="new", also=("t",))]
    batch = pen.batch(rows, [Finding("c.x", Severity.ERROR, "")])
    state = {"rules": b"2", StreamKey("run", "s"): b"2"}
    with pytest.raises(RuntimeError):
        async with one.writer.transaction():
            await one.writer.append(pen.ledger, Portion(batch, pen.next, state=state))
            assert await everything_of(one) == before
            raise RuntimeError
    assert await everything_of(one) == before
    again = Pen(one.writer, pen.ledger, Cursor(2, 10))
    await again.add(Row(2, stream="s"), Row(3, "T", stream="other"))
    view = await one.reader.view(EVERYTHING)
    assert [(row.ordinal, row.type, row.stream_key) for row in await view.rows(0, 9)] == [
        (1, "", "s"),
        (2, "", "s"),
        (3, "T", "other"),
    ]


async def everything_of(one: Opened) -> object:
    """All that a reader can see, and what a new writer would go on from."""
    view = await one.reader.view(EVERYTHING)
    return (
        await one.reader.ledgers(),
        await one.reader.streams(),
        await one.reader.findings(),
        await view.rows(0, 100),
    )


async def test_what_a_portion_brings_is_there(one: Opened) -> None:
    pen = one.pen
    key = StreamKey("run", "s")
    facts = StreamFacts("run", "s", {"state": "open", "flagged": "high"}, chained=2, chain_intact=True)
    rows = [Row(5, stream="s", trust=Trust.VERIFIED), Row(stream="s", also=("t",)), Row(3, trust=Trust.BROKEN)]
    await pen.write(
        pen.batch(rows),
        profile="p/1",
        state={"rules": b"1", "\ud800": b"half", key: b"chain"},
        facts=[facts],
        pending=7,
        bytes=90,
        file="state of the file",
    )
    (ledger,) = await one.reader.ledgers(pen.ledger)
    assert (ledger.records, ledger.profile, ledger.pending, ledger.bytes) == (3, "p/1", 7, 90)
    assert (ledger.first_time, ledger.last_time, ledger.trust) == (3, 5, (1, 1, 0, 0, 0, 0, 1))
    assert ledger.flagged == 1
    assert (await one.reader.ledgers())[0] == ledger
    streams = {each.key: each for each in (await one.reader.streams(pen.ledger))[0]}
    assert [*streams] == ["s", "t"]
    s, t = streams.values()
    assert (s.events, s.first_time, s.last_time, s.trust[Trust.VERIFIED]) == (2, 5, 5, 1)
    assert (s.state, s.chained, s.chain_intact) == (facts.state, 2, True)
    assert (t.events, t.first_time, t.chain_intact) == (1, None, None)
    assert await one.reader.stream(s.id) == s
    state = {"rules": b"1", "\ud800": b"half", key: b"chain"}
    assert dict(await one.writer.reader_state(pen.ledger)) == state
    known = {each.path: each for each in await one.writer.known_ledgers()}[PATHS[0]]
    assert known == KnownLedger(
        *(pen.ledger, PATHS[0], None, "kernel", "api", "p/1", "live"), next=pen.next, file="state of the file"
    )
    async with one.writer.transaction():
        await one.writer.carry(pen.ledger, {"rules": b"2"}, [facts._replace(chain_intact=False)], [])
    assert dict(await one.writer.reader_state(pen.ledger)) == {**state, "rules": b"2"}
    found = await one.reader.stream(s.id)
    assert found is not None
    assert found.chain_intact is False


async def test_records_can_be_found_again(one: Opened) -> None:
    await one.pen.add(*(Row(at) for at in range(3)))
    await one.pen.add(*(Row(at) for at in range(1200)))
    hashes = [sha256(b"%d" % ordinal).digest() for ordinal in range(1, 1204)]
    for side in (one.reader, one.writer):
        ledger = one.pen.ledger
        assert await side.place(ledger, 3) == RecordPlace(3, 20, 9)
        assert await side.place(ledger, 1204) is None
        assert [await side.record_hash(ledger, ordinal) for ordinal in (1, 4, 1203)] == [
            hashes[at] for at in (0, 3, 1202)
        ]
        assert await side.record_hash(ledger, 1204) is None
        assert [each async for each in side.record_hashes(ledger, 3)] == hashes[2:]
        assert [each async for each in side.record_hashes(one.pens[1].ledger, 1)] == []


@every_store
@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(ROWS, max_size=5), min_size=1, max_size=4))
def test_counts_are_those_of_the_events(
    tmp_path_factory: pytest.TempPathFactory, name: str, portions: list[list[Row]]
) -> None:
    async def scenario() -> None:
        async with index(name, tmp_path_factory.mktemp("index")) as one:
            for rows in portions:
                await one.pen.add(*rows)
            rows = [row for portion in portions for row in portion]
            found = {each.key: each for each in (await one.reader.streams(one.pen.ledger))[0]}
            assert found.keys() == {key for row in rows for key in streams_of(row)}
            for key, stream in found.items():
                mine = [row for row in rows if key in streams_of(row)]
                times = [row.time for row in mine if row.time != NO_TIME]
                assert (stream.events, stream.first_time, stream.last_time) == (
                    sum(streams_of(row).count(key) for row in mine),
                    min(times, default=None),
                    max(times, default=None),
                )
            (ledger,) = await one.reader.ledgers(one.pen.ledger)
            assert ledger.trust == tuple(sum(row.trust == state for row in rows) for state in Trust)

    asyncio.run(scenario())


async def test_blank_lines_are_rows_and_no_events(one: Opened) -> None:
    pen = one.pens[0]
    await pen.add(Row(1, stream="s"), Row(2, trust=Trust.PENDING), Row(3, stream="s", trust=Trust.BROKEN))
    (ledger,) = await one.reader.ledgers(pen.ledger)
    assert (ledger.records, ledger.events, ledger.trust[Trust.PENDING]) == (3, 2, 0)


# Ledgers and their files


async def test_ledgers_come_change_and_go(one: Opened) -> None:
    writer, reader, (first, second, third) = one.writer, one.reader, one.pens
    await first.add(Row(1, stream="s", id="x", parent="y"))
    container = Finding("container.x", Severity.WARNING, "stays")
    async with writer.transaction():
        await writer.describe(first.ledger, state="gone", note="half \ud800", active=False)
        await writer.note_beside(first.ledger, "files")
        await writer.add_findings(first.ledger, [container, Finding("chain.x", Severity.ERROR, "goes", record=1)])
        skipped = await writer.add_ledger("/nothing", None, "", "", "")
        await writer.remove(third.ledger)
    assert await writer.beside(first.ledger) == "files"
    assert await writer.beside(second.ledger) == ""
    assert [(each.path, each.state) for each in await reader.ledgers()] == [(PATHS[1], "live"), ("/nothing", "live")]
    (hidden,) = await reader.ledgers(first.ledger)
    assert (hidden.state, hidden.note) == ("gone", "half \\ud800")
    assert {*await reader.sizes()} == {second.ledger, skipped}
    edition = (await reader.sizes(first.ledger))[first.ledger][1]
    async with writer.transaction():
        await writer.forget_skipped("/other")
        await writer.clear(first.ledger)
        await writer.describe(first.ledger, active=True, format="swarm", shape="x", container="json")
    assert (await reader.sizes(first.ledger))[first.ledger] == (0, edition + 1)
    (cleared,) = await reader.ledgers(first.ledger)
    assert (cleared.records, cleared.format, cleared.first_time, sum(cleared.trust)) == (0, "swarm", None, 0)
    assert [each.finding for each in (await reader.findings())[0]] == [container]
    assert (await reader.streams(first.ledger))[1] == 0
    assert await writer.reader_state(first.ledger) == []
    async with writer.transaction():
        await writer.forget_skipped()
    assert {each.id for each in await writer.known_ledgers()} == {first.ledger, second.ledger}
    await Pen(writer, first.ledger).add(Row(2, "again"))
    assert (await reader.sizes())[first.ledger] == (1, edition + 1)


async def test_files_of_a_ledger(one: Opened) -> None:
    writer, ledger = one.writer, one.pen.ledger
    await one.pen.write(one.pen.batch([Row(1)] * 5), file="state", pending=3)
    async with writer.transaction():
        await writer.move_volume(ledger, 5, "/ledgers/one.1", None)
        await writer.begin_volume(ledger, 6, PATHS[0], None)
    assert await one.reader.volumes(ledger) == [Volume(1, "/ledgers/one.1", None), Volume(6, PATHS[0], None)]
    known = {each.id: each for each in await writer.known_ledgers()}[ledger]
    assert (known.next, known.file) == (Cursor(6, 0), "")
    async with writer.transaction():
        await writer.move_volume(ledger, 2, "/ledgers/one.2.gz", "member")
    assert (await writer.volumes(ledger))[0] == Volume(1, "/ledgers/one.2.gz", "member")
    assert await writer.past_paths() == ["/ledgers/one.2.gz"]


# Findings


async def test_standing_findings_are_replaced_by_whoever_stated_them(one: Opened) -> None:
    writer, pen = one.writer, one.pen
    settled, gap, orphan, file = (
        Finding(code, Severity.ERROR, "", record=1, standing=code != "record.x", count=count)
        for count, code in enumerate(("record.x", "sequence.gap", "reference.orphan", "container.shrunk"), 1)
    )
    await pen.write(pen.batch([Row(1)], [settled]), standing=[gap])

    async def found() -> list[Finding]:
        return sorted([each.finding for each in (await one.reader.findings())[0]], key=lambda each: each.count)

    async with writer.transaction():
        await writer.replace_standing(pen.ledger, [orphan], StatedBy.REFERENCES)
        await writer.replace_standing(pen.ledger, [file], StatedBy.FOLLOWING)
    assert await found() == [settled, gap, orphan, file]
    assert [each.stated for each in await writer.known_ledgers()] == [True, False, False]
    (ledger,) = await one.reader.ledgers(pen.ledger)
    assert ledger.findings == (0, 0, 0, 10, 0)
    await pen.write(standing=[])
    async with writer.transaction():
        await writer.replace_standing(pen.ledger, [], StatedBy.FOLLOWING)
    assert await found() == [settled, orphan]
    assert not any(each.stated for each in await writer.known_ledgers())


async def test_findings_by_ledger_stream_event_and_place(one: Opened) -> None:
    first, second, _ = one.pens
    a = Finding("c.a", Severity.CRITICAL, "half \ud800", stream="s", record=2, offset=10)
    b = Finding("c.b", Severity.NOTE, "", stream="s", sequence=10**30)
    await first.write(first.batch([Row(1, stream="s"), Row(2, stream="s", worst=Severity.CRITICAL)], [b, a]))
    await second.write(second.batch([Row(3, stream="s")], [b]))
    reader = one.reader
    (stream,), _ = await reader.streams(first.ledger)
    view = await reader.view(EVERYTHING, ledger=first.ledger)
    _, event = await view.rows(0, 2)
    asked = [await reader.findings(), await reader.findings(ledger=first.ledger), await reader.findings(limit=1)]
    assert [([each.finding.code for each in rows], total) for rows, total in asked] == [
        (["c.a", "c.b", "c.b"], 3),
        (["c.a", "c.b"], 2),
        (["c.a"], 3),
    ]
    (only,), _ = await reader.findings(event=event.id)
    assert (only.finding.message, only.ledger_name, only.event) == ("half \\ud800", PATHS[0], event.id)
    assert [each.ledger for each in (await reader.findings(stream=stream.id))[0]] == [first.ledger] * 2
    assert stream.findings == (0, 1, 0, 0, 1)
    assert await one.writer.has_finding(first.ledger, "c.a", 10)
    assert not await one.writer.has_finding(first.ledger, "c.a", 11)
    assert not await one.writer.has_finding(second.ledger, "c.a", 10)


async def test_very_many_findings_are_counted(one: Opened) -> None:
    found = [Finding("c.x", Severity.ERROR, str(number), record=1) for number in range(700)]
    for _ in range(3):
        await one.pen.write(one.pen.batch([Row(1)], found))
    rows, total = await one.reader.findings(limit=10_000)
    assert total == len(rows) >= 1000
    assert sum(each.finding.count for each in rows) == 2100


# References


Found = dict[str, list[tuple[int, int]]]
KINDS = ("ambiguous", "late", "later", "cycles")


class Ids(NamedTuple):
    """A record's id, its parent's, its second id, what it names beside, and its time."""

    name: str = ""
    parent: str = ""
    second: str = ""
    mention: str = ""
    time: int = 0


def nothing() -> Found:
    return {"duplicates": [], "second_duplicates": [], **{f"{how}{kind}": [] for how in ("", "@") for kind in KINDS}}


def expected(records: Sequence[Ids]) -> tuple[Found, list[int], list[int]]:
    """The same from plain lists: each record judged by itself and those before it."""
    found = nothing()
    waiting: dict[tuple[int, str], str] = {}
    for at, record in enumerate(records, 1):
        until = [*enumerate(records[:at], 1)]
        for kind, own in (("duplicates", "name"), ("second_duplicates", "second")):
            name = getattr(record, own)
            earlier = [other for other, each in until[:-1] if name and getattr(each, own) == name]
            if earlier:
                found[kind].append((at, earlier[0]))
        for how, target in (("", record.parent), ("@", record.mention)):
            if not target:
                continue
            carriers = [other for other, each in until if each.name == target]
            carriers = carriers or [other for other, each in until if each.second == target]
            if len(carriers) > 1:
                found[how + "ambiguous"].append((at, len(carriers)))
            if at in carriers:
                found[how + "cycles"].append((at, at))
            elif not carriers:
                waiting[at, how] = target
            elif records[carriers[0] - 1].time > record.time:
                found[how + "later"].append((at, carriers[0]))
        for child, how in [each for each, wanted in waiting.items() if wanted in (record.name, record.second)]:
            del waiting[child, how]
            found[how + ("cycles" if child in ancestors(records[:at], at) else "late")].append((child, at))
    parents, mentions = (sorted(at for at, how in waiting if how == kind) for kind in ("", "@"))
    return {kind: sorted(pairs) for kind, pairs in found.items()}, parents, mentions


def ancestors(records: Sequence[Ids], start: int) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        record = records[waiting.pop() - 1]
        targets = {record.parent, record.mention} - {""}
        for at, each in enumerate(records, 1):
            if targets & {each.name, each.second} and at not in found:
                found.add(at)
                waiting.append(at)
    return found


@asynccontextmanager
async def writers(name: str, kept: bool, folder: Path) -> AsyncIterator[IndexWriter]:
    """A writer of an index that is kept, or of one that is not."""
    writer = (await STORES[name](folder).writer())[0] if kept else await scratch(name)
    try:
        yield writer
    finally:
        await writer.close()


async def resolved(
    writer: IndexWriter, records: Sequence[Ids], cuts: Sequence[int]
) -> tuple[Found, list[int], list[int]]:
    """What is found when the records come in portions. Another ledger with the same ids stands beside."""
    other, pen = await pens(writer, "other", "one")
    found = nothing()
    await other.add(*(Row(id=name) for name in "abcde"))
    edges = [0, *sorted({cut % (len(records) + 1) for cut in cuts}), len(records)]
    for start, end in pairwise(edges):
        await pen.add(
            *(
                Row(each.time, id=each.name, parent=each.parent, alias=each.second, mention=each.mention)
                for each in records[start:end]
            )
        )
        more = True
        while more:
            async with writer.transaction():
                some = await writer.resolve(pen.ledger)
            more = some is not None and some.more
            for kind, pairs in found.items():
                if some is not None:
                    pairs += getattr(some.mentions if kind[0] == "@" else some, kind.strip("@")).listed
    lost = []
    for mentions in (False, True):
        orphans = await writer.orphans(pen.ledger, mentions=mentions)
        assert orphans.count == len(orphans.listed)
        lost.append(sorted(orphans.listed))
    return {kind: sorted(pairs) for kind, pairs in found.items()}, lost[0], lost[1]


IDS, SECOND = st.sampled_from(["", "a", "b", "c", "d", "e"]), st.sampled_from(["", "", "p", "q", "a"])
RECORDS = st.builds(Ids, IDS, IDS | SECOND, SECOND, st.just("") | IDS | SECOND, st.integers(0, 2))


@every_store
@pytest.mark.parametrize("kept", [True, False])
@settings(max_examples=50, deadline=None)
@given(st.lists(RECORDS, max_size=9), st.lists(st.integers(0, 9), max_size=4))
@example([Ids("a", "b"), Ids("b", "c"), Ids("c", "a")], [1, 2])
@example([Ids("x", "a"), Ids("a"), Ids("a")], [])
@example([Ids("a", "b"), Ids("b", "a"), Ids("b", "b")], [1])
@example([Ids("a", "p"), Ids("b", "", "p"), Ids("c", "p"), Ids("d", "q")], [1, 2, 3])
@example([Ids("", "p"), Ids("", "", "p")], [1])
@example([Ids("a", "b"), Ids("b", mention="a"), Ids("c", mention="c")], [1])
@example([Ids("a", "p", mention="p"), Ids("p"), Ids("", "a", "p", "p")], [1, 2])
def test_any_cut_gives_the_same_references(
    tmp_path_factory: pytest.TempPathFactory, name: str, kept: bool, records: list[Ids], cuts: list[int]
) -> None:
    async def scenario() -> tuple[Found, list[int], list[int]]:
        async with writers(name, kept, tmp_path_factory.mktemp("index")) as writer:
            return await resolved(writer, records, cuts)

    assert asyncio.run(scenario()) == expected(records)


# Chains


async def test_a_chain_that_is_walked_again(one: Opened) -> None:
    pen, key = one.pen, StreamKey("run", "s")
    broken = Finding("chain.gap", Severity.CRITICAL, "", stream="s", record=1)
    other = Finding("schema.x", Severity.WARNING, "", stream="s", record=1)
    rows = [
        Row(1, stream="s", sequence=2, trust=Trust.BROKEN, worst=Severity.CRITICAL),
        Row(2, stream="s", sequence=1, trust=Trust.VERIFIED),
        Row(3, stream="t", sequence=1, trust=Trust.VERIFIED),
    ]
    await pen.write(pen.batch(rows, [broken, other]), irregular=[key])
    assert await one.writer.irregular_streams(pen.ledger) == [key]
    places = await one.writer.stream_places(pen.ledger, key)
    assert places == [RecordPlace(2, 10, 9), RecordPlace(1, 0, 9)]
    view, only_broken = await one.reader.view(EVERYTHING), await one.reader.view(parse("trust:broken"))
    fork = Finding("chain.fork", Severity.ERROR, "", stream="s", record=2)
    async with one.writer.transaction():
        await one.writer.rewalked(pen.ledger, key, [(1, Trust.RECOVERED), (2, Trust.BROKEN)], [fork])
    assert await one.writer.irregular_streams(pen.ledger) == []
    assert await view.refresh() == 0
    assert await only_broken.refresh() == 0
    assert [(row.trust, row.worst) for row in await view.rows(0, 9)] == [
        (Trust.RECOVERED, Severity.WARNING),
        (Trust.BROKEN, Severity.ERROR),
        (Trust.VERIFIED, Severity.NONE),
    ]
    assert [row.ordinal for row in await only_broken.rows(0, 9)] == [2]
    async with one.writer.transaction():
        await one.writer.rewalked(
            pen.ledger, key, [(1, Trust.RECOVERED), (2, Trust.BROKEN)], [fork], {1: Severity.NONE, 2: Severity.CRITICAL}
        )
    await view.refresh()
    assert [row.worst for row in await view.rows(0, 9)] == [Severity.WARNING, Severity.CRITICAL, Severity.NONE]
    assert {each.finding.code for each in (await one.reader.findings())[0]} == {"schema.x", "chain.fork"}
    (stream, _), _ = await one.reader.streams(pen.ledger)
    (ledger,) = await one.reader.ledgers(pen.ledger)
    assert stream.trust == (0, 0, 1, 0, 0, 0, 1)
    assert ledger.trust == (0, 1, 1, 0, 0, 0, 1)


async def test_events_are_counted_by_type_actor_and_trust(one: Opened) -> None:
    rows = [Row(1, "made", "ada", trust=Trust.VERIFIED)] * 3 + [Row(2, "made", "eve", trust=Trust.BROKEN)]
    await one.pen.add(*rows, Row(3, trust=Trust.PENDING), Row(3, "lost", trust=Trust.UNCHAINED))
    assert sorted(await one.reader.event_counts(one.pen.ledger)) == [
        ("lost", "", Trust.UNCHAINED, 1),
        ("made", "ada", Trust.VERIFIED, 3),
        ("made", "eve", Trust.BROKEN, 1),
    ]


async def test_neighbours_in_a_chain(one: Opened) -> None:
    sequences = [3, 1, 2, 2, 5]
    rows = [Row(at, stream="s", sequence=each) for at, each in enumerate(sequences)]
    rows[0] = Row(0, stream="s", sequence=3, trust=Trust.BROKEN)
    await one.pen.add(*rows, Row(9, stream="t", sequence=4), Row(9, sequence=4))
    events = await (await one.reader.view(EVERYTHING)).rows(0, 9)
    ids = {event.ordinal: event.id for event in events}
    chain = [2, 3, 4, 1, 5]
    for before, after in pairwise(chain):
        assert await one.reader.chain_neighbour(ids[before], 1) == ids[after]
        assert await one.reader.chain_neighbour(ids[after], -1) == ids[before]
    assert await one.reader.chain_neighbour(ids[2], 1, broken=True) == ids[1]
    assert await one.reader.chain_neighbour(ids[5], 1) is None
    assert await one.reader.chain_neighbour(ids[6], 1) is None
    assert await one.reader.chain_neighbour(ids[7], 1) is None
    assert [row.ordinal for row in await one.reader.events([ids[3], ids[1]])] == [3, 1]


@every_store
async def test_what_was_counted_is_walked_again(name: str) -> None:
    """Chains without rows: rows are noted for those that must be walked again, and their verdicts are counted."""
    store = await scratch(name)
    s, t = StreamKey("run", "s"), StreamKey("run", "t")
    (pen,) = await pens(store, "/a.jsonl")
    counted = {
        s: Count([3, 0, 0, 0, 0, 0, 0], 5, 7),
        t: Count([0, 1, 0, 0, 0, 0, 0]),
        None: Count([0, 0, 0, 0, 2, 0, 0]),
    }
    broken = Finding("chain.fork", Severity.CRITICAL, "", stream="s")
    last = Portion(EventBatch(1, findings=[broken]), Cursor(7, 60), irregular=[s], counted=counted)
    links = [ChainLink(s, each, RecordPlace(5 - each, 0, 9)) for each in (1, 2, 3)]
    async with store.transaction():
        await store.append(pen.ledger, last)
        await store.note_links(pen.ledger, links)
    assert await store.irregular_streams(pen.ledger) == [s]
    assert [each.ordinal for each in await store.stream_places(pen.ledger, s)] == [4, 3, 2]
    async with store.transaction():
        await store.rewalked(pen.ledger, s, [(2, Trust.BROKEN), (3, Trust.VERIFIED), (4, Trust.VERIFIED)], [])
    reader = store.reader()
    (row,) = await reader.ledgers(pen.ledger)
    assert (row.records, row.trust, row.findings) == (6, (0, 3, 0, 0, 2, 0, 1), (0, 0, 0, 0, 0))
    streams, _ = await reader.streams(pen.ledger)
    assert {each.key: (each.events, each.trust, each.first_time, each.last_time) for each in streams} == {
        "s": (3, (0, 2, 0, 0, 0, 0, 1), 5, 7),
        "t": (1, (0, 1, 0, 0, 0, 0, 0), None, None),
    }
    await store.close()


async def test_what_is_stated_of_the_end_is_replaced_by_the_next_portion(one: Opened) -> None:
    pen = one.pen
    tail = Finding("record.partial-tail", Severity.NOTE, "", standing=True)
    await pen.write(at_end=[tail], standing=[Finding("a.b", Severity.NOTE, "", standing=True)])
    async with one.writer.transaction():
        await one.writer.carry(pen.ledger, {}, [], [])
    assert [each.finding.code for each in (await one.reader.findings())[0]] == ["record.partial-tail"]
    await pen.write()
    assert (await one.reader.findings())[0] == []


# The store itself


@every_store
async def test_one_writer_many_readers(name: str, tmp_path: Path) -> None:
    store = STORES[name](tmp_path)
    assert await store.reader() is None
    assert store.identity() is None
    with store.lock() as lock, store.lock() as other:
        assert lock.acquire()
        assert not other.acquire()
        writer, reader = await opened(store)
        another = await store.reader()
        assert another is not None
        identity = store.identity()
        assert identity is not None
        (pen,) = await pens(writer, "x")
        before = await reader.version()
        await pen.add(Row(1, "A"))
        assert await reader.version() != before
        assert await reader.version() == await reader.version()
        await writer.settle()
        for each in (reader, another):
            assert (await each.view(EVERYTHING)).count == 1
            await each.close()
        await writer.close()
        assert store.identity() == identity
        store.discard()
        assert store.identity() is None
        assert await store.reader() is None
    with store.lock() as lock:
        assert lock.acquire()


@every_store
async def test_a_later_writer_goes_on(name: str, tmp_path: Path) -> None:
    store = STORES[name](tmp_path)
    writer, _ = await store.writer()
    (pen,) = await pens(writer, "x")
    await pen.add(Row(5, "A", "me", "s", also=("t",), id="a"))
    await writer.close()
    writer, reader = await opened(store)
    (known,) = await writer.known_ledgers()
    assert known.next == pen.next
    await Pen(writer, known.id, known.next).add(Row(type="A", actor="me", stream="s", also=("t",), parent="a"))
    async with writer.transaction():
        assert await writer.resolve(known.id) is not None
        assert await writer.resolve(known.id) is None
    assert (await writer.orphans(known.id)).count == 0
    streams, total = await reader.streams(known.id)
    assert [(each.key, each.events) for each in streams] == [("s", 2), ("t", 2)]
    assert total == 2
    everything = await reader.view(EVERYTHING)
    assert [(row.time, row.actor, row.stream) for row in await everything.rows(0, 2)] == [
        (5, "me", streams[0].id),
        (None, "me", streams[0].id),
    ]
    assert (await reader.view(EVERYTHING, stream=streams[1].id)).count == 2
    await reader.close()
    await writer.close()


async def test_events_by_their_ids_and_parents(one: Opened) -> None:
    """Over all ledgers that are opened; a second id counts where no event has it as its first."""
    first, second, _ = one.pens
    await first.add(Row(id="a"), Row(id="b", alias="bb", parent="a"), Row(id="c", parent="bb"), Row(parent="a"))
    await second.add(Row(id="x", parent="bb", mention="a"), Row(id="bb2", alias="c"), Row(id="a"))
    ids = [await _ids(one, pen.ledger) for pen in (first, second)]
    for settled in (False, True):
        if settled:
            await one.writer.settle()
        found = await one.reader.named(["a", "bb", "c", "nobody"])
        assert found == {"a": [ids[0][0], ids[1][2]], "bb": [ids[0][1]], "c": [ids[0][2]]}
        assert await one.reader.children(["a", "bb", "b"], 9) == {
            "a": [ids[0][1], ids[0][3], ids[1][0]],
            "bb": [ids[0][2], ids[1][0]],
        }

    assert await one.reader.children(["a"], 2) == {"a": [ids[0][1], ids[0][3]]}


async def _ids(one: Opened, ledger: int) -> list[int]:
    return [row.id for row in await one.reader.between(Filter(), ledger, 1, 100, 100)]


async def test_names_by_their_beginnings(one: Opened) -> None:
    await one.pens[0].add(Row(type="Ab", actor="anna", stream="s-1"), Row(type="A[", stream="s-2", also=("t",)))
    await one.pens[1].add(Row(type="B*", actor="ann", stream="s-1"))
    assert await one.reader.names("type", "A", 9) == ["A[", "Ab"]
    assert await one.reader.names("type", "A[", 9) == ["A["]
    assert await one.reader.names("type", "", 2) == ["A[", "Ab"]
    assert await one.reader.names("actor", "ann", 9) == ["ann", "anna"]
    assert await one.reader.names("run", "s", 9) == ["s-1", "s-2"]
    assert await one.reader.names("deal", "s", 9) == []
    assert await one.reader.names("stream", "", 9) == ["s-1", "s-2", "t"]
    found = await one.reader.streams_called(["s-1", "nothing"])
    assert [(each.ledger, each.key, each.events) for each in found] == [
        (one.pens[0].ledger, "s-1", 1),
        (one.pens[1].ledger, "s-1", 1),
    ]
