"""Feeds both scanners with mutated records, and stops where they differ or where a sanitizer stops them.

Guided by coverage: a batch that takes the compiled scanner along a path not seen before is kept, and mutated further.
The build that reports paths is made by ``.ci/fuzz`` (gcc with AddressSanitizer, UBSan and trace-pc, and ``edges.c``)
and named with ``--library``; without it the scanner as installed is fed, unguided. Each batch is written to ``--last``
before it is tried: a sanitizer ends the process.
"""

import argparse
import ctypes
import importlib.util
import random
import re
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from console.formats.json import pure_scan
from console.formats.json.scan import RECORD, Fields, Flag, Interner, Raw, Scan, Stamp, Text, Tips, scan
from tests.support.json_cases import cases
from tests.support.json_oracle import oracle
from tests.support.scanners import SCANNERS

FIELDS = Fields("a", "b", "c", "")
LONGEST = 600
_CELLS = 16_384
"""As in ``edges.c``."""
_POWERS = bytes(each.bit_length() for each in range(256))
_TAKEN = re.compile(rb"[^\0]", re.DOTALL)
_TOKENS = [
    *rb'{ } [ ] : , " \ true false null 0 -0 1e9 1e999 1.5 9007199254740993 \u \ud83d \ude00 \u0061 \"'.split(),
    *rb'{"a": "a": "b": "": "\u0061": "a":1, ,"a": [[[[[[[[ ]]]]]]]] {"a":{"a":{"a":{"a": }}}}'.split(),
    *b"\xc3\xa9 \xed\xa0\x80 \xf0\x9f\x98\x80 \xef\xbb\xbf \xc0\x80 \xf4\x90\x80\x80".split(),
    *b"2026-11-20T09:30:00.123Z 2024-02-29 +00:00".split(),
    *[b"1" * 16, b"1" * 64, b" ", b"\n", b"\r\n", b"\0"],
]


def load(path: Path) -> tuple[ModuleType, Any]:
    """The compiled scanner of a shared library, and the library."""
    spec = importlib.util.spec_from_file_location("console.formats.json.native_scan", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, ctypes.CDLL(str(path))


class Paths:
    """Paths that were taken so far; none are ever new without a library that reports them."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._cells = (ctypes.c_uint8 * _CELLS).in_dll(library, "scan_edges") if library else None
        self._seen: set[tuple[int, int]] = set()

    def clear(self) -> None:
        if self._library:
            self._library.scan_edges_clear()

    def are_new(self) -> bool:
        """True if the calls since ``clear`` went where none went before, or more often by a power of two."""
        if self._cells is None:
            return False
        cells = bytes(self._cells).translate(_POWERS)
        found = {(match.start(), match[0][0]) for match in _TAKEN.finditer(cells)} - self._seen
        self._seen |= found
        return bool(found)

    def __len__(self) -> int:
        return len({at for at, _ in self._seen})


def mutate(random: random.Random, seeds: list[bytes]) -> bytes:
    """A batch made of one that was kept, by a few cuts, copies, tokens and bits."""
    raw = bytearray(random.choice(seeds))
    for _ in range(1 << random.randrange(4)):
        at = random.randrange(len(raw) + 1)
        end = min(len(raw), at + random.randrange(9))
        match random.randrange(7):
            case 0:
                raw[at:end] = b""
            case 1:
                raw[at:end] = random.choice(_TOKENS)
            case 2:
                raw[at:at] = random.choice(_TOKENS)
            case 3 if at < len(raw):
                raw[at] ^= 1 << random.randrange(8)
            case 4:
                other = random.choice(seeds)
                begin = random.randrange(len(other) + 1)
                raw[at:end] = other[begin : begin + random.randrange(60)]
            case 5:
                raw[at:at] = raw[at:end] * random.randrange(1, 20)
            case _:
                raw[at:end] = random.randbytes(end - at)
    return bytes(raw[:LONGEST])


def compare(native: ModuleType, data: bytes, *, thorough: bool) -> None:
    """Raises where the scanners differ about a batch, or about its records alone; ``thorough``: also about the work on
    columns, and from ``json``."""
    left, right = scan(data, FIELDS, by=native), scan(data, FIELDS, by=pure_scan)
    _equal("flags", left.flags, right.flags)
    _equal("others", left.others, right.others)
    for name in FIELDS.names:
        _equal("kinds", left.kinds(name), right.kinds(name))
        _equal("begins", left.begins(name), right.begins(name))
        _equal("stops", left.stops(name), right.stops(name))
    for work in _WORK if thorough else ():
        _equal("columns", work(left), work(right))
    for row in range(left.count):
        raw = left.record(row)
        _equal("one record", native.flags(raw), left.flags[row])
        if thorough:
            _equal("json", Flag(left.flags[row]), Flag(oracle(raw)[0]))


def _equal(what: str, left: Any, right: Any) -> None:
    if left != right:
        raise AssertionError(f"{what}: {left!r} is not {right!r}")


def _digests(found: Scan) -> bytes:
    return found.digests((Text("a"), b"-", Raw("b", null=b"none"), [b"x"] * found.count, RECORD))


def _chains(found: Scan) -> Any:
    tips = Tips()
    for code in range(1, 9):
        tips.put(code, None if code % 2 else "1" * 64, 1, 0)
    codes = array("q", [at % 9 for at in range(found.count)])
    numbers = array("q", [1 + at // 9 for at in range(found.count)])
    mask = found.follow(tips, codes, numbers, numbers, "a", "b", found.plain())
    return mask, [tips.get(code) for code in range(10)]


_WORK: list[Callable[[Scan], Any]] = [
    lambda found: found.codes("a", Interner(lambda text: hash(text) & 0xFFFF)),
    lambda found: found.integers("b"),
    lambda found: found.instants("a"),
    lambda found: [found.filled("a"), found.strings("c"), found.javascript("b"), found.javascript("c")],
    _digests,
    lambda found: found.matches("a", _digests(found)),
    lambda found: found.inside("c", FIELDS).flags,
    lambda found: found.inside("c", FIELDS, range(0, found.count, 2)).flags,
    _chains,
    lambda found: found.preimages((b"<", Stamp(found.integers("b"), -1), Raw("c", null=b"none"))),
]


def fuzz(
    native: ModuleType, library: Any, seconds: float, seed: int, *, most: int = sys.maxsize, last: Path | None = None
) -> tuple[int, int, int]:
    """Rounds, batches kept, and steps of paths seen. Raises where the scanners differ."""
    source = random.Random(seed)
    paths = Paths(library)
    seeds = [raw for raw, _ in cases() if len(raw) <= LONGEST]
    seeds += [b"\n".join(seeds[at : at + 3])[:LONGEST] for at in range(0, len(seeds), 3)]
    end = time.monotonic() + seconds
    rounds = 0
    for rounds in range(1, most + 1):
        data = mutate(source, seeds)
        if last is not None:
            last.write_bytes(data)
        paths.clear()
        compare(native, data, thorough=rounds % 8 == 0)
        if paths.are_new():
            seeds.append(data)
        if time.monotonic() > end:
            break
    return rounds, len(seeds), len(paths)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, help="the build that reports paths")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--last", type=Path, help="a file for the batch that is being tried")
    options = parser.parse_args()
    native, library = load(options.library) if options.library else (SCANNERS[-1], None)
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    rounds, kept, steps = fuzz(native, library, options.seconds, seed, last=options.last)
    sys.stdout.write(f"{rounds:,} batches, {kept:,} kept, {steps:,} steps of paths seen, no difference (seed {seed})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
