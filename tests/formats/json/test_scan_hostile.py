"""What attackers write costs no more than its length: time grows with it, and no bracket is a call."""

import time
from collections.abc import Callable
from types import ModuleType

import pytest

from console.formats.json.scan import Fields, Flag, scan
from tests.support.scanners import SCANNERS

GROWTH = 8
each_scanner = pytest.mark.parametrize("by", SCANNERS, ids=lambda each: each.NAME)


def _object(keys: list[bytes]) -> bytes:
    return b"{" + b",".join(b'"' + key + b'":0' for key in keys) + b"}"


def _alike(many: int) -> list[bytes]:
    """Keys of one length that begin and end alike."""
    return [b"AAAAAAAA%08dBBBBBBBB" % at for at in range(many)]


_D, _E, _J, _N, _H = Flag.TOO_DEEP, Flag.ESCAPED_KEY, Flag.INVALID_JSON, Flag.LONG_NUMBER, Flag.LONE_SURROGATE
SHAPES: dict[str, tuple[int, Flag, Callable[[int], bytes]]] = {
    "brackets": (200_000, _D, lambda size: b"[" * size),
    "braces": (200_000, _J, lambda size: b"{" * size),
    "objects in objects": (40_000, _D, lambda size: b'{"a":' * size),
    "brackets that close": (200_000, _D, lambda size: b"[" * size + b"]" * size),
    "a deep end": (400_000, _D, lambda size: b'{"a":"' + b"x" * size + b'","b":' + b"[" * 200),
    "brackets in a string": (400_000, Flag(0), lambda size: b'{"a":"' + b"[{" * size + b'"}'),
    "side by side": (50_000, Flag(0), lambda size: b'{"a":[' + b"[]," * size + b"{}]}"),
    "keys": (10_000, Flag(0), lambda size: _object([b"%d" % at for at in range(size)])),
    "keys that are alike": (10_000, Flag(0), lambda size: _object(_alike(size))),
    "one key": (10_000, Flag.DUPLICATE_KEY, lambda size: _object([b"k"] * size)),
    "keys of growing length": (300, Flag(0), lambda size: _object([b"k" * at for at in range(size)])),
    "a long key twice": (400_000, Flag.DUPLICATE_KEY, lambda size: _object([b"k" * size] * 2)),
    "keys and an escape": (10_000, _E, lambda size: _object([b"%d" % at for at in range(size)] + [b"\\u0061"])),
    "escaped keys": (5_000, _E, lambda size: _object([b"\\u0061%d" % at for at in range(size)])),
    "full objects": (50, Flag(0), lambda size: b'{"a":[' + b",".join([_object(_alike(64))] * size) + b"]}"),
    "objects within a full one": (
        5_000,
        Flag(0),
        lambda size: b"{" + b",".join(b'"%d":{"a":{"b":0}}' % at for at in range(size)) + b"}",
    ),
    "escapes": (100_000, Flag(0), lambda size: b'{"a":"' + b"\\n" * size + b'"}'),
    "half pairs": (50_000, _H, lambda size: b'{"a":"' + b"\\ud83d" * size + b'"}'),
    "backslashes": (200_000, _J, lambda size: b'{"a":"' + b"\\\\" * size),
    "quotes": (200_000, _J, lambda size: b'"' * size),
    "an open string": (400_000, _J, lambda size: b'{"a":"' + b"x" * size),
    "open members": (50_000, _J, lambda size: b'{"a":0,' + b'"a":' * size),
    "white space": (400_000, Flag.WHITE_SPACE, lambda size: b'{"a":' + b" \t\r" * size + b"1}"),
    "blank": (400_000, Flag.BLANK, lambda size: b" " * size),
    "digits": (400_000, _N, lambda size: b'{"a":' + b"9" * size + b"}"),
    "a fraction": (100_000, Flag(0), lambda size: b'{"a":0.' + b"1" * size + b"e1}"),
    "an exponent": (400_000, Flag(0), lambda size: b'{"a":1e' + b"0" * size + b"1}"),
    "numbers": (20_000, Flag(0), lambda size: b'{"a":[' + b"1.5e300," * size + b"0]}"),
    "text beyond ASCII": (100_000, Flag(0), lambda size: b'{"a":"' + b"\xf0\x9f\x98\x80" * size + b'"}'),
    "half a character": (400_000, Flag.INVALID_UTF8, lambda size: b'{"a":"' + b"x" * size + b'\xf0\x9f"}'),
    "members beyond ASCII": (
        5_000,
        Flag(0),
        lambda size: b"{" + b",".join(b'"\xc3\xa9%d":"\xc3\xa9"' % at for at in range(size)) + b"}",
    ),
}


@pytest.mark.slow
@each_scanner
@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_length(shape: str, by: ModuleType) -> None:
    size, flags, write = SHAPES[shape]
    times, lengths = [], []
    for many in (size, size * GROWTH):
        raw = write(many)
        assert Flag(by.flags(raw)) == flags
        times.append(min(_seconds(by, raw) for _ in range(3)))
        lengths.append(len(raw))
    # Eight times the bytes take about eight times as long; all pairs of them would take sixty-four times.
    assert times[1] < 4 * lengths[1] / lengths[0] * times[0] + 0.005


def _seconds(by: ModuleType, raw: bytes) -> float:
    start = time.process_time()
    by.flags(raw)
    return time.process_time() - start


@each_scanner
def test_records_of_a_batch_pay_for_themselves(by: ModuleType) -> None:
    """A record that opens much leaves nothing to the next one."""
    deep, full = b'{"a":' * 128 + b"1" + b"}" * 128, _object(_alike(70))
    broken = b'{"a":{"b":[{"c":1,' * 20
    lines = b"\n".join([deep, broken, full, b"{}"] * 50)
    assert list(scan(lines, Fields("a"), by=by).flags) == [0, _J, 0, 0] * 50


@each_scanner
def test_a_mebibyte_of_brackets_is_one_record(by: ModuleType) -> None:
    found = scan(b"[" * (1 << 20) + b'\n{"a":1}\n', Fields("a"), by=by)
    assert list(found.flags) == [_D, 0] and list(found.integers("a", 0)) == [0, 1]
