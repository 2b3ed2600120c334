"""Recovery of what was hashed but not stored as it was: a clock's reading, an order of keys, a rounded number.

Every candidate is hashed and compared, so a hit is proof; only a miss needs judgement, and ``Miss.complete`` gives it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations, islice, permutations, product
from math import factorial
from typing import Any

from console.verify.javascript import SAFE_INTEGER, is_index, ordered, quote, stringify

NEAR = tuple(range(0, -9, -1))
"""Milliseconds from the stored time to the hashed one, as writers are seen to do it; most likely first."""
FAR = (*range(-9, -2001, -1), 1, 2, 3, 4, 5)
"""The rest of the window."""
FULL = 1_500_000
"""Hashes that one search may take where it can be complete (all orders of six keys over the whole window)."""
PARTIAL = 60_000
"""Hashes that one search may take where it cannot."""

Template = Any
"""An order of keys as plain JSON: ``[[key, template], …]`` for an object, ``{"items": [template, …]}`` for an array,
None for what has no order."""


@dataclass(slots=True)
class Job:
    """One event's preimage with two holes, and the hash to reach: ``head``, the text of the document, ``middle``, the
    time, ``tail``; with ``time_first`` the two holes change places.

    ``payload`` is the document's stored value, ``stored`` its text as stored. ``millis`` is the stored time in epoch
    milliseconds, None where there is none (nothing can then be recovered).
    """

    head: bytes
    middle: bytes
    tail: bytes
    payload: Any
    stored: bytes
    millis: int | None
    target: bytes
    fixed: bool = False
    """The text is stored as it was hashed: only the time can be recovered."""
    time_first: bool = False
    timed: bool = True
    """A time was hashed. If not, its hole stays empty."""
    near: Sequence[int] = NEAR
    far: Sequence[int] = FAR

    @property
    def hopeless(self) -> bool:
        """True where a time was hashed, and none is stored that it could be near."""
        return self.timed and self.millis is None


@dataclass(slots=True)
class Hit:
    """What reproduces the hash: the text of the payload, and the milliseconds from the stored to the hashed time."""

    text: bytes
    delta: int
    millis: int
    reordered: bool = False
    rounded: bool = False
    """A number was replaced by a neighbour that storage rounds to the stored one."""


@dataclass(slots=True)
class Miss:
    """Nothing reproduced the hash. ``complete``: every form that storage can have changed it from was tried."""

    complete: bool
    tried: int


def moment(millis: int) -> bytes:
    """ISO text with milliseconds and Z, as ``Date.toISOString`` writes the years 0 to 9999."""
    seconds, rest = divmod(millis, 1000)
    return _second(seconds) + b"%03dZ" % rest


_seconds: dict[int, bytes] = {}


def _second(seconds: int) -> bytes:
    found = _seconds.get(seconds)
    if found is None:
        if len(_seconds) > 4096:
            _seconds.clear()
        days, rest = divmod(seconds, 86400)
        year, month, day = _civil(days)
        hour, rest = divmod(rest, 3600)
        found = _seconds[seconds] = b"%04d-%02d-%02dT%02d:%02d:%02d." % (year, month, day, hour, rest // 60, rest % 60)
    return found


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01 (proleptic Gregorian calendar)."""
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_of_year = (5 * day_of_year + 2) // 153
    month = month_of_year + 3 if month_of_year < 10 else month_of_year - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, day_of_year - (153 * month_of_year + 2) // 5 + 1


class _Times:
    """The times of a window, each tried with a text. What comes before the second hole is hashed once."""

    def __init__(self, job: Job, window: Sequence[int]) -> None:
        base = job.millis or 0
        self.window = window
        self._job = job
        times = [moment(base + delta) for delta in window] if job.timed else [b""] * len(window)
        self._starts = [sha256(job.head + time + job.middle) for time in times] if job.time_first else []
        self._ends = [time + job.tail for time in times]

    def __len__(self) -> int:
        return len(self.window)

    def find(self, text: bytes) -> Hit | None:
        """The hit of this text within the window."""
        job, target = self._job, self._job.target
        if job.time_first:
            end = text + job.tail
            for at, start in enumerate(self._starts):
                digest = start.copy()
                digest.update(end)
                if digest.digest() == target:
                    return self._hit(text, at)
            return None
        copy = sha256(job.head + text + job.middle).copy
        for at, end in enumerate(self._ends):
            digest = copy()
            digest.update(end)
            if digest.digest() == target:
                return self._hit(text, at)
        return None

    def _hit(self, text: bytes, at: int) -> Hit:
        delta = self.window[at]
        return Hit(text, delta, (self._job.millis or 0) + delta, text != self._job.stored)


