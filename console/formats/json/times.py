"""Times as ledgers write them, to UTC microseconds (ISO 8601 / RFC 3339, with what real writers leave out)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from console.model.event import NO_TIME, Instant

_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})"
    r"(?::([0-9]{2})(?:[.,]([0-9]{1,12}))?)? ?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_EPOCH = datetime(1970, 1, 1)
_MICRO = timedelta(microseconds=1)
_FIRST, _END = (datetime.min - _EPOCH) // _MICRO, (datetime.max - _EPOCH) // _MICRO + 1
_CYCLE = 146_097 * 86_400_000_000
"""Microseconds of 400 years, after which the calendar repeats itself."""


def parse(text: object) -> Instant | None:
    """The instant that ``text`` names; None if it names none. A time without a zone is read as UTC (zone '').

    A leap second ``:60`` is the second after ``:59``. Fractions beyond microseconds are cut off.
    """
    if not isinstance(text, str):
        return None
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    day, minute, second, fraction, zone = match.groups()
    seconds = int(second or 0)
    try:
        base = datetime.fromisoformat(f"{day}T{minute}")
    except ValueError:
        return None
    if seconds > 60:
        return None
    micros = (base - _EPOCH) // _MICRO + seconds * 1_000_000 + (int((fraction + "000000")[:6]) if fraction else 0)
    if zone and zone not in "Zz":
        hours, rest = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
        if hours > 23 or rest > 59:
            return None
        shift = (hours * 60 + rest) * 60_000_000
        micros += shift if zone[0] == "-" else -shift
    return Instant(micros, text, zone or "")


def from_epoch_ms(value: int) -> Instant | None:
    """Milliseconds since 1970, as some tables store them."""
    if not -62_135_596_800_000 <= value < 253_402_300_800_000:
        return None
    return Instant(value * 1000, str(value), "Z")


def iso(micros: int, *, digits: int = 6) -> str:
    """UTC text with a Z, ``digits`` of a second's fraction (0, 3 or 6).

    Years that four digits cannot hold are written as ECMAScript does: ``+010000``.
    """
    cycles = 0 if _FIRST <= micros < _END else (micros - _FIRST) // _CYCLE
    moment = _EPOCH + timedelta(microseconds=micros - cycles * _CYCLE)
    spec = {0: "seconds", 3: "milliseconds", 6: "microseconds"}[digits]
    text = moment.isoformat(timespec=spec) + "Z"
    if not cycles:
        return text
    year = moment.year + 400 * cycles
    return (f"{year:04}" if 0 <= year <= 9999 else f"{year:+07}") + text[4:]


def now_micros() -> int:
    """The clock, UTC microseconds."""
    return int(datetime.now(UTC).timestamp() * 1_000_000)


def quick(text: str) -> tuple[int, str] | None:
    """Microseconds and zone as ``parse`` gives them, several times faster for times in UTC or without a zone."""
    if text[16:17] == ":":
        zone = "Z" if text[-1] == "Z" else "+00:00" if text[-6:] == "+00:00" else ""
        digits = text[17 : len(text) - len(zone)]
        if len(digits) > 2:
            digits = digits[:2] + digits[3:] if digits[2] == "." and len(digits) > 3 else ""
        if 2 <= len(digits) <= 8 and digits.isdecimal() and digits.isascii():
            minute, rest = _minute(text[:16]), int(f"{digits:0<8}")
            return None if minute is None or rest >= 61_000_000 else (minute + rest, zone)
    instant = parse(text)
    return None if instant is None else (instant.micros, instant.zone)


def moments(texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Microseconds and zones as ``quick`` gives them, faster still where all texts are written alike.

    ``NO_TIME`` and '' for a text that names no instant.
    """
    times = _alike(texts)
    if times is not None:
        return times, ["Z" if texts[0].endswith("Z") else ""] * len(texts)
    found = [quick(text) or (NO_TIME, "") for text in texts]
    return [time for time, _ in found], [zone for _, zone in found]


def _alike(texts: Sequence[str]) -> list[int] | None:
    """Times to a fraction of a second, all of one length, in UTC or without a zone; None if one of them is not."""
    sizes = set(map(len, texts))
    if len(sizes) != 1:
        return None
    (size,) = sizes
    end = size - texts[0].endswith("Z")
    if not 20 < end <= 26:
        return None
    joined = "".join(texts)
    marks = ((16, ":"), (19, "."), (end, "Z"))[: 2 + size - end]
    if not joined.isascii() or any(joined[at::size] != mark * len(texts) for at, mark in marks):
        return None
    rests = [text[17:19] + text[20:end] for text in texts]
    minutes = {text: _minute(text) for text in {text[:16] for text in texts}}
    known = {text: minute for text, minute in minutes.items() if minute is not None}
    if len(known) < len(minutes) or not "".join(rests).isdecimal() or max(rests) >= "61":
        return None
    unit = 10 ** (26 - end)
    return [known[text[:16]] + int(rest) * unit for text, rest in zip(texts, rests, strict=True)]


@lru_cache(maxsize=4096)
def _minute(text: str) -> int | None:
    instant = parse(text)
    return None if instant is None else instant.micros
