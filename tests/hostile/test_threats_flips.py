"""Any byte flipped in a small golden ledger changes trust or gives a finding, or lies where the report says that no
hash reaches: in an uncovered field of the profile, or in another spelling of the same JSON value."""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.verify.verification import check_ledger
from console.model.ledger import OTHERS, Coverage
from console.verify.javascript import stringify
from tests.support.places import SAMPLES

PARTS = 4
"""Tests that share the bytes of one ledger."""
NOW = Options(now=1_795_200_000_000_000)
TEXTS = {"note": 'é "q" \\ \x1b', "amount": 1250000.5, "tiny": 1e-9, "list": [1, True, None, {"a": "b"}], "0": -7}

Golden = tuple[bytes, Callable[[Path, bytes], None]]
"""The bytes to flip, and how they are put into a ledger."""


@dataclass(frozen=True)
class Said:
    """What the verifier says that an operator would see."""

    records: int
    trust: tuple[int, ...]
    findings: tuple[str, ...]
    coverage: Coverage | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and (self.records, self.trust, self.findings) == (
            other.records,
            other.trust,
            other.findings,
        )


async def said(path: Path) -> Said | None:
    """None where there is no ledger any more, which is said as well."""
    found = [each for each in open_ledgers([str(path)]) if isinstance(each, Opened)]
    if len(found) != 1:
        return None
    checked = await check_ledger(found[0], NOW)
    profiles = {profile.name: profile.coverage for profile in found[0].format.profiles}
    return Said(
        checked.records,
        tuple(checked.trust),
        tuple(f"{each.code} {each.record} {each.field} {each.count}" for each in checked.findings),
        profiles.get(checked.profile or ""),
    )


