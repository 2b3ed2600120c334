"""What is remembered lasts, and is never believed where it contradicts itself."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from console.sources.record_hash import leaf
from console.witness import memory as memory_module
from console.witness.errors import BusyMemoryError, DamagedMemoryError, NoMemoryError
from console.witness.memory import LedgerMemory, MemoryFolder, NewLook
from console.witness.observations import Hints
from console.witness.origin import Origin, origin
from console.witness.place import MemoryPlace
from console.witness.tree import root

ORIGIN = Origin("/ledgers/deals.jsonl")
LOOK = NewLook(Hints("state", 100, 0o100644, 0, "head"), 100, "no findings")


def leaves(*records: str) -> bytes:
    return b"".join(leaf(each.encode()) for each in records)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "witness"


@pytest.fixture
def remember(folder: Path) -> Callable[..., LedgerMemory]:
    """Look once more, at these further records."""

    def look(*records: str) -> LedgerMemory:
        with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.ledger(ORIGIN) as known:
            known.agree(LOOK, leaves(*records))
            return known

    return look


def own(folder: Path, name: str) -> Path:
    """A file of the ledger's own folder."""
    return folder / "ledgers" / ORIGIN.folder / name


def recalled(folder: Path) -> LedgerMemory:
    with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.ledger(ORIGIN) as known:
        known.leaves()
        return known


