"""Files that grow, move, shrink and change under a real console."""

import asyncio
import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from console.engine.follow import path_polling, watch
from tests.support.engine_cases import Console, Deal, append, console, following, reading, trust_of
from tests.support.places import SAMPLES


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.sqlite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "ledgers"
    path.mkdir()
    return path


async def shown_intact(one: Console, ledger: Path, expected: list[bytes]) -> None:
    """Every event is shown once, in order, and its bytes can be read again."""
    row = await one.ledger(ledger)
    view = await one.session.view(ledger=row.id)
    rows = await view.rows(0, 1000)
    await view.close()
    assert [event.ordinal for event in rows] == list(range(1, len(expected) + 1))
    for event, raw in zip(rows, expected, strict=True):
        details = await one.session.details(event.id)
        assert (details.raw, details.intact, details.problem) == (raw, True, "")


async def test_appends_appear(folder: Path, index: Path) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        view = await one.session.view()
        assert view.count == 3
        append(ledger, deal.lines(2))
        await one.records(ledger, 5)
        assert await view.refresh() == 3
        assert trust_of(await view.rows(0, 9)) == ["verified"] * 5
        await view.close()


async def test_a_line_is_pending_until_it_ends(folder: Path, index: Path) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(1))
    line = deal.lines(1)
    async with console(ledger, index=index) as one:
        for cut in range(0, len(line) - 1, 200):
            piece = line[cut : min(cut + 200, len(line) - 1)]
            append(ledger, piece)
            size = min(cut + 200, len(line) - 1)

            async def pending(size: int = size) -> bool:
                return (await one.ledger(ledger)).pending == size

            await one.until(pending)
        assert "record.partial-tail" in await one.codes()
        append(ledger, b"\n")
        row = await one.records(ledger, 2)
        assert (row.pending, row.trust[1]) == (0, 2)
        assert "record.partial-tail" not in await one.codes()


async def test_new_files_and_folders_appear(folder: Path, index: Path) -> None:
    deal = Deal()
    (folder / "deals.jsonl").write_bytes(deal.lines(2))
    async with console(folder, index=index) as one:
        (folder / "notes.txt").write_text("nothing of the kind")
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / ".hidden").mkdir()
        (folder / ".hidden" / "deals.jsonl").write_bytes(Deal("h").lines(1))
        other = folder / "deep" / "er" / "other.jsonl"
        other.write_bytes(Deal("b").lines(4))
        await one.records(other, 4)
        (folder / "passing.tmp").write_bytes(b"{")
        (folder / "passing.tmp").rename(folder / "deep" / "moved")
        (folder / "deep" / "moved").unlink()
        last = folder / "last.jsonl"
        last.write_bytes(Deal("c").lines(1))
        await one.records(last, 1)
        assert [Path(row.path).name for row in await one.ledgers() if row.format] == [
            "deals.jsonl",
            "other.jsonl",
            "last.jsonl",
        ]
        assert not [row for row in await one.ledgers() if row.state == "unreadable"]


@pytest.mark.parametrize("missing", ["later.jsonl", "later", "not/yet/later.jsonl", "not/yet"])
async def test_a_path_that_is_not_there_yet_is_watched_for(folder: Path, index: Path, missing: str) -> None:
    ledger = folder / "deals.jsonl"
    ledger.write_bytes(Deal().lines(2))
    given = folder / missing
    async with console(ledger, given, index=index) as one:
        row = await one.ledger(given)
        assert (row.state, row.format) == ("unreadable", "")
        assert "taken when it appears" in row.note
        later = given if given.suffix else given / "a.jsonl"
        later.parent.mkdir(parents=True, exist_ok=True)
        later.write_bytes(Deal("b").lines(3))
        await one.records(later, 3)

        async def alone() -> bool:
            return [Path(row.path) for row in await one.ledgers()] == [ledger, later] and not await one.codes()

        await one.until(alone)