def quick(job: Job, likely: Iterable[bytes]) -> Hit | None:
    """The likely texts (the stored one first), within the near window. A few hashes for a typical event.

    ``likely`` is asked for its second text only when the first does not fit at the two likeliest times.
    """
    if job.hopeless:
        return None
    usual = _Times(job, job.near[:2])
    tried = []
    for text in likely:
        hit = usual.find(text)
        if hit is not None:
            return hit
        tried.append(text)
    others = _Times(job, job.near[2:])
    return next((hit for text in tried if len(others) and (hit := others.find(text)) is not None), None)


def nearby(job: Job, budget: int = 20_000) -> Hit | None:
    """Every order of keys, within the near window, as far as the budget goes."""
    if job.hopeless or job.fixed:
        return None
    return _Search(job, budget).orders(job.payload, job.near)


def deep(job: Job, likely: Sequence[bytes], budget: int = FULL) -> Hit | Miss:
    """Everything that ``quick`` leaves: orders, the whole window, neighbouring numbers; likely forms first.

    Each stage has its own share of ``budget`` hashes, so that many keys do not starve the search in time.
    """
    if job.hopeless:
        return Miss(False, 0)
    search = _Search(job)
    if job.fixed:
        search.left = len(likely) * len(job.far)
        return search.texts(likely, job.far) or Miss(True, search.tried)
    share = min(budget, PARTIAL) // 2
    whole = arrangements(job.payload) * (len(job.near) + len(job.far))
    exact = is_exact(job.payload)
    feasible = whole <= (budget if exact else min(budget, PARTIAL))
    search.left = whole if feasible else share
    hit = search.orders(job.payload, job.near[:2]) or search.orders(job.payload, job.near[2:])
    if hit is None:
        search.left = len(likely) * len(job.far)
        hit = search.texts(likely, job.far)
    if hit is None:
        search.left = share
        hit = search.neighbours()
    if hit is None and feasible:
        search.left = whole
        hit = search.orders(job.payload, job.far)
    return hit or Miss(feasible and exact, search.tried)


def is_exact(value: Any) -> bool:
    """Whether no value in it can be one that storage changed: no number of 16 or more significant digits, no integer
    beyond ±2^53, no null (it may have been Infinity, or a key that was dropped)."""
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if item is None:
            return False
        if kind is dict:
            todo.extend(item.values())
        elif kind is list:
            todo.extend(item)
        elif (kind is int or kind is float) and (
            not -SAFE_INTEGER <= item <= SAFE_INTEGER or (kind is float and _digits(item) >= 16)
        ):
            return False
    return True


def _digits(value: float) -> int:
    return len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0"))


def arrangements(value: Any) -> int:
    """How many orders of keys a value has, at all depths together. Index-like keys have no choice."""
    if type(value) is dict:
        free = sum(1 for key in value if not is_index(key))
        total = factorial(free)
        for item in value.values():
            total *= arrangements(item)
        return total
    if type(value) is list:
        return math.prod(arrangements(item) for item in value)
    return 1


def texts(value: Any) -> Iterator[str]:
    """The JavaScript text of a value under every order of keys; the stored order first."""
    if type(value) is dict:
        items = list(ordered(value))
        fixed = [(key, item) for key, item in items if is_index(key)]
        free = [(key, item) for key, item in items if not is_index(key)]
        for choice in _choices([item for _, item in (*fixed, *free)]):
            pieces = [f"{quote(key)}:{text}" for (key, _), text in zip((*fixed, *free), choice, strict=True)]
            first = pieces[: len(fixed)]
            for rest in permutations(pieces[len(fixed) :]):
                yield "{" + ",".join((*first, *rest)) + "}"
    elif type(value) is list:
        for choice in _choices(value):
            yield "[" + ",".join(choice) + "]"
    else:
        yield stringify(value)


