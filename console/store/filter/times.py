"""Times as people write them in filters and options: each names a span."""

import calendar
import re
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


def moment(text: str) -> tuple[int, int]:
    """The span that a time names, UTC microseconds: its start, and the start of what follows.

    ``2026-11-20`` is that day, ``2026-11-20T09:17`` that minute. Raises ValueError for text that names no time.
    """
    problem = f"A time is written like 2026-11-20 or 2026-11-20T09:17:40.018Z, not {text!r}."
    match = _TIME.fullmatch(text.strip())
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