async def test_the_index_in_the_folder_is_no_ledger(folder: Path) -> None:
    deal = Deal()
    (folder / "deals.jsonl").write_bytes(deal.lines(2))
    async with console(folder, index=folder / "index.sqlite") as one:
        append(folder / "deals.jsonl", deal.lines(1))
        await one.records(folder / "deals.jsonl", 3)
        assert len(await one.ledgers()) == 1


@pytest.mark.parametrize("past", ["deals.jsonl.1", "archive-of-deals.jsonl", "old/deals.jsonl"])
async def test_rotated_by_rename(folder: Path, index: Path, past: str) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    (folder / past).parent.mkdir(exist_ok=True)
    async with console(folder if "/" not in past else ledger, index=index) as one:
        if "/" in past:
            ledger.rename(folder / past)
            await one.found("witness.vanished")
            ledger.write_bytes(deal.lines(1))
            await one.found("witness.replaced")
            return
        # The writer goes on in the file that it holds open, until it is told.
        with ledger.open("ab") as held:
            ledger.rename(folder / past)
            await one.found("container.rotated")
            held.write(deal.lines(2))
        await one.records(ledger, 5)
        ledger.write_bytes(deal.lines(2))
        row = await one.records(ledger, 7)
        assert row.state == "live"
        assert row.trust[1] == 7
        assert len([each for each in await one.ledgers() if each.format]) == 1
        await shown_intact(one, ledger, (folder / past).read_bytes().splitlines() + ledger.read_bytes().splitlines())
        append(ledger, deal.lines(1))
        await one.records(ledger, 8)
        assert await one.codes() == {"container.rotated"}


async def test_lines_that_come_into_the_old_file_after_there_is_a_new_one(folder: Path, index: Path) -> None:
    """As logrotate does it: the writer is told of the new file a moment after there is one."""
    deal, ledger, past = Deal(), folder / "deals.jsonl", folder / "deals.jsonl.1"
    ledger.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        with ledger.open("ab", buffering=0) as held:
            ledger.rename(past)
            first, torn, new = deal.lines(2), deal.lines(1), deal.lines(2)
            ledger.write_bytes(new)
            await one.found("container.rotated")
            held.write(first + torn[:50])
            await one.records(ledger, 5)
            held.write(torn[50:])
            await one.records(ledger, 6)
        row = await one.records(ledger, 8)
        assert row.trust[1] == 8
        await shown_intact(one, ledger, past.read_bytes().splitlines() + ledger.read_bytes().splitlines())
        assert await one.codes() == {"container.rotated"}


async def test_lines_that_come_into_the_old_file_too_late_are_said(folder: Path, index: Path) -> None:
    deal, ledger, past = Deal(), folder / "deals.jsonl", folder / "deals.jsonl.1"
    ledger.write_bytes(deal.lines(3))
    end = ledger.stat().st_size
    async with console(folder, index=index) as one:
        ledger.rename(past)
        ledger.write_bytes(deal.lines(2))
        await one.records(ledger, 5)
        append(past, deal.lines(1))
        (message,) = await one.found("container.late-lines")
        assert "deals.jsonl.1" in message
        assert f"byte {end:,}" in message
        append(past, deal.lines(1))
        append(ledger, deal.lines(1))
        await one.records(ledger, 6)
    append(past, deal.lines(1))
    async with console(folder, index=index) as one:
        assert len(await one.found("container.late-lines")) == 1
        past.rename(folder / "deals.jsonl.2")
        ledger.rename(past)
        ledger.write_bytes(deal.lines(1))
        await one.records(ledger, 7)
        assert len(await one.found("container.late-lines")) == 1


async def test_rotated_at_once_with_unread_lines(folder: Path, index: Path) -> None:
    """Between two looks: lines appended, the file renamed, a new one begun."""
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    async with console(folder, index=index):
        pass
    append(ledger, deal.lines(4) + b'{"torn')
    ledger.rename(folder / "deals.jsonl.1")
    ledger.write_bytes(deal.lines(2))
    async with console(folder, index=index) as one:
        row = await one.records(ledger, 10)
        assert row.trust[1] == 9
        past = (folder / "deals.jsonl.1").read_bytes().split(b"\n")
        await shown_intact(one, ledger, past + ledger.read_bytes().splitlines())
        assert len(await one.ledgers()) == 1


