"""How long events are kept: the specification's table, read as ages, and what it says of a ledger as of now.

Tiers follow from type and time alone, so nothing is carried but how many events there are of each day and period: the
clock goes on, and what is not due today may be due when the ledger is looked at again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from console.formats.json.times import iso
from console.formats.reading.findings import Place
from console.formats.reading.saved_state import unpack
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.verify.catalogue import finding

HOT, WARM, COLD = "hot", "warm", "cold"
NEVER = "never"
"""The deletion date of what is always kept."""
SOON = 30
"""Days before its deletion date from which an event is due."""
_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000_000
_AGES = "ages:"


class Storage(NamedTuple):
    """Ages as (days, years): up to which an event is hot, up to which it is warm, and at which it is deleted (None:
    never). It is cold between, also beyond the document's end of cold storage, for which it names no other place.
    """

    hot: tuple[int, int]
    warm: tuple[int, int]
    delete: tuple[int, int] | None


_SHORT = Storage((30, 0), (90, 0), (0, 2))
_LONG = Storage((90, 0), (0, 1), (0, 5))
_ALWAYS = Storage((0, 1), (0, 2), None)
POLICIES = {
    **dict.fromkeys(("INGESTED", "NORMALIZED", "SYNTHESIZED", "PERSISTED"), _SHORT),
    **dict.fromkeys(("SANITIZED", "SIMULATED", "ANALYZED"), _LONG),
    **dict.fromkeys(("FLAGGED", "DECIDED"), _ALWAYS),
}


@lru_cache(maxsize=4096)
def later(day: int, age: tuple[int, int]) -> int:
    """The day (since 1970) that is so many days and years behind another; the last one that calendars have at most."""
    days, years = age
    try:
        at = _EPOCH + timedelta(day + days)
        if years and (at.month, at.day) == (2, 29):
            at += timedelta(1)
        return (at.replace(year=at.year + years) - _EPOCH).days
    except (ValueError, OverflowError):
        return (date.max - _EPOCH).days


def due(kind: str, time: int) -> int | None:
    """When an event is deleted, in UTC microseconds; None for what is always kept or of no known type."""
    policy = POLICIES.get(kind)
    if policy is None or policy.delete is None or time == NO_TIME:
        return None
    return _after(time, policy.delete)


def due_text(kind: str, time: int) -> str:
    """The day on which an event is deleted, ``never``, or '' where that is not known."""
    policy = POLICIES.get(kind)
    if policy is None or time == NO_TIME:
        return ""
    return NEVER if policy.delete is None else iso(_after(time, policy.delete))[:10]


def tier(kind: str, time: int, now: int) -> str:
    """Where an event is kept as of now; '' where that is not known."""
    policy = POLICIES.get(kind)
    if policy is None or time == NO_TIME:
        return ""
    if now < _after(time, policy.hot):
        return HOT
    return WARM if now < _after(time, policy.warm) else COLD


def overdue(due_at: int | None, now: int) -> bool:
    """True from the day behind the deletion date on."""
    return due_at is not None and now // _DAY > due_at // _DAY


def is_due(due_at: int | None, now: int) -> bool:
    """True in the last days before the deletion date, and on it."""
    return due_at is not None and now // _DAY <= due_at // _DAY <= now // _DAY + SOON


def _after(time: int, age: tuple[int, int]) -> int:
    return later(time // _DAY, age) * _DAY + time % _DAY


class Ages:
    """How many events of a ledger are deleted on which day, and where the first of them is."""

    def __init__(self) -> None:
        self._days: dict[int, tuple[int, Place]] = {}
        self._changed: set[int] = set()

    def add(self, names: Sequence[str], times: Sequence[int], place_of: Callable[[int], Place]) -> None:
        """Events by type and time; ``place_of`` gives the place of one by its position among them."""
        if not times:
            return
        made = min(times) // _DAY
        if made == max(times) // _DAY:  # as in most batches
            some = [(name, made, count, names.index(name)) for name, count in Counter(names).items()]
        else:
            pairs = [(name, time // _DAY) for name, time in zip(names, times, strict=True)]
            first: dict[tuple[str, int], int] = {}
            for at, pair in enumerate(pairs):
                first.setdefault(pair, at)
            some = [(*pair, count, first[pair]) for pair, count in Counter(pairs).items()]
        for name, day_made, count, at in some:
            policy = POLICIES.get(name)
            if policy is None or policy.delete is None or day_made < -_DAYS:
                continue
            day = later(day_made, policy.delete)
            known, place = self._days.get(day) or (0, place_of(at))
            self._days[day] = known + count, place
            self._changed.add(day)

    def standing(self, now: int) -> Iterator[Finding]:
        """What is due, and what is there though its time is over, as of now."""
        today = now // _DAY
        over = [(place, day, count) for day, (count, place) in self._days.items() if day < today]
        soon = [(place, day, count) for day, (count, place) in self._days.items() if today <= day <= today + SOON]
        for code, some, words in (
            ("retention.overdue", over, "were to be deleted by their type's retention, the first one"),
            ("retention.due", soon, "are to be deleted by their type's retention soon, the first one"),
        ):
            if some:
                place, day, _ = min(some)
                count, when = sum(each[2] for each in some), str(_EPOCH + timedelta(day))
                message = f"{count:,} event{'' if count == 1 else 's'} {words} on {when}."
                yield finding(
                    code,
                    message,
                    record=place.ordinal,
                    offset=place.offset,
                    length=place.length,
                    field="timestamp",
                    expected=when,
                    count=count,
                    standing=True,
                )

    def save(self) -> Iterator[tuple[str, tuple[int, Place]]]:
        """Days that changed since this was last asked."""
        changed, self._changed = self._changed, set()
        for day in changed:
            yield f"{_AGES}{day}", self._days[day]

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one item; False if it is none of these."""
        if not name.startswith(_AGES):
            return False
        self._days[int(name.removeprefix(_AGES))] = unpack(data, tuple[int, Place])
        return True


_DAYS = (_EPOCH - datetime.min.date()).days
