"""What the proof of the scanner costs beside decoders that prove nothing, and what a chain costs from its columns."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from statistics import median
from types import ModuleType

import msgspec

from console.formats.json import strict
from console.formats.json.scan import Fields, Interner, Raw, Scan, Text, Tips, both, scan
from console.model.batch import Names
from console.sources.text.jsonl import LINES
from tests.benchmarks.decoders import Link
from tests.benchmarks.generate import ledger
from tests.benchmarks.measure import rate, ratio, table
from tests.support.scanners import SCANNERS

_FIELDS = Fields(
    "id",
    "dealId",
    "type",
    "payload",
    "actorId",
    "authorityContext",
    "evidenceRefs",
    "sequenceNumber",
    "previousEventHash",
    "eventHash",
    "createdAt",
)
_PREVIOUS = Text("previousEventHash", null=b"null")
_HASHED = (Text("dealId"), Text("sequenceNumber"), Text("type"), Raw("payload"), _PREVIOUS)


def scanner(events: int, rounds: int) -> None:
    """scanning, and a chain from columns, per event"""
    lines = ledger("kernel-doc", min(events, 20_000)).read_bytes()
    chunks = _chunks(lines)
    count = lines.count(b"\n")
    link = msgspec.json.Decoder(Link)
    ways: dict[str, Callable[[bytes], object]] = {
        "json.loads": lambda chunk: [*map(json.loads, chunk.splitlines())],
        "msgspec Struct, payload raw, no proof": link.decode_lines,
        "strict.decode, one by one": lambda chunk: [*map(strict.decode, chunk.splitlines())],
    }
    for by in SCANNERS:
        ways[f"scan, {by.NAME}"] = lambda chunk, by=by: scan(chunk, _FIELDS, by=by)  # type: ignore[misc]
    _compare("scan: proof and places of eleven fields", chunks, count, rounds, ways)
    ways = {"hashlib on the preimages alone": _hashing(chunks)}
    for by in SCANNERS:
        ways[f"scan, columns, hashes and links, {by.NAME}"] = _Chains(by).take
    _compare("scan: a chain of hashes from its columns", chunks, count, rounds, ways)


def _chunks(lines: bytes) -> list[bytes]:
    """Whole lines of the size that a source reads at once."""
    chunks, at = [], 0
    while at < len(lines):
        end = lines.rfind(b"\n", at, at + LINES) + 1
        chunks.append(lines[at:end])
        at = end
    return chunks


def _hashing(chunks: list[bytes]) -> Callable[[bytes], object]:
    preimages = {}
    for chunk in chunks:
        found = scan(chunk, _FIELDS)
        columns = [found.texts("dealId"), found.texts("type"), found.texts("previousEventHash")]
        raws = zip(found.raw("payload"), found.raw("sequenceNumber"), strict=True)
        preimages[chunk] = [
            f"{deal}{(number or b'').decode()}{kind}{(payload or b'').decode()}{previous}".encode()
            for deal, kind, previous, (payload, number) in zip(*columns, raws, strict=True)
        ]
    return lambda chunk: [sha256(each).digest() for each in preimages[chunk]]


class _Chains:
    """Deals whose hashes and links are checked as a reader would, every one of them sound."""

    def __init__(self, by: ModuleType) -> None:
        self._by = by
        self._begin()

    def _begin(self) -> None:
        self._names, self._tips = Names(), Tips()
        self._deals = Interner(self._start)

    def _start(self, deal: str) -> int:
        code = self._names.code(deal)
        self._tips.put(code, None, 1, 0)
        return code

    def take(self, chunk: bytes) -> object:
        found = scan(chunk, _FIELDS, by=self._by)
        mask = self._follow(found)
        if mask.count(1) < found.count:  # a round begins again
            self._begin()
            mask = self._follow(found)
            assert mask.count(1) == found.count
        return mask

    def _follow(self, found: Scan) -> bytearray:
        deals, numbers = found.codes("dealId", self._deals), found.integers("sequenceNumber")
        times, _ = found.instants("createdAt")
        holds = found.matches("eventHash", found.digests(_HASHED))
        able = both(found.plain(), holds)
        return found.follow(self._tips, deals, numbers, times, "previousEventHash", "eventHash", able)


def _compare(
    title: str, chunks: list[bytes], count: int, rounds: int, ways: dict[str, Callable[[bytes], object]]
) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            for chunk in chunks:
                way(chunk)
            seconds[name].append(time.process_time() - start)
    first = median(next(iter(seconds.values())))
    rows = [
        [name, rate(count, median(each)), f"{median(each) / count * 1e6:.2f}", ratio(first, median(each))]
        for name, each in seconds.items()
    ]
    table(title, ["", "events/s", "µs an event", f"to {next(iter(ways))}"], rows)
