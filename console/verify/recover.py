"""Recovery of what was hashed but not stored as it was: a clock's reading, an order of keys, a rounded number.

Every candidate is hashed and compared, so a hit is proof; only a miss needs judgement, and ``Miss.complete`` gives it.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from console.verify.javascript import parse, stringify
from console.verify.orders import arrangements, template_of, texts
from console.verify.rounding import is_exact, variants

NEAR = tuple(range(0, -9, -1))
"""Milliseconds from the stored time to the hashed one, as writers are seen to do it; most likely first."""
FAR = (*range(-9, -2001, -1), 1, 2, 3, 4, 5)
"""The rest of the window."""
FULL = 2_000_000
"""Hashes that one search may take where it can be complete (all orders of six keys over the whole window)."""
PARTIAL = 60_000
"""Hashes that one search may take where it cannot."""
THOROUGH = 100_000_000
"""Hashes that one thorough search may take (some minutes)."""
_BLOCK = 1024
"""Bytes of a text that cost what one more hash does."""
_PARTS = 32
"""Objects and arrays of a value that cost nothing to speak of; each further one costs two hashes in each text."""
_CHANGED = 200
"""Changes of numbers that the usual search tries."""
_STEP = 50_000
"""Hashes between two steps of a thorough search."""
T = TypeVar("T")
_Stage = Generator[int, None, "Hit | None"]
Search = Generator[int, None, "Hit | Miss"]
"""A search on its way: gives the hashes tried so far from time to time, and returns what it came to. Closing it ends
it."""


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
    exact: bool = False
    """Values are stored as they were hashed: beside the time only orders of keys can be recovered."""
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
    """Nothing reproduced the hash. ``complete``: every form that storage can have changed it from was tried. ``spent``:
    what that cost, in hashes."""

    complete: bool
    tried: int
    spent: int = 0


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
    hit: Hit | None = end(_Trial(job, budget).orders([job.payload], job.near))
    return hit


def deep(job: Job, likely: Sequence[bytes], budget: int = FULL) -> Hit | Miss:
    """Everything that ``quick`` leaves: orders, the whole window, neighbouring numbers; likely forms first.

    Each stage has its own share of ``budget`` hashes, so that many keys do not starve the search in time.
    """
    found: Hit | Miss = end(_deep(job, likely, budget))
    return found


def _deep(job: Job, likely: Sequence[bytes], budget: int) -> Search:
    if job.hopeless:
        return Miss(False, 0)
    trial = _Trial(job)
    if job.fixed:
        return (yield from trial.likely(likely)) or Miss(True, trial.tried)
    share = min(budget, PARTIAL) // 2
    whole = arrangements(job.payload) * (len(job.near) + len(job.far) + 3 * trial.weight)
    exact = job.exact or is_exact(job.payload)
    feasible = whole <= (budget if exact else min(budget, PARTIAL))
    trial.left = whole if feasible else share
    hit = yield from trial.orders([job.payload], job.near[:2])
    hit = hit or (yield from trial.orders([job.payload], job.near[2:]))
    hit = hit or (yield from trial.likely(likely))
    if not (hit or job.exact):
        trial.left = share
        hit = yield from trial.rounded()
    if not hit and feasible:
        trial.left = whole
        hit = yield from trial.orders([job.payload], job.far)
    return hit or Miss(feasible and exact, trial.tried, trial.spent)


def thorough(job: Job, likely: Sequence[bytes], most: int = THOROUGH) -> Search:
    """All that ``deep`` tries and leaves, for as long as ``most`` hashes take: every order of keys, with all numbers
    that storage may have rounded, at the near times first. What it holds at a time is one text."""
    if job.hopeless or job.fixed:
        return (yield from _deep(job, likely, FULL))
    trial = _Trial(job, most)
    exact = job.exact or is_exact(job.payload)
    near = job.near[:2]
    hit = yield from trial.orders([job.payload], job.near)
    if not (hit or job.exact):
        hit = yield from trial.orders(variants(job.payload, 2, nulls=True), near, rounded=True)
    hit = hit or (yield from trial.orders([job.payload], job.far))
    if not (hit or job.exact):
        hit = yield from trial.orders(variants(job.payload, nulls=True), near, rounded=True)
        hit = hit or (yield from trial.orders(variants(job.payload, nulls=True), job.near[2:], rounded=True))
    return hit or Miss(exact and trial.left > 0, trial.tried)


def end(search: Generator[int, None, T]) -> T:
    """What a search comes to in the end."""
    while True:
        try:
            next(search)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]  # what the generator returns


def _weight(job: Job) -> int:
    """What each text of a document costs beside its hashes, in hashes."""
    parts, todo = 0, [job.payload]
    while todo:
        item = todo.pop()
        if type(item) is dict or type(item) is list:
            parts += 1
            todo.extend(item.values() if type(item) is dict else item)
    return len(job.stored) // _BLOCK + 2 * max(0, parts - _PARTS)


class _Trial:
    """Counts hashes; ``left`` is what the present stage may still take."""

    def __init__(self, job: Job, left: int = 0) -> None:
        self.left = left
        self.tried = 0
        self.spent = 0
        """What was tried cost so much, in hashes."""
        self.weight = _weight(job)
        self._job = job
        self._reported = 0

    def orders(self, values: Iterable[Any], window: Sequence[int], *, rounded: bool = False) -> _Stage:
        """All orders of keys of these values, one value after the other."""
        if self.left < 2 * (len(window) + self.weight):
            values = ()  # not even a second one: the first was tried before
        return self.texts((text.encode() for value in values for text in texts(value)), window, rounded=rounded)

    def likely(self, candidates: Sequence[bytes]) -> _Stage:
        """These texts within the far window, whatever that takes."""
        self.left = len(candidates) * (len(self._job.far) + self.weight)
        return self.texts(candidates, self._job.far)

    def rounded(self) -> _Stage:
        """Numbers replaced by neighbours: the stored order first, then every order."""
        job = self._job
        if self.left < 2 * (len(job.near) + self.weight):
            return None

        def changed() -> Iterable[Any]:
            return islice(variants(job.payload, 3), _CHANGED)

        for window in (job.near[:2], job.near[2:]):
            hit = yield from self.texts((stringify(value).encode() for value in changed()), window, rounded=True)
            if hit:
                return hit
        return (yield from self.orders(changed(), job.near[:3], rounded=True))

    def texts(self, candidates: Iterable[bytes], window: Sequence[int], *, rounded: bool = False) -> _Stage:
        """These texts within the window, as far as the budget goes."""
        times, cost = _Times(self._job, window), len(window) + self.weight
        for text in candidates if window else ():
            if self.left < cost:
                self.left = 0
                return None
            self.left -= cost
            self.spent += cost
            self.tried += len(window)
            hit = times.find(text)
            if hit is not None:
                return replace(hit, reordered=self._reordered(text), rounded=True) if rounded else hit
            if self.tried - self._reported >= _STEP:
                self._reported = self.tried
                yield self.tried
        return None

    def _reordered(self, text: bytes) -> bool:
        """True if the keys of a text are in another order than the stored ones."""
        return bool(template_of(parse(text)) != template_of(parse(stringify(self._job.payload))))
