"""What becomes of messages: rows of the outbox, and the last ids of an inbox."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from console.formats.reading.saved_state import unpack
from console.formats.zakops.record import text
from console.model.event import NO_TIME

STALLED = 15 * 60
"""Seconds after which a message that waits for nothing counts as stalled."""
MAX_ATTEMPTS = 5
"""Attempts of a message where its row names no max_attempts (the real table's default)."""
_INBOX = "inbox "
"""In names of saved items: a page of an inbox's last ids."""


class Aggregate(msgspec.Struct, array_like=True):
    """Messages of one aggregate, by what became of them when their rows were read."""

    delivered: int = 0
    waiting: int = 0
    dead: int = 0
    lag: int = -1
    """Seconds that the last delivered one took, or that the oldest waiting one has waited."""
    last: int = NO_TIME

    def facts(self) -> dict[str, str]:
        counts = {"delivered": self.delivered, "waiting": self.waiting, "dead": self.dead}
        facts = {name: str(count) for name, count in counts.items() if count}
        return facts if self.lag < 0 else {**facts, "lag": span(self.lag)}


class Delivery(NamedTuple):
    """What became of a message: 'delivered', 'waiting', 'stalled' or 'dead'; ``lag`` in seconds, -1 if unknown."""

    state: str
    lag: int
    attempts: int
    most: int
    why: str


def delivery(document: Mapping[str, Any], created: int, delivered: int, due: int, now: int) -> Delivery:
    """Judge an outbox row of either schema. Times in UTC microseconds, ``NO_TIME`` where there is none."""
    get = document.get
    status = get("status")
    attempts = _count(get("attempts"), 0)
    most = _count(get("max_attempts"), MAX_ATTEMPTS)
    age = -1 if created == NO_TIME else max(0, (now - created) // 1_000_000)
    if status == "dead" or get("is_dead") in (True, 1):
        reason = text(get("last_error")) or text(get("error_message")) or "no error is given"
        return Delivery("dead", age, attempts, most, f"given up after {attempts} attempts: {reason}")
    if status == "delivered" or delivered != NO_TIME:
        took = -1 if NO_TIME in (created, delivered) else max(0, (delivered - created) // 1_000_000)
        return Delivery("delivered", took, attempts, most, "")
    if attempts >= most:
        return Delivery("stalled", age, attempts, most, f"{attempts} of {most} attempts are used")
    if age > STALLED and (due == NO_TIME or due <= now):
        return Delivery("stalled", age, attempts, most, f"undelivered for {span(age)} and due")
    return Delivery("waiting", age, attempts, most, "")


def _count(value: Any, otherwise: int) -> int:
    return value if type(value) is int and 0 <= value < 2**31 else otherwise


def is_cut(deal: str, correlation: str) -> bool:
    """True if the deal's id is its correlation id, cut to the 20 characters of the real column."""
    return len(deal) == 20 and correlation.startswith(deal)


class Recent:
    """The last ids of an inbox, or numbers of a table, so that one that stands twice is noticed while both are near.
    ``name`` is that of its saved items."""

    SIZE = 4096
    PAGE = 64

    def __init__(self, name: str = _INBOX) -> None:
        self._name = name
        self._ring = [0] * self.SIZE
        self._count = 0
        self._where: dict[int, int] | None = {}
        self._changed: set[int] = set()

    def seen(self, key: int) -> bool:
        """True if the id of this key is among the last ones; it is remembered either way."""
        where = self._where
        if where is None:
            where = self._where = self._places()
        known = key in where
        slot = self._count % self.SIZE
        old = self._ring[slot]
        if old and where.get(old) == self._count - self.SIZE:
            del where[old]
        self._ring[slot] = key
        where[key] = self._count
        self._count += 1
        self._changed.add(slot // self.PAGE)
        return known

    def save(self) -> Iterator[tuple[str, list[Any]]]:
        """Pages that changed since this was last asked."""
        for page in self._changed:
            keys = self._ring[page * self.PAGE : (page + 1) * self.PAGE]
            yield f"{self._name}{page}", [self._count, keys]
        self._changed = set()

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one page, in any order; False if the item is none of ours."""
        if not name.startswith(self._name):
            return False
        page = int(name.removeprefix(self._name))
        count, keys = unpack(data, tuple[int, list[int]])
        self._ring[page * self.PAGE : (page + 1) * self.PAGE] = keys
        self._count = max(self._count, count)
        self._where = None
        return True

    def _places(self) -> dict[int, int]:
        first = max(0, self._count - self.SIZE)
        return {self._ring[number % self.SIZE]: number for number in range(first, self._count)}


def span(seconds: int) -> str:
    """A length of time in its two largest units: ``401 d 17 h``, ``3 min 8 s``, ``0 s``."""
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts: list[str] = []
    for size, unit in units:
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append(f"{number:,} {unit}" if number else "")
    return " ".join(part for part in parts[:2] if part) or "0 s"
