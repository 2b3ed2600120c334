"""Whatever was done to a ledger between two looks is named and located, in every container."""

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from console.engine.memory.remembered import Standing
from tests.support.engine_cases import NOW, Deal, id_of
from tests.support.looks import CONTAINERS, as_lines, edited, look
from tests.support.places import SAMPLES

Records = Sequence[bytes]


def deal(count: int, key: str = "deal-1", **payload: object) -> list[bytes]:
    one = Deal(key)
    return [one.event(number=number, **payload) for number in range(count)]


def rechained(was: list[bytes], at: int) -> list[bytes]:
    """Another payload from this place on, every hash made again."""
    one = Deal()
    kept = [one.event(number=number) for number in range(at)]
    assert kept == was[:at]
    return [*kept, *(one.event(number=number, amount=1) for number in range(at, len(was)))]


RECORDS = deal(12)
OTHER = deal(12, "other")
CHANGES: dict[str, tuple[Callable[[list[bytes]], Records], list[tuple[str, int | None]]]] = {
    "edited": (lambda was: [*was[:4], edited(was[4]), *was[5:]], [("edited", 5)]),
    "edited and grown": (lambda was: [*was[:4], edited(was[4]), *was[5:], OTHER[0]], [("edited", 5)]),
    "first edited": (lambda was: [edited(was[0]), *was[1:]], [("edited", 1)]),
    "last edited": (lambda was: [*was[:-1], edited(was[-1])], [("edited", 12)]),
    "deleted": (lambda was: [*was[:4], *was[6:]], [("deleted", 5)]),
    "front deleted": (lambda was: was[2:], [("deleted", 1)]),
    "inserted": (lambda was: [*was[:4], *OTHER[:2], *was[4:]], [("inserted", 5)]),
    "swapped": (lambda was: [*was[:4], was[5], was[4], *was[6:]], [("reordered", 6)]),
    "truncated": (lambda was: was[:5], [("truncated", 6)]),
    "truncated and written on": (lambda was: [*was[:5], OTHER[0]], [("truncated", 6)]),
    "most rewritten": (lambda was: [was[0], *map(edited, was[1:])], [("rewritten", 2)]),
    "replaced": (lambda was: OTHER, [("replaced", None)]),
    "rechained": (lambda was: rechained(was, 4), [("rechained", 5)]),
    "last one rechained": (lambda was: rechained(was, 11), [("rechained", 12)]),
}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_named_and_located(tmp_path: Path, name: str, change: str) -> None:
    ledger, memory = tmp_path / "ledgers" / name, tmp_path / "memory"
    ledger.parent.mkdir()
    write = CONTAINERS[name]
    ledger.write_bytes(write(RECORDS))
    first = look(memory, ledger)
    assert (first.memory.standing, first.findings) == (Standing.FIRST_LOOK, [])
    changed, expected = CHANGES[change]
    ledger.write_bytes(write(changed([*RECORDS])))
    for _ in range(2):  # what was found once is found again: nothing is forgotten by looking
        found = look(memory, ledger)
        assert found.places == expected
        assert found.memory.standing is Standing.DISAGREES
    ledger.write_bytes(write([*RECORDS, *OTHER]))
    again = look(memory, ledger)
    assert (again.memory.standing, again.findings) == (Standing.AGREES, [])


@pytest.mark.parametrize("name", CONTAINERS)
def test_looks_that_agree(tmp_path: Path, name: str) -> None:
    ledger, memory = tmp_path / name, tmp_path / "memory"
    write = CONTAINERS[name]
    for count in (4, 4, 9, 12):
        ledger.write_bytes(write(RECORDS[:count]))
        last = look(memory, ledger)
        assert not last.findings
    assert (last.memory.standing, last.memory.looks, last.memory.records) == (Standing.AGREES, 3, 9)
    (checked,) = last.verification.ledgers
    assert checked.leaves is None


def test_an_earlier_state(tmp_path: Path) -> None:
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    for count in (4, 9, 12):
        ledger.write_bytes(as_lines(RECORDS[:count]))
        look(memory, ledger)
    ledger.write_bytes(as_lines(RECORDS[:9]))
    found = look(memory, ledger)
    assert found.codes == ["witness.rolled-back"]
    assert "9 records: the 3 records that came since are gone" in found.findings[0].message
    ledger.write_bytes(as_lines(RECORDS[:8]))
    assert look(memory, ledger).codes == ["witness.truncated"]


