"""What a folder's ledgers are: nothing that promises to be one passes in silence."""

import contextlib
import gzip
import hashlib
import io
import itertools
import json
import random
import re
import shutil
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from console.engine.ledgers import refusal
from console.engine.ledgers.opening import Opened, open_ledgers
from console.sources.compressed.gzip import EXPANSION_FREE
from console.sources.protocol import MAX_RECORD, Skipped
from tests.support.places import SAMPLES


def test_a_ledger_whose_beginning_was_destroyed_is_said(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b'{"a":\n\x1b]0;x\x07garbage\n')
    (found,) = open_ledgers([str(tmp_path)])
    assert isinstance(found, Skipped)
    assert found.finding.code == "container.not-recognised"


def said(folder: Path) -> dict[str, str]:
    """Words about files of a folder, by name."""
    found = [each for each in open_ledgers([str(folder)]) if isinstance(each, Skipped)]
    return {Path(each.path).name: each.finding.message for each in found}


@pytest.mark.parametrize("beside", [True, False], ids=["beside a ledger", "alone"])
@pytest.mark.parametrize("garbage", [bytes(100), random.Random(1).randbytes(100)], ids=["zeros", "garbage"])
@pytest.mark.parametrize("name", ["events.json", "events.jsonl.gz", "Portal.DB", "a.sqlite", "b.sqlite3", "pack.zip"])
def test_a_file_that_is_not_what_its_name_promises_is_said(
    name: str, garbage: bytes, beside: bool, tmp_path: Path
) -> None:
    whole = {
        ".json": (SAMPLES / "maysano/structural-events.json").read_bytes(),
        ".gz": gzip.compress((SAMPLES / "kernel/audit.jsonl").read_bytes()),
        ".zip": (SAMPLES / "kernel/evidence-pack.zip").read_bytes(),
    }.get(Path(name).suffix, (SAMPLES / "kernel/portal.db").read_bytes())
    (tmp_path / name).write_bytes(garbage + whole[len(garbage) :])
    if beside:
        shutil.copy(SAMPLES / "kernel/audit.jsonl", tmp_path)
    message = said(tmp_path)[name]
    assert "overwritten" in message
    (tmp_path / name).write_bytes(whole)
    assert name not in said(tmp_path)


def test_ordinary_folders_are_quiet(tmp_path: Path) -> None:
    """A ledger lies in the project's root: what is in the folders below is none of its business."""
    shutil.copy(SAMPLES / "kernel/audit.jsonl", tmp_path)
    files = {
        "package.json": b'{"name": "x", "version": "1.0.0"}\n',
        "tsconfig.json": b'// comments\n{"compilerOptions": {}}\n',
        "settings.json": b"/* none */\n",
        "list.json": b"[1, 2, 3]\n",
        "wide.json": '{"a": 1}'.encode("utf-16"),
        "docs.json.gz": gzip.compress(b'{"type": "doc",\n "name": "x"}\n'),
        "min.js.map": b'{"version":3,"sources":[]}',
        "min.js.map.gz": gzip.compress(b'{"version":3,"sources":[]}'),
        "tox.ini": b"[tox]\nenvlist = py3\n",
        "page.html": b"{% a %}\n{{ b }}\n{% c %}\n",
        "text.gz": b"<html>not found</html>\n",
        "log.1.gz": gzip.compress(b"Jan 1 kernel: started\n"),
        "names.db": b"one two three\n",
        "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        "core.db": gzip.compress(b"packages"),
        "source.tar.gz": b"x" * 100 + bytes(156) + b"ustar",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    }
    module = tmp_path / "node_modules" / "x"
    module.mkdir(parents=True)
    for folder in (tmp_path, module):
        for name, data in files.items():
            (folder / name).write_bytes(data)
    (module / "cache.db").write_bytes(random.Random(2).randbytes(5000))
    assert said(tmp_path) == {}


@pytest.mark.parametrize("kind", ["plain", "ended", "gzip", "zip"])
def test_what_is_too_large_is_not_called_empty(kind: str, tmp_path: Path) -> None:
    """A ledger of one record that is too large, and one that expands too far."""
    line = b'{"a": "' + bytes(MAX_RECORD) + b'"}'
    bomb = b'{"a": "' + b" " * (EXPANSION_FREE + MAX_RECORD)
    path = tmp_path / {"gzip": "bomb.jsonl.gz", "zip": "bomb.zip"}.get(kind, "one.jsonl")
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("events.jsonl", line)
    else:
        path.write_bytes({"plain": line, "ended": line + b"\n"}.get(kind) or gzip.compress(bomb))
    (found,) = open_ledgers([str(path)])
    assert isinstance(found, Skipped)
    assert found.finding.code == ("container.gzip-expansion-limit" if kind == "gzip" else "record.too-large")


