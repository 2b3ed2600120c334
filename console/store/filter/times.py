"""Times as people write them in filters and options: each names a span."""

import calendar
import re
import time
from datetime import datetime, timedelta

_TIME = re.compile(
    r"(?P<date>\d{4}(?:-\d\d?(?:-\d\d?)?)?)(?:[T ](?P<clock>\d\d?(?::\d\d(?::\d\d(?:[.,](?P<fraction>\d{1,9}))?)?)?))?"
    r"(?P<zone>Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)
_MICRO = timedelta(microseconds=1)
_SPANS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)
"""Microseconds that a day, an hour, a minute and a second name."""
_UNITS = dict(zip("dhms", _SPANS, strict=True)) | {"w": 7 * _SPANS[0]}
_AGO = re.compile(r"(?:\d{1,6}[wdhms])+", re.ASCII)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def moment(text: str, now: int | None = None) -> tuple[int, int]:
    """The span that a time names, UTC microseconds: its start, and the start of what follows.

    ``2026-11-20`` is that day, ``2026-11-20T09:17`` that minute, ``yesterday`` a day in UTC, ``2h`` (or ``1d12h``) the
    instant so long before ``now``, the clock by default. Raises ValueError for text that names no time.
    """
    return _from_now(text.strip().lower(), now) or written(text.strip())


def _from_now(text: str, now: int | None) -> tuple[int, int] | None:
    """The span of a time that is named by its distance from now; None for other texts."""
    if text != "now" and text not in _DAYS and _AGO.fullmatch(text) is None:
        return None
    now = time.time_ns() // 1000 if now is None else now
    if text in _DAYS:
        day = now - now % _SPANS[0] + _DAYS[text] * _SPANS[0]
        return day, day + _SPANS[0]
    at = now - sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", text))
    return at, at + 1


def written(text: str) -> tuple[int, int]:
    """Like ``moment``, for a time that is written out."""
    problem = (
        "A time is written like 2026-11-20, 2026-11-20T09:17:40.018Z, 2h (so long ago), yesterday or now,"
        f" not {text!r}."
    )
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(problem)
    date = [int(part) for part in match["date"].split("-")]
    clock = [int(part) for part in re.split("[:.,]", match["clock"] or "")[:3] if part]
    fraction = match["fraction"] or ""
    try:
        start = (datetime(*date, *[1] * (3 - len(date)), *clock) - _EPOCH) // _MICRO  # type: ignore[arg-type]  # 6 ints
    except ValueError:
        raise ValueError(problem) from None
    start += int(fraction[:6].ljust(6, "0"))
    if len(date) == 1:
        after = start + (366 if calendar.isleap(date[0]) else 365) * _SPANS[0]
    elif len(date) == 2:
        after = start + calendar.monthrange(*date)[1] * _SPANS[0]
    else:
        after = start + (10 ** max(0, 6 - len(fraction)) if fraction else _SPANS[len(clock)])
    shift = _offset(match["zone"] or "Z")
    return start - shift, after - shift


def _offset(zone: str) -> int:
    """Microseconds that a zone such as ``+02:00`` is ahead of UTC."""
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    return (hours * 60 + minutes) * 60_000_000 * (-1 if zone[0] == "-" else 1)