def test_times_that_were_set_back_hide_nothing(tmp_path: Path) -> None:
    """The size and both times that a program can set are as they were; the ledger is not."""
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(as_lines(RECORDS))
    look(memory, ledger)
    before = ledger.stat()
    with ledger.open("r+b") as file:
        file.write(as_lines([RECORDS[0].replace(b"anna", b"otto"), *RECORDS[1:]]))
    os.utime(ledger, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert look(memory, ledger).places == [("edited", 1)]


def test_old_and_new_values_by_a_copy_beside_it(tmp_path: Path) -> None:
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(as_lines(RECORDS))
    look(memory, ledger)
    (tmp_path / "deals.jsonl.bak").write_bytes(as_lines(RECORDS))
    ledger.write_bytes(as_lines([*RECORDS[:4], edited(RECORDS[4]), *RECORDS[5:]]))
    (found,) = look(memory, ledger).findings
    assert (found.field, found.expected, found.actual) == ("actorId", '"anna"', '"mallory"')
    assert 'actorId was "anna", is "mallory"' in found.message
    assert (found.stream, found.event_id, found.sequence) == (id_of("deal-1"), id_of("deal-1", 5), 5)
    assert found.offset == sum(len(each) + 1 for each in RECORDS[:4])


def test_a_ledger_that_is_gone(tmp_path: Path) -> None:
    memory, folder = tmp_path / "memory", tmp_path / "ledgers"
    folder.mkdir()
    ledger = folder / "deals.jsonl"
    ledger.write_bytes(as_lines(RECORDS))
    (folder / "other.jsonl").write_bytes(as_lines(OTHER))
    look(memory, folder)
    ledger.unlink()
    assert look(memory, folder).codes == ["witness.vanished"]
    assert look(memory, ledger).codes == ["witness.vanished"]
    ledger.touch()
    assert look(memory, folder).codes == ["witness.truncated"]
    ledger.write_text("a letter\nto somebody\n")
    assert look(memory, ledger).codes == ["witness.replaced"]
    ledger.write_bytes(as_lines(RECORDS))
    assert look(memory, folder).codes == []


def test_a_ledger_of_another_name_is_not_gone(tmp_path: Path) -> None:
    memory, folder = tmp_path / "memory", tmp_path / "ledgers"
    folder.mkdir()
    ledger = folder / "deals.jsonl"
    ledger.write_bytes(as_lines(RECORDS))
    look(memory, folder)
    ledger.rename(folder / "archive.jsonl")
    for _ in range(2):
        assert look(memory, folder).codes == ["witness.rotated"]


def test_what_was_known_and_is_lost(tmp_path: Path) -> None:
    """Who removes what is known of a ledger does not make it new."""
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(as_lines(RECORDS))
    look(memory, ledger)
    for path in sorted((memory / "ledgers").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    found = look(memory, ledger)
    assert (found.memory.standing, found.codes) == (Standing.FIRST_LOOK, ["witness.first-seen"])
    assert look(memory, ledger).codes == []


def test_hashes_that_cover_less_than_they_did(tmp_path: Path) -> None:
    """A forger who cannot make the hashes leaves them away."""
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(as_lines(RECORDS))
    look(memory, ledger)
    bare = [json.loads(record) for record in RECORDS]
    for each in bare:
        each.update(eventHash=None, previousEventHash=None, sequenceNumber=None)
    ledger.write_bytes(as_lines([json.dumps(each).encode() for each in bare]))
    found = look(memory, ledger)
    assert "witness.downgraded" in found.codes
    (one,) = [each for each in found.findings if each.code == "witness.downgraded"]
    assert (one.expected, one.actual) == ("kernel-doc/1", None)


def test_one_stream_is_compared_and_not_remembered(tmp_path: Path) -> None:
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(as_lines(RECORDS[:6]))
    one = replace(NOW, stream=id_of("deal-1"))
    assert look(memory, ledger, options=one).memory.kept is False
    assert look(memory, ledger).memory.standing is Standing.FIRST_LOOK
    ledger.write_bytes(as_lines(RECORDS))
    assert look(memory, ledger, options=one).memory.records == 6
    assert look(memory, ledger).memory.records == 6
    ledger.write_bytes(as_lines([edited(RECORDS[0]), *RECORDS[1:]]))
    assert look(memory, ledger, options=one).places == [("edited", 1)]


def test_a_memory_that_cannot_be_had_is_no_memory(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(as_lines(RECORDS))
    (tmp_path / "file").touch()
    found = look(tmp_path / "file" / "memory", ledger)
    assert found.memory.standing is Standing.ABSENT
    assert "cannot be kept" in found.memory.why or "not a folder" in found.memory.why
    assert not found.findings


def test_a_damaged_memory_is_not_believed(tmp_path: Path) -> None:
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(as_lines(RECORDS[:6]))
    look(memory, ledger)
    (leaves,) = memory.rglob("leaves-1")
    leaves.write_bytes(bytes(32 * 6))
    ledger.write_bytes(as_lines(RECORDS))
    found = look(memory, ledger)
    assert (found.memory.standing, found.findings) == (Standing.ABSENT, [])
    assert "damaged" in found.memory.why


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ("UPDATE DealEvent SET actorName = 'mallory' WHERE rowid = 3", ["witness.edited"]),
        ("DELETE FROM DealEvent WHERE rowid = 3", ["witness.deleted"]),
        ("DELETE FROM DealEvent WHERE rowid > 3", ["witness.truncated"]),
        ("DELETE FROM DealEvent", ["witness.truncated"]),
    ],
)
def test_rows_of_a_table(tmp_path: Path, change: str, codes: list[str]) -> None:
    database, memory = tmp_path / "portal.db", tmp_path / "memory"
    database.write_bytes((SAMPLES / "kernel" / "portal.db").read_bytes())
    assert not look(memory, database).findings
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(change)
    assert look(memory, database).codes == codes


def test_a_line_end_of_cr_and_lf_that_comes_later_is_no_edit(tmp_path: Path) -> None:
    """A record is whole before its line end comes; the CR before that belongs to the record."""
    deal = Deal()
    records = [deal.event(number=number) for number in range(4)]
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(records[0] + b"\r\n" + records[1])
    assert look(memory, ledger).memory.standing is Standing.FIRST_LOOK
    ledger.write_bytes(b"\r\n".join(records[:3]))
    for _ in range(2):
        found = look(memory, ledger)
        assert (found.memory.standing, found.codes) == (Standing.AGREES, [])
    ledger.write_bytes(b"\r\n".join([*records[:2], edited(records[2]), records[3]]) + b"\r\n")
    assert look(memory, ledger).places == [("edited", 3)]


def test_a_file_whose_line_ends_were_converted_is_another(tmp_path: Path) -> None:
    ledger, memory = tmp_path / "deals.jsonl", tmp_path / "memory"
    ledger.write_bytes(Deal().lines(20))
    look(memory, ledger)
    ledger.write_bytes(ledger.read_bytes().replace(b"\n", b"\r\n"))
    assert look(memory, ledger).codes == ["witness.replaced"]