def as_file(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def kernel(recipe: Callable[[dict[str, Any]], str], payload: dict[str, Any], count: int = 2) -> bytes:
    lines, previous = [], None
    for number in range(1, count + 1):
        event: dict[str, Any] = {
            "id": f"{number:08x}-0000-4000-8000-000000000000",
            "dealId": "acc674a4-0000-4000-8000-00000000000a",
            "type": ("ReviewOpened", "ApprovalGranted")[number % 2],
            "payload": {**payload, "n": number},
            "actorId": "ae72070a-9d23-453d-91c5-1a87e32653cb",
            "authorityContext": {"role": "GP"},
            "evidenceRefs": ["e-1"],
            "sequenceNumber": number,
            "previousEventHash": previous,
            "createdAt": f"2026-03-01T00:00:{number:02d}.007Z",
        }
        previous = event["eventHash"] = hashlib.sha256(recipe(event).encode()).hexdigest()
        lines.append(stringify(event).encode() + b"\n")
    return b"".join(lines)


def doc(e: dict[str, Any]) -> str:
    return f"{e['dealId']}{e['sequenceNumber']}{e['type']}{stringify(e['payload'])}{e['previousEventHash'] or 'null'}"


def audit(event: dict[str, Any], kind: str = "type", data: str = "payload") -> str:
    names = {"dealId": "dealId", "sequenceNumber": "sequenceNumber", kind: "type", data: "payload"}
    hashed = {name: event[of] for name, of in names.items()}
    return stringify(hashed | {"previousHash": event["previousEventHash"], "timestamp": event["createdAt"]})


def pack() -> Golden:
    """The first lines of the sample's ledger, under a manifest that fits whatever they hold."""
    with zipfile.ZipFile(SAMPLES / "kernel/evidence-pack.zip") as archive:
        lines = archive.read("event_ledger.jsonl").splitlines(keepends=True)[:2]
        manifest = json.loads(archive.read("manifest.json"))

    def packed(path: Path, data: bytes) -> None:
        hashed = hashlib.sha256(data).hexdigest()
        listed = manifest | {"files": [{"path": "event_ledger.jsonl", "sha256Hex": hashed}]}
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", json.dumps(listed))
            archive.writestr("event_ledger.jsonl", data)

    return b"".join(lines), packed


def smvm() -> bytes:
    for path in sorted((SAMPLES / "smvm/runs").rglob("events.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            if json.loads(line)["event_type"] == "DECIDED":
                return line
    raise AssertionError("the samples hold a decision")


def episode() -> bytes:
    return b"".join((SAMPLES / "swarm/episode.jsonl").read_bytes().splitlines(keepends=True)[:3])


def golden(name: str) -> Golden:
    match name:
        case "kernel-doc/1":
            return kernel(doc, TEXTS), as_file
        case "kernel-audit/1":
            # Few keys: each flip in a payload costs a search through all their orders.
            return kernel(audit, {name: TEXTS[name] for name in ("note", "amount", "list")}), as_file
        case "kernel-pack/1":
            return pack()
        case "swarm-simapi/1":
            return episode(), as_file
        case _:
            return smvm(), as_file


def flips(data: bytes, part: int) -> Iterator[tuple[int, bytes]]:
    """Every ``PARTS``th byte with one bit flipped: that of letters' case, or one that changes from byte to byte."""
    for at in range(part, len(data), PARTS):
        bit = (5, at % 8, (at * 5 + 3) % 8)[at // PARTS % 3]
        yield at, data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def covered(raw: bytes, coverage: Coverage) -> list[Any]:
    """The values of all fields that the profile does not name as uncovered, line by line, with their types."""
    found = []
    for line in raw.splitlines():
        document = json.loads(line, parse_float=lambda text: ("float", float(text)))
        decided = document.get("event_type") == "DECIDED"
        bare = {each.partition(" (")[0] for each in coverage.uncovered if not (decided and "others" in each)}
        found.append({key: value for key, value in document.items() if key not in bare})
    return found


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", ["kernel-doc/1", "kernel-audit/1", "kernel-pack/1", "swarm-simapi/1", "smvm-data/1"])
async def test_no_flip_is_silent_where_a_hash_reaches(name: str, part: int, tmp_path: Path) -> None:
    data, put = golden(name)
    path = tmp_path / ("ledger.zip" if name == "kernel-pack/1" else "ledger.jsonl")
    put(path, data)
    whole = await said(path)
    assert whole is not None
    assert whole.coverage is not None
    assert not any(each.startswith(("chain.", "data.")) for each in whole.findings)
    silent = 0
    for at, flipped in flips(data, part):
        put(path, flipped)
        if await said(path) == whole:
            silent += 1
            assert covered(flipped, whole.coverage) == covered(data, whole.coverage), (at, flipped[at - 30 : at + 30])
    # Every flip in an uncovered field that keeps its form is silent: the report must name such fields.
    assert bool(silent) == bool({*whole.coverage.uncovered} - {OTHERS})


COLUMNS = (
    *("id", "dealId", "eventType", "eventData", "actorId", "actorName", "actorRole", "authorityContext"),
    *("evidenceRefs", "occurredAt", "fromState", "toState", "previousEventHash", "eventHash", "sequenceNumber"),
)


@pytest.mark.slow
async def test_no_flip_of_a_database_cell_is_silent_where_a_hash_reaches(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    path.write_bytes((SAMPLES / "kernel/portal.db").read_bytes())
    with closing(sqlite3.connect(path)) as db:
        db.execute('DELETE FROM "DealEvent" WHERE rowid NOT IN (SELECT min(rowid) FROM "DealEvent")')
        db.commit()
        whole = await said(path)
        assert whole is not None
        assert whole.coverage is not None
        assert (sum(whole.trust), whole.trust[0]) == (1, 0)
        for column in COLUMNS:
            (value,) = db.execute(f'SELECT "{column}" FROM "DealEvent"').fetchone()
            if value is None:
                continue
            text = str(value).encode()
            for at, flipped in (each for part in range(PARTS) for each in flips(text, part)):
                db.execute(f'UPDATE "DealEvent" SET "{column}" = CAST(? AS TEXT)', (flipped,))
                db.commit()
                if await said(path) == whole:
                    assert column in whole.coverage.uncovered, (column, at, flipped)
            db.execute(f'UPDATE "DealEvent" SET "{column}" = ?', (value,))
            db.commit()
        assert await said(path) == whole


def spellings(line: bytes) -> Iterator[bytes]:
    """The same JSON value, spelled in other bytes."""
    yield line.replace(b'"payload":', b'"payload" :')
    yield line.replace(b',"payload"', b',\t"payload"')
    yield line.replace(b"\n", b" \n")
    yield line.replace(b'"dealId"', rb'"\u0064ealId"')


@pytest.mark.parametrize("recipe", [doc, audit])
async def test_other_spellings_of_the_same_value_keep_a_hash_over_values(
    recipe: Callable[[dict[str, Any]], str], tmp_path: Path
) -> None:
    """The kernel hashes what JSON.parse gives, not the line: white space outside strings and the way in which a string
    is escaped belong to the storage. They change no value, so no chain can break. The record's own hash differs."""
    path = tmp_path / "ledger.jsonl"
    data = kernel(recipe, TEXTS)
    path.write_bytes(data)
    whole = await said(path)
    for other in spellings(data):
        assert other != data
        path.write_bytes(other)
        assert await said(path) == whole