async def test_rotated_twice(folder: Path, index: Path) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    everything = []
    ledger.write_bytes(deal.lines(2))
    everything += ledger.read_bytes().splitlines()
    async with console(folder, index=index) as one:
        for turn in (1, 2):
            if turn == 2:
                (folder / "deals.jsonl.1").rename(folder / "deals.jsonl.2")
            ledger.rename(folder / "deals.jsonl.1")
            ledger.write_bytes(deal.lines(2))
            everything += ledger.read_bytes().splitlines()
            await one.records(ledger, 2 + 2 * turn)
        await shown_intact(one, ledger, everything)
    async with console(folder, index=index) as one:
        assert [row.records for row in await one.ledgers()] == [6]
        await shown_intact(one, ledger, everything)


async def test_copytruncate(folder: Path, index: Path) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        past = folder / "deals.jsonl.1"
        shutil.copy(ledger, past)
        await one.records(past, 3)  # until the ledger is cut, the copy is one of its own
        os.truncate(ledger, 0)
        await one.found("container.rotated")
        append(ledger, deal.lines(2))
        await one.records(ledger, 5)
        assert len(await one.ledgers()) == 1
        await shown_intact(one, ledger, past.read_bytes().splitlines() + ledger.read_bytes().splitlines())


async def test_compressed(folder: Path, index: Path) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    lines = ledger.read_bytes().splitlines()
    async with console(folder, index=index) as one:
        packed = folder / "deals.jsonl.gz"
        packed.write_bytes(gzip.compress(ledger.read_bytes()))
        ledger.unlink()
        (message,) = await one.found("container.compressed")
        assert "deals.jsonl.gz" in message
        await shown_intact(one, ledger, lines)
        assert [row.records for row in await one.ledgers()] == [3]
    async with console(folder, index=index) as one:
        assert [row.records for row in await one.ledgers()] == [3]
        await shown_intact(one, ledger, lines)


def shorten(path: Path) -> None:
    os.truncate(path, len(path.read_bytes().splitlines(keepends=True)[0]))


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    path.with_name("other").write_bytes(Deal("another").lines(4))
    path.with_name("other").replace(path)


def edit_middle(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"anna"', b'"anne"')
    with path.open("r+b") as file:
        file.write(b"".join(lines))


def edit_last(path: Path) -> None:
    data = path.read_bytes()
    at = data.rindex(b"anna")
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"anne")