def _choices(values: Sequence[Any]) -> Iterator[tuple[str, ...]]:
    # A child with very many orders is cut off: such a search is over its budget anyway.
    return product(*(list(islice(texts(value), 5_000)) for value in values))


def template_of(value: Any) -> Template:
    """The order of keys of a value, to be tried on others."""
    if type(value) is dict:
        return [[key, template_of(item)] for key, item in value.items()]
    if type(value) is list:
        inner = [template_of(item) for item in value]
        return {"items": inner} if any(item is not None for item in inner) else None
    return None


def arrange(value: Any, template: Template) -> Any:
    """The value with its keys in the template's order; None where the keys are not the same."""
    if type(template) is list:
        if type(value) is not dict or len(value) != len(template):
            return None
        result = {}
        for key, inner in template:
            if key not in value:
                return None
            item = value[key]
            if inner is not None:
                item = arrange(item, inner)
                if item is None:
                    return None
            result[key] = item
        return result
    if type(template) is dict:
        inner = template["items"]
        if type(value) is not list or len(value) != len(inner):
            return None
        result_items = [item if each is None else arrange(item, each) for item, each in zip(value, inner, strict=True)]
        return (
            None if any(a is None and b is not None for a, b in zip(result_items, inner, strict=True)) else result_items
        )
    return value


def neighbours_of(value: float) -> list[float]:
    """Other doubles with the same 16 significant digits, nearest first."""
    try:
        center = float(value)
    except OverflowError:
        return []
    if not math.isfinite(center) or (center.is_integer() and abs(center) < SAFE_INTEGER):
        return []
    text = f"{center:.15e}"
    found: list[float] = []
    up = down = center
    for _ in range(16):
        up, down = math.nextafter(up, math.inf), math.nextafter(down, -math.inf)
        found.extend(other for other in (up, down) if math.isfinite(other) and f"{other:.15e}" == text)
    return found


class _Search:
    """Counts hashes; ``left`` is what the present stage may still take."""

    def __init__(self, job: Job, left: int = 0) -> None:
        self.job = job
        self.left = left
        self.tried = 0

    def orders(self, value: Any, window: Sequence[int], *, rounded: bool = False) -> Hit | None:
        return self.texts(map(str.encode, texts(value)), window, rounded=rounded)

    def texts(self, candidates: Iterable[bytes], window: Sequence[int], *, rounded: bool = False) -> Hit | None:
        times = _Times(self.job, window)
        for text in candidates if window else ():
            if self.left < len(times):
                self.left = 0
                return None
            self.left -= len(times)
            self.tried += len(times)
            hit = times.find(text)
            if hit is not None:
                return replace(hit, reordered=False, rounded=True) if rounded else hit
        return None

    def neighbours(self) -> Hit | None:
        """Numbers replaced by neighbours, one, two or three at a time: the stored order first, then every order."""
        near = self.job.near
        changed = list(islice(self._variants(self.job.payload), 200))
        for window in (near[:2], near[2:]):
            hit = self.texts((stringify(value).encode() for value in changed), window, rounded=True)
            if hit:
                return hit
        for value in changed:
            hit = self.orders(value, near[:3], rounded=True)
            if hit or not self.left:
                return hit
        return None

    def _variants(self, payload: Any) -> Iterator[Any]:
        # The longest numbers first: they are the ones that storage cut at 16 digits.
        found = sorted(_numbers(payload), key=lambda each: -_digits(each[1]))
        leaves = [(path, near) for path, leaf in found if (near := neighbours_of(leaf))]
        for size in range(1, min(3, len(leaves)) + 1):
            for chosen in combinations(leaves, size):
                for values in product(*(near for _, near in chosen)):
                    result = payload
                    for (path, _), value in zip(chosen, values, strict=True):
                        result = _replaced(result, path, value)
                    yield result


def _numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], float]]:
    if type(value) is dict:
        for key, item in value.items():
            yield from _numbers(item, (*path, key))
    elif type(value) is list:
        for at, item in enumerate(value):
            yield from _numbers(item, (*path, at))
    elif type(value) is int or type(value) is float:
        yield path, value


def _replaced(value: Any, path: tuple[Any, ...], leaf: float) -> Any:
    if not path:
        return leaf
    copy: Any = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], leaf)
    return copy