def test_a_file_that_is_reached_twice_is_opened_once(tmp_path: Path) -> None:
    folder = tmp_path / "ledgers"
    folder.mkdir()
    shutil.copy(SAMPLES / "kernel/audit.jsonl", folder)
    real, link, outside = folder / "audit.jsonl", folder / "a-latest.jsonl", tmp_path / "link.jsonl"
    link.symlink_to("audit.jsonl")
    outside.symlink_to(real)
    (tmp_path / "again").symlink_to(folder)
    for given in (
        [real, real],
        [link, real],
        [folder],
        [folder, folder],
        [outside, folder],
        [real, tmp_path / "again"],
    ):
        (one,) = open_ledgers([str(each) for each in given])
        assert isinstance(one, Opened)
        assert (one.source.path, given) == (str(real), given)
    (one,) = open_ledgers([str(link)])
    assert isinstance(one, Opened)
    assert one.source.path == str(link)


def test_a_database_that_is_no_ledger_is_refused_with_its_tables(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE a (x)")
        db.execute("CREATE TABLE b (x)")
        (found,) = open_ledgers([str(path)])
        assert isinstance(found, Skipped)
        assert (found.finding.code, found.finding.message) == ("container.empty", "Its tables hold no records: a, b.")
        for table in "ba":
            db.execute(f"INSERT INTO {table} VALUES (1)")
            (found,) = open_ledgers([str(path)])
            assert isinstance(found, Skipped)
            assert found.finding.code == "container.not-recognised"
            assert table in found.finding.message.rpartition(": ")[2]


@pytest.mark.parametrize("change", [str.upper, str.title])
def test_a_table_is_known_by_its_name_in_any_case(change: Callable[[str], str], tmp_path: Path) -> None:
    for sample, names in {
        "kernel/portal.db": ["DealEvent"],
        "zakops/events.db": ["agent_events", "outbox"],
    }.items():
        path = tmp_path / Path(sample).name
        shutil.copy(SAMPLES / sample, path)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            for name in names:
                db.execute(f'ALTER TABLE "{name}" RENAME TO other')
                db.execute(f'ALTER TABLE other RENAME TO "{change(name)}"')
        opened = [each for each in open_ledgers([str(path)]) if isinstance(each, Opened)]
        assert {change(name) for name in names} <= {each.source.member for each in opened}


@pytest.mark.parametrize("kind", ["jsonl", "gzip", "json", "pretty", "sqlite"])
def test_a_chain_of_no_known_system_is_seen_in_every_container(kind: str, tmp_path: Path) -> None:
    rows, last = [], "GENESIS"
    for at in range(485):
        row = {"n": at, "prev_hash": last}
        last = hashlib.sha256(json.dumps(row).encode()).hexdigest()
        rows.append({**row, "entry_hash": last})
    path = tmp_path / "x.jsonl"

    def words() -> tuple[str, int | None]:
        lines = [json.dumps(row) for row in rows]
        match kind:
            case "gzip":
                path.write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))
            case "json":
                path.write_text(f"[{','.join(lines)}]")
            case "pretty":
                path.write_text("\n".join(json.dumps(row, indent=2) for row in rows))
            case "sqlite":
                path.unlink(missing_ok=True)
                with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
                    db.execute("CREATE TABLE accounts AS SELECT 1 AS id, 'a' AS name")
                    db.execute("CREATE TABLE log (n INTEGER PRIMARY KEY, prev_hash TEXT, entry_hash TEXT)")
                    db.executemany("INSERT INTO log VALUES (?, ?, ?)", [(*row.values(),) for row in rows])
            case _:
                path.write_text("\n".join([*lines, ""]))
        (found,) = open_ledgers([str(path)])
        assert isinstance(found, Skipped)
        assert found.finding.code == "container.not-recognised"
        return found.finding.message, found.finding.record

    whole, record = words()
    assert "looks like a hash chain: prev_hash → entry_hash, 484 of 484 links hold" in whole
    assert "no profile is known" in whole
    assert record is None
    rows[99]["entry_hash"] = "0" * 64
    broken, record = words()
    assert "483 of 484 links hold, the first that does not is at record 101" in broken
    assert record == 101


def test_a_member_that_promises_a_ledger_is_named_beside_one_that_is(tmp_path: Path) -> None:
    ledger = (SAMPLES / "kernel/audit.jsonl").read_bytes()
    foreign = b'{"a":1}\n{"a":2}\n'
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, data in {
            "deals.jsonl": ledger,
            "other.jsonl": foreign,
            "old.jsonl.gz": gzip.compress(ledger),
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    for given in (tmp_path, tmp_path / "x.tar"):
        found = [*open_ledgers([str(given)])]
        assert [each.source.member for each in found if isinstance(each, Opened)] == ["deals.jsonl"]
        words = {each.finding.message.partition(":")[0] for each in found if isinstance(each, Skipped)}
        assert words == {"other.jsonl", "old.jsonl.gz"}


@pytest.mark.parametrize("limit", ["COUNTED", "BYTES"])
def test_of_a_long_chain_a_part_is_counted_and_that_is_reported(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal, limit, {"COUNTED": 100, "BYTES": 100 * 150}[limit])
    digests = ["0" * 64, *(hashlib.sha256(b"%d" % at).hexdigest() for at in range(300))]
    rows = [{"p": before, "h": after} for before, after in itertools.pairwise(digests)]
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (found,) = open_ledgers([str(path)])
    assert isinstance(found, Skipped)
    assert re.search(r"(9\d|1\d\d) of \1 links hold in the first 1\d\d records", found.finding.message)
