"""Feeds every container with changed bytes, and stops where something fails, or where records go missing in silence.

A changed ledger may be refused, and its records may be changed or damaged. But whoever opens it must learn of it: fewer
records than were written, and nothing said, is what this looks for.
"""

import argparse
import io
import random
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping, Set
from contextlib import closing
from pathlib import Path

from console.engine.ledgers.opening import Opened, open_ledgers
from console.formats.protocol import Reader
from console.model.finding import Finding
from console.sources.protocol import MAX_RECORD, SourceError
from tests.support.maysano_cases import block
from tests.support.source_cases import read_all
from tests.support.tampering import CONTAINERS, SOUND

LINES = SOUND["kernel-doc"]
RECORDS = LINES.count(b"\n")


def _zip(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ledger.jsonl", data)
        archive.writestr("notes.txt", "nothing")
    return out.getvalue()


def _sqlite(_: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA page_size = 512")
            db.execute(
                "CREATE TABLE agent_events (id TEXT PRIMARY KEY, run_id TEXT, trace_id TEXT, correlation_id TEXT,"
                " event_type TEXT, schema_version INT, payload TEXT CHECK (json_valid(payload)), created_at TEXT)"
            )
            rows = [
                (f"e{at}", "r", "t", "d", "run.started", 1, "{}", f"2026-01-01T00:00:{at:02}Z") for at in range(RECORDS)
            ]
            db.executemany("INSERT INTO agent_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return path.read_bytes()


def _sse(_: bytes) -> bytes:
    names = ["recommend_phase_start", *["recommend_start", "recommend_complete"] * 5, "done"]
    return b"".join(block(name, {"table": "t", "total": 5}) for name in names)


KINDS: Mapping[str, Callable[[bytes], bytes]] = {**CONTAINERS, "pack.zip": _zip, "x.db": _sqlite, "x.sse": _sse}
QUIET = ("x.sse",)
"""A flipped byte between two blocks joins them by the rules of the standard: fewer records, and nothing wrong."""


def mutated(source: random.Random, data: bytes) -> bytes:
    """Some bytes flipped, overwritten, doubled or inserted; nothing is only cut off."""
    changed = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 5))):
        at = source.randrange(len(changed))
        size = source.choice((1, 2, 8, 64))
        match source.randrange(5):
            case 0 | 1:
                changed[at] ^= 1 << source.randrange(8)
            case 2:
                changed[at : at + size] = source.randbytes(min(size, len(changed) - at))
            case 3:
                changed[at:at] = changed[at : at + size]
            case _:
                changed[at:at] = source.choice((b"\0", b"\n", b"\xff", b"{", b'"', b"]", b"\r\n")) * size
    return bytes(changed)


def check(path: Path, kind: str, usual: Set[str] = frozenset()) -> set[str]:
    """What is said about it. Raises where reading fails, or where records are gone and nothing unusual is said."""
    records, lost = 0, 0
    words = set[str]()
    for item in open_ledgers([str(path)]):
        if not isinstance(item, Opened):
            words.add(item.finding.message)
            continue
        found = read_all(item.source)
        for offset, length, raw in zip(found.offsets, found.lengths, found.raws, strict=True):
            try:
                same = length > MAX_RECORD or item.source.read(offset, length) == raw
            except SourceError:
                same = False
            assert same or kind == "x.db", f"record at {offset} is another when it is read again"
            lost += not same  # in a damaged database a row found in passing may not, or not alone, be under its number
        reader: Reader = item.format.reader(item.context())
        findings: list[Finding] = [*item.remarks, *found.findings]
        for batch in item.source.batches():
            findings += reader.read(batch).findings
        findings += reader.standing()
        records += sum(1 for raw in found.raws if raw.strip())
        words |= {each.message for each in findings}
        if item.source.tail(found.next) is not None:
            words.add("a record has no end")
    unusual = words - usual
    assert unusual or not lost, f"{lost} records cannot be read again, and nothing said"
    assert unusual or kind in QUIET or records >= RECORDS, f"{records} of {RECORDS} records, and nothing said"
    return words


def fuzz(folder: Path, seconds: float, seed: int, *, most: int = sys.maxsize) -> int:
    """Rounds. Raises where a check fails; the file is then still there."""
    source = random.Random(seed)
    whole = {kind: pack(LINES) for kind, pack in KINDS.items()}
    usual = {}
    for kind, data in whole.items():
        (folder / kind).write_bytes(data)
        usual[kind] = check(folder / kind, kind)
    end = time.monotonic() + seconds
    rounds = 0
    while rounds < most and time.monotonic() < end:
        rounds += 1
        kind = source.choice([*whole])
        path = folder / kind
        path.write_bytes(mutated(source, whole[kind]))
        try:
            check(path, kind, usual[kind])
        except BaseException as error:
            error.add_note(f"{path}, round {rounds} of seed {seed}")
            raise
        path.unlink()
    return rounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None, help="where the file that fails is left")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    folder = options.folder or Path(tempfile.mkdtemp())
    rounds = fuzz(folder, options.seconds, seed)
    sys.stdout.write(f"{rounds:,} changed ledgers, none failed and none was silent (seed {seed})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