def test_looks_add_up(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a", "b")
    remember()
    remember("c")
    known = recalled(folder)
    assert known.leaves() == leaves("a", "b", "c")
    assert [(each.records, each.agrees, each.command) for each in known.observations] == [
        (2, True, "test"),
        (2, True, "test"),
        (3, True, "test"),
    ]
    assert known.known is not None
    assert known.known.root == root(leaves("a", "b", "c")).hex()
    assert known.known.hints == LOOK.hints


def test_a_disagreement_changes_nothing_that_is_known(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a", "b")
    with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.ledger(ORIGIN) as known:
        known.disagree(LOOK, leaves("a"), ["witness.truncated"])
    again = recalled(folder)
    assert again.leaves() == leaves("a", "b")
    assert again.observations[-1].codes == ["witness.truncated"]


def test_an_accepted_change_begins_anew_and_keeps_the_old(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a", "b")
    with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.ledger(ORIGIN) as known:
        known.accept(LOOK, leaves("x"), "migrated")
    remember("y")
    again = recalled(folder)
    assert again.leaves() == leaves("x", "y")
    assert own(folder, "leaves-1").read_bytes() == leaves("a", "b")
    assert [each.note for each in again.since_base] == ["migrated", ""]


def test_private(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a")
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        assert stat.S_IMODE(status.st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("torn", [b"", b"x" * 7, b"x" * 64])
def test_leaves_behind_the_last_counted_one_do_not_count(
    folder: Path, remember: Callable[..., LedgerMemory], torn: bytes
) -> None:
    """A writer was killed between the leaves and the observation that counts them."""
    remember("a")
    with own(folder, "leaves-1").open("ab") as file:
        file.write(torn)
    assert recalled(folder).leaves() == leaves("a")
    remember("b")
    assert recalled(folder).leaves() == leaves("a", "b")


def test_a_torn_last_observation_does_not_count(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a")
    remember("b")
    path = own(folder, "observations")
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    for end in range(second, len(whole)):
        path.write_bytes(whole[:end])
        assert recalled(folder).leaves() == leaves("a")
    remember("c")
    assert recalled(folder).leaves() == leaves("a", "c")


def test_other_damage_is_refused(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a")
    remember("b")
    for name in ("observations", "leaves-1"):
        path = own(folder, name)
        whole = path.read_bytes()
        path.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
        with pytest.raises(DamagedMemoryError, match="damaged"):
            recalled(folder)
        path.write_bytes(whole)
    own(folder, "leaves-1").write_bytes(leaves("a"))
    with pytest.raises(DamagedMemoryError, match="counts 2 records and holds 1"):
        recalled(folder)
    own(folder, "leaves-1").unlink()
    with pytest.raises(DamagedMemoryError):
        recalled(folder)


@pytest.mark.parametrize("name", ["observations", "leaves-1", "lock", "origin"])
def test_a_planted_link_is_followed_by_nobody(
    folder: Path, remember: Callable[..., LedgerMemory], tmp_path: Path, name: str
) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    place = own(folder, name)
    place.parent.mkdir(parents=True, mode=0o700)
    for made in (folder, folder / "ledgers"):
        made.chmod(0o700)
    place.symlink_to(target)
    with pytest.raises(NoMemoryError):
        remember("a")
    place.unlink()
    os.link(target, place)
    with pytest.raises(NoMemoryError):
        remember("a")
    assert target.read_text() == "precious"


def test_a_link_in_place_of_a_ledgers_folder(
    folder: Path, remember: Callable[..., LedgerMemory], tmp_path: Path
) -> None:
    remember()
    ours = own(folder, "lock").parent
    elsewhere = tmp_path / "elsewhere"
    ours.rename(elsewhere)
    ours.symlink_to(elsewhere)
    with pytest.raises(NoMemoryError, match="link"):
        remember("a")


def test_what_others_can_write_is_refused(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a")
    own(folder, "leaves-1").chmod(0o622)
    with pytest.raises(NoMemoryError, match="written by others"):
        recalled(folder)
    own(folder, "leaves-1").chmod(0o600)
    folder.chmod(0o777)
    with pytest.raises(NoMemoryError, match="written by others"):
        recalled(folder)


def test_what_is_another_users_is_refused(
    folder: Path, remember: Callable[..., LedgerMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    remember("a")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    if folder.stat().st_uid == 0:
        with MemoryFolder(MemoryPlace(str(folder), "test")) as memory:
            assert "not this user's" in memory.problem  # root's may be read, and is not written
            with memory.ledger(ORIGIN) as known, pytest.raises(NoMemoryError):
                known.agree(LOOK, leaves("b"))
    else:
        with pytest.raises(NoMemoryError):
            recalled(folder)


def test_a_full_disk_leaves_what_was_there(
    folder: Path, remember: Callable[..., LedgerMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    remember("a")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    really = os.pwrite

    def half(descriptor: int, data: bytes, at: int) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really(descriptor, data[: len(data) // 2], at)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(NoMemoryError, match="No space left"):
        remember("b")
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    remember("b")
    assert recalled(folder).leaves() == leaves("a", "b")


def test_one_writer_at_a_time(
    folder: Path, remember: Callable[..., LedgerMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "PATIENCE", 0.0)
    memory = MemoryFolder(MemoryPlace(str(folder), "test"))
    with memory, memory.ledger(ORIGIN), pytest.raises(BusyMemoryError):
        remember("a")
    remember("a")


def test_the_folder_knows_its_ledgers(folder: Path, remember: Callable[..., LedgerMemory]) -> None:
    remember("a")
    with MemoryFolder(MemoryPlace(str(folder), "test")) as memory:
        assert memory.origins() == memory.known_in("/ledgers") == [ORIGIN]
        assert memory.known_in("/other") == []


def test_an_origin_is_what_a_ledger_is_however_it_was_reached(tmp_path: Path) -> None:
    real = tmp_path / "deals.jsonl"
    real.touch()
    (tmp_path / "link.jsonl").symlink_to(real)
    found = {origin(path, None) for path in (str(real), str(tmp_path / "link.jsonl"), f"{tmp_path}/./deals.jsonl")}
    assert found == {Origin(os.path.realpath(real))}
    assert origin(str(real), "table").folder != origin(str(real), None).folder
    named = {f"{os.path.realpath(tmp_path)}/*.jsonl": "deals"}
    assert origin(str(real), None, named).folder == Origin("/elsewhere/x.jsonl", None, "deals").folder
    assert Origin.of_text(ORIGIN.text()) == ORIGIN
