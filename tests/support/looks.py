"""Looks at ledgers with a memory of their own: what it says, look by look."""

import asyncio
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.engine.api import MemoryPlace, verify
from console.engine.ledgers.options import Options
from console.engine.memory.remembered import Remembered
from console.engine.verify.results import Verification
from console.model.finding import Finding
from tests.support.engine_cases import NOW


@dataclass(frozen=True)
class Looked:
    """What a look came to."""

    verification: Verification

    @property
    def memory(self) -> Remembered:
        """The memory's word on the only ledger."""
        (ledger,) = self.verification.ledgers
        return ledger.memory

    @property
    def findings(self) -> list[Finding]:
        """What the memory has to state, paths that are no ledgers included."""
        found = [each for ledger in self.verification.ledgers for each in ledger.findings]
        found += [each.finding for each in self.verification.skipped]
        return [each for each in found if each.family == "witness"]

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.findings]

    @property
    def places(self) -> list[tuple[str, int | None]]:
        return [(each.code.removeprefix("witness."), each.record) for each in self.findings]


def look(memory: Path, *paths: Path, options: Options = NOW) -> Looked:
    """Verify in this process, with the memory in this folder."""
    place = MemoryPlace(str(memory), "verify")
    return Looked(asyncio.run(verify([*map(str, paths)], options, executor="inline", memory=place)))


def as_lines(records: Sequence[bytes]) -> bytes:
    return b"".join(record + b"\n" for record in records)


def as_gzip(records: Sequence[bytes]) -> bytes:
    return gzip.compress(as_lines(records), mtime=0)


def as_array(records: Sequence[bytes]) -> bytes:
    return b"[" + b",\n".join(records) + b"]"


def as_wrapped(records: Sequence[bytes]) -> bytes:
    return b'{"events":' + as_array(records) + b"}"


CONTAINERS: dict[str, Callable[[Sequence[bytes]], bytes]] = {
    "deals.jsonl": as_lines,
    "deals.jsonl.gz": as_gzip,
    "deals.json": as_array,
    "wrapped.json": as_wrapped,
}
"""Names of files, and how records are written to them."""


def edited(record: bytes) -> bytes:
    """With another value in a field that no hash covers."""
    document = json.loads(record)
    document["actorId"] = "mallory"
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