def edit_unseen(path: Path) -> None:
    """In the middle, with its modification time put back."""
    status = path.stat()
    edit_middle(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES = [
    (shorten, "witness.truncated", 1),
    (empty, "witness.truncated", 0),
    (replace, "witness.replaced", 4),
    (edit_middle, "witness.rewritten", 4),
    (edit_last, "witness.rewritten", 4),
    (edit_unseen, "witness.rewritten", 4),
]


@pytest.mark.parametrize(("change", "code", "left"), CHANGES, ids=[each[0].__name__ for each in CHANGES])
@pytest.mark.parametrize("live", [True, False], ids=["live", "between starts"])
async def test_changed(
    folder: Path, index: Path, change: Callable[[Path], None], code: str, left: int, live: bool
) -> None:
    ledger = folder / "deals.jsonl"
    ledger.write_bytes(Deal().lines(4))
    async with console(ledger, index=index) as one:
        if live:
            change(ledger)
            await one.found(code)
            await one.records(ledger, left)
            await shown_intact(one, ledger, ledger.read_bytes().splitlines())
    if not live:
        change(ledger)
    async with console(ledger, index=index) as one:
        assert code in await one.codes()
        assert (await one.ledger(ledger)).records == left
        await shown_intact(one, ledger, ledger.read_bytes().splitlines())


async def test_touched_is_not_changed(folder: Path, index: Path) -> None:
    ledger = folder / "deals.jsonl"
    deal = Deal()
    ledger.write_bytes(deal.lines(3))
    async with console(ledger, index=index) as one:
        os.utime(ledger, ns=(0, 0))
        ledger.chmod(0o600)
        append(ledger, deal.lines(1))
        await one.records(ledger, 4)
        assert not await one.codes()


async def test_gone_and_back(folder: Path, index: Path) -> None:
    ledger = folder / "deals.jsonl"
    deal = Deal()
    ledger.write_bytes(deal.lines(3))
    content = ledger.read_bytes()
    async with console(folder, index=index) as one:
        ledger.unlink()
        await one.found("witness.vanished")
        row = await one.ledger(ledger)
        assert (row.state, row.records) == ("gone", 3)
        (event, *_) = await one.events()
        details = await one.session.details(event.id)
        assert not details.intact
        assert details.problem
    async with console(folder, index=index) as one:
        assert (await one.ledger(ledger)).state == "gone"
        ledger.write_bytes(content + deal.lines(1))
        await one.records(ledger, 4)

        async def live() -> bool:
            row = await one.ledger(ledger)
            return (row.state, row.note) == ("live", "") and not await one.codes()

        await one.until(live)


async def test_json_written_anew_with_one_more(folder: Path, index: Path) -> None:
    ledger = folder / "deals.json"
    deal = Deal()
    rows = [json.loads(deal.event(number=number)) for number in range(3)]
    ledger.write_text(json.dumps(rows, indent=1))
    async with console(ledger, index=index) as one:
        for count in (4, 5):
            rows.append(json.loads(deal.event(number=count)))
            if count == 4:
                ledger.write_text(json.dumps(rows, indent=1))
            else:
                (folder / "new").write_text(json.dumps(rows, indent=1))
                (folder / "new").replace(ledger)
            row = await one.records(ledger, count)
            assert row.trust[1] == count
        assert not {code for code in await one.codes() if code.startswith(("container.", "witness."))}
        rows[1]["actorId"] = "nobody"
        ledger.write_text(json.dumps(rows, indent=1))
        await one.found("witness.rewritten")
        await one.records(ledger, 5)


async def test_live_database(folder: Path, index: Path) -> None:
    source = sqlite3.connect(SAMPLES / "zakops" / "ingest_state.db")
    (schema,) = source.execute("SELECT sql FROM sqlite_master WHERE name = 'action_audit_events'").fetchone()
    rows = source.execute("SELECT * FROM action_audit_events").fetchall()
    source.close()
    database = folder / "state.db"
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(schema)
    insert = f"INSERT INTO action_audit_events VALUES ({', '.join('?' * len(rows[0]))})"
    db.executemany(insert, rows[:30])
    async with console(folder, index=index) as one:
        before = sorted(path.name for path in folder.iterdir())
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        assert [row.records for row in await one.ledgers()] == [30]
        assert {path.name: path.stat().st_size for path in folder.iterdir()} == sizes
        for count in (31, 40):
            have = await one.ledgers()
            db.executemany(insert, rows[have[0].records : count])
            await one.records(database, count)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.executemany(insert, rows[40:50])
        await one.records(database, 50)
        assert sorted(path.name for path in folder.iterdir()) == before
        assert not {code for code in await one.codes() if code.startswith(("container.", "witness."))}
    db.close()


async def test_a_queue_is_changed_in_place(folder: Path, index: Path) -> None:
    """An outbox row gets its new status where it stands: it is shown, and nobody is accused."""
    database = folder / "events.db"
    shutil.copy(SAMPLES / "zakops" / "events.db", database)
    db = sqlite3.connect(database, isolation_level=None)
    async with console(database, index=index) as one:
        before = {row.name: row.records for row in await one.ledgers()}
        (outbox,) = [row for row in await one.ledgers() if row.member == "outbox"]
        (number,) = db.execute("SELECT min(rowid) FROM outbox").fetchone()
        db.execute("UPDATE outbox SET last_error = 'seen-by-the-test' WHERE rowid = ?", (number,))

        async def changed() -> bool:
            events = [row for row in await one.events("format:zakops") if row.ledger == outbox.id]
            if len(events) < outbox.records:
                return False  # it is just being read again
            details = await one.session.details(events[0].id)
            return details.intact and b"seen-by-the-test" in details.raw

        await one.until(changed)
        assert {row.name: row.records for row in await one.ledgers()} == before
        assert not {code for code in await one.codes() if code.startswith(("container.", "witness."))}
    db.close()


@pytest.mark.slow
async def test_without_notification(folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here in this process: a file system that never says anything."""

    async def silent(*folders: str, **more: object) -> object:
        raise OSError("no notification here")
        yield

    monkeypatch.setattr(watch, "awatch", silent)
    monkeypatch.setattr(watch, "POLL", 0.01)
    monkeypatch.setattr(path_polling, "SHARE", 0)
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(2))
    stop = asyncio.Event()
    async with following(index, folder) as (follower, _):

        async def follow() -> None:
            async for paths in watch.watched(follower.paths, follower.changed, stop):
                follower.wake(paths)

        task = asyncio.create_task(follow())
        async with reading(index) as reader, asyncio.timeout(20):

            async def state() -> list[tuple[str, int]]:
                return [(Path(row.path).name, row.records) for row in await reader.ledgers()]

            async def until(expected: list[tuple[str, int]]) -> None:
                while await state() != expected:
                    await asyncio.sleep(0)

            append(ledger, deal.lines(1))
            await until([("deals.jsonl", 3)])
            (folder / "sub").mkdir()
            (folder / "sub" / "new.jsonl").write_bytes(Deal("n").lines(1))
            await until([("deals.jsonl", 3), ("new.jsonl", 1)])
            ledger.rename(folder / "archive")
            ledger.write_bytes(deal.lines(1))
            await until([("deals.jsonl", 4), ("new.jsonl", 1)])
        stop.set()
        await task


async def test_a_link_to_a_ledger_is_no_other_ledger(folder: Path, index: Path) -> None:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(2))
    (folder / "a-latest.jsonl").symlink_to(ledger)
    for count in (3, 4):
        async with console(folder, index=index) as one:
            append(ledger, deal.lines(1))
            (folder / f"z-{count}.jsonl").symlink_to(ledger)
            await one.records(ledger, count)
            other = folder / f"other-{count}.jsonl"
            other.write_bytes(Deal(f"deal-{count}").lines(1))
            await one.records(other, 1)
            assert not [row for row in await one.ledgers() if Path(row.path).is_symlink()]


async def test_an_unfinished_record_that_is_replaced_is_reported(tmp_path: Path) -> None:
    deal = Deal()
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(3))
    size = ledger.stat().st_size
    async with following(index, ledger) as (follower, _):
        append(ledger, deal.event(n=1)[:60])
        os.utime(ledger, (1, 1))  # it was written long ago
        await follower.look(str(ledger))
        os.truncate(ledger, size)
        append(ledger, Deal("other").lines(1))
        await follower.look(str(ledger))
        async with reading(index) as reader:
            found = [each.finding for each in (await reader.findings())[0]]
            (row,) = await reader.ledgers()
    (replaced,) = [each for each in found if each.code == "record.tail-replaced"]
    assert (replaced.record, replaced.offset, replaced.length) == (4, size, 60)
    assert row.records == 4


async def test_a_complete_record_without_its_line_end_is_checked_after_a_moment(tmp_path: Path) -> None:
    deal = Deal()
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(3))
    async with following(index, ledger) as (follower, steps):
        append(ledger, deal.event(n=1))
        await follower.look(str(ledger))
        os.utime(ledger, (1, 1))  # a moment has passed
        await follower.look(str(ledger))
        append(ledger, b"\n" + deal.lines(1))
        await follower.look(str(ledger))
        async with reading(index) as reader:
            (row,) = await reader.ledgers()
    assert row.records == 5
    assert sum(step.events for step in steps) == 5
