"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta

from console.model.words import count

__all__ = ["age", "count", "day_and_time", "when"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def when(micros: int | None) -> datetime | None:
    """The instant; None where there is none, or none that a calendar of four-digit years holds."""
    if micros is None:
        return None
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None


def day_and_time(micros: int | None, *, full: bool = True, digits: int = 3) -> str:
    """UTC as ``2026-01-01 00:00:00.123``, without the year unless ``full``; ``digits`` of the second's fraction."""
    at = when(micros)
    if at is None:
        return "no time" if micros is None else "off calendar"
    text = f"{at.year:04d}-{at:%m-%d %H:%M:%S}.{at.microsecond:06d}"
    return text[0 if full else 5 : len(text) - 6 + digits]


def age(micros: int | None, now: int) -> str:
    """How long ago, in one unit: ``12 s``, ``3 h``; ``in 5 min`` for what lies ahead; '' for no time."""
    if micros is None:
        return ""
    seconds = (now - micros) // 1_000_000
    ahead = seconds < 0
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            return f"{'in ' if ahead else ''}{abs(seconds) // size:,} {unit}"
    return "now"
