"""Files that may be one ledger, each with those that it goes on from; see ``continuation`` for when one does.

The order of a ledger's files is that of their content. Only a file's first and last events are read for it, and more of
it where a chain that goes on does not end there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from console.engine.ledgers.continuation import (
    WINDOW,
    FileEnds,
    Follows,
    ends,
    follows,
    goes_on,
    in_both,
    streams_that_go_on,
)
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.volume_names import base_of, by_age
from console.formats.guarded import event_of
from console.model.event import NO_TIME, Event, StreamKey
from console.model.record import Cursor, Record
from console.model.trust import Severity
from console.sources.content import FileContent
from console.sources.protocol import Source, SourceError
from console.sources.text.jsonl import JsonlSource

TAIL = 256 * 1024
"""Bytes at the end of a plain file in which its last events are looked for."""
_NEAR = 3
"""Earlier files that are compared by their times."""
_DEEP = 4
"""Earlier files that are searched for the end of a chain that goes on."""
_STREAMS = 8
"""Chains that are searched for in the middle of earlier files."""


@dataclass(frozen=True, slots=True)
class OneFile:
    """One file of a ledger, and how surely a later one goes on from it."""

    opened: Opened
    before: Follows = Follows.NOT


LookedAt = tuple[Opened, FileEnds]


class FileOrder:
    """Files of one folder and format. Of those whose names are not alike, only a link from hash to hash is believed.

    Beside those of the ``unread`` base names there are files that cannot be read: what is missing between two files may
    be there, so they are not one ledger with a hole. Neither are two where the end of the older one is damaged.
    """

    def __init__(self, opened: Sequence[Opened], unread: Collection[str] = ()) -> None:
        self._unread = unread
        self._files: list[LookedAt] = []
        for each in opened:
            try:
                self._files.append((each, _ends(each)))
            except SourceError:
                continue  # who reads it reports why
        self._files = in_order(self._files)
        self._bases = [base_of(each.source.path) for each, _ in self._files]
        self._known: dict[int, Mapping[int, Follows]] = {}
        self._number = {each.source.path: number for number, (each, _) in enumerate(self._files)}
        self._of_chain: dict[StreamKey, list[int]] = {}
        self._of_hash: dict[str, list[int]] = {}
        for number, (_, found) in enumerate(self._files):
            for stream, event in found.closings.items():
                self._of_chain.setdefault(stream, []).append(number)
                if event.hash is not None:
                    self._of_hash.setdefault(event.hash, []).append(number)

    def ledgers(self, given: Sequence[Opened]) -> list[list[OneFile]]:
        """The ledgers that these files come to, each up to a file that no other of them goes on from."""
        numbers = [self._number.get(each.source.path) for each in given]
        followed = {before for number in numbers if number is not None for before in self._before(number)}
        found: list[list[OneFile]] = []
        taken: set[str] = set()
        for _, each in sorted(zip(numbers, given, strict=True), key=lambda each: each[0] in followed):
            if each.source.path not in taken:
                found.append(self.ledger(each))
                taken.update(one.opened.source.path for one in found[-1])
        return found

    def ledger(self, opened: Opened) -> list[OneFile]:
        """The files of the ledger that ends with this one, oldest first."""
        number = self._number.get(opened.source.path)
        if number is None:
            return [OneFile(opened)]
        order: list[int] = []
        how = {number: Follows.NOT}
        entered: set[int] = set()
        waiting = [(number, False)]
        while waiting:
            here, done = waiting.pop()
            if done:
                order.append(here)
            elif here not in entered:
                entered.add(here)
                waiting.append((here, True))
                # What is taken from the end comes first: where several come before this one, that is the oldest.
                for before, found in sorted(self._before(here).items(), reverse=True):
                    how.setdefault(before, found)
                    waiting.append((before, False))
        whole = self._with_between(order, how)
        return [OneFile(self._files[each][0], how.get(each, Follows.BY_TIME)) for each in whole]

    def copied(self, opened: Opened) -> str | None:
        """The file that begins with the same record as this one; None if none does."""
        number = self._number.get(opened.source.path)
        if number is None or not self._files[number][1].records:
            return None
        opening = self._files[number][1].records[0]
        others = [each for each in self._alike(number, range(len(self._files))) if each != number]
        same = [each for each in others if self._files[each][1].records[:1] == [opening]]
        return self._files[same[0]][0].source.path if same else None

    def _before(self, number: int) -> Mapping[int, Follows]:
        """The files that this one goes on from: several where chains of different files go on in it."""
        if number not in self._known:
            self._known[number] = self._found_before(number)
        return self._known[number]

    def _found_before(self, number: int) -> dict[int, Follows]:
        newer = self._files[number][1]
        if not newer.first:
            return self._latest(number)
        found: dict[int, Follows] = {}
        for stream, event in newer.openings.items():
            linked = self._of_hash.get(event.previous_hash or "", ())
            found |= self._best(number, linked or self._alike(number, self._of_chain.get(stream, ())))
        near = self._alike(number, range(number - 1, -1, -1))[:_NEAR]
        found = found or self._best(number, near)
        if not found and (streams := streams_that_go_on(newer)):
            others = self._alike(number, range(number - 1, -1, -1))[:_DEEP]
            for other in others:
                opened, older = self._files[other]
                self._files[other] = opened, replace(older, earlier={**older.earlier, **_last_of(opened, streams)})
            found = self._best(number, others)
        return found

    def _alike(self, number: int, others: Iterable[int]) -> list[int]:
        base = self._bases[number]
        return [each for each in others if self._bases[each] == base]

    def _best(self, number: int, others: Iterable[int]) -> dict[int, Follows]:
        """The one that this file goes on from most surely; none if from none of them."""
        newer = self._files[number][1]
        best: tuple[Follows, int] | None = None
        for other in dict.fromkeys(others):
            if other == number:
                continue
            older = self._files[other][1]
            how = follows(older, newer)
            if how is Follows.WITH_HOLE and (older.damaged or self._bases[number] in self._unread):
                continue
            if how and (best is None or (how, other) > best):  # of several, the latest
                best = how, other
        return {} if best is None else {best[1]: best[0]}

    def _latest(self, number: int) -> dict[int, Follows]:
        """What an empty file goes on from: the file that ends last."""
        others = [each for each in self._alike(number, range(len(self._files))) if self._files[each][1].last]
        return {max(others): Follows.BY_TIME} if others else {}

    def _with_between(self, order: Sequence[int], how: Mapping[int, Follows]) -> list[int]:
        """With the files in between that tell of other things alone."""
        whole: list[int] = []
        left = [each for each in self._alike(order[-1], range(len(self._files))) if each not in how]
        for number in order:
            if whole and how.get(whole[-1]) is not Follows.WITH_HOLE:
                older, newer = self._files[whole[-1]][1], self._files[number][1]
                within = [each for each in left if whole[-1] < each < number]
                for other in within:
                    if _is_between(older, self._files[other][1], newer):
                        whole.append(other)
                        left.remove(other)
            whole.append(number)
        return whole


def _is_between(older: FileEnds, found: FileEnds, newer: FileEnds) -> bool:
    """True if all that a file holds was written between what two others hold, as far as times tell."""
    times = [older.ended, found.began, found.ended, newer.began]
    known = [time for time in times if time is not None]
    rising = len(known) == len(times) and known == sorted(known)
    return (rising or found.is_short) and not in_both(older, found) and not in_both(found, newer)


def in_order(files: Sequence[LookedAt]) -> list[LookedAt]:
    """Files, oldest first. The times of their events decide, except that of a few events: a single time that was
    changed must not change the order, so names say where such a file stands if they fit the others."""
    families: dict[str, list[LookedAt]] = {}
    for each in sorted(files, key=_written):
        families.setdefault(base_of(each[0].source.path), []).append(each)
    return [each for family in families.values() for each in _by_names(family)]


def _written(file: LookedAt) -> tuple[int, int, bool, int]:
    """Where a file stands by its content; of copies, the packed one comes first."""
    opened, found = file
    return *_times(found), _is_plain(opened.source), _modified(opened.source)


def _by_names(family: list[LookedAt]) -> list[LookedAt]:
    """Files of like names in the order of their names that fits their times best; as they are if none does."""
    best: tuple[int, list[LookedAt]] | None = None
    orders = by_age([opened.source.path for opened, _ in family])
    for number, order in enumerate(orders):
        files = [family[at] for at in order]
        if _inversions([found for _, found in files if not found.is_short]):
            continue
        # That numbers count on from the ledger's own name is unusual: it must fit better.
        cost = _inversions([found for _, found in files]) + (number == 2)
        if best is None or cost < best[0]:
            best = cost, files
    return family if best is None else best[1]


def _inversions(files: Sequence[FileEnds]) -> int:
    """How often a file began before the one that stands before it."""
    times = [found.began for found in files if found.began is not None]
    return sum(later < earlier for earlier, later in pairwise(times))


def begins_in_the_middle(opened: Opened) -> bool:
    """True if the first event of a chain names one before it: something comes before this file."""
    try:
        first = next((batch.raws[:WINDOW] for batch in opened.source.batches() if batch.raws), [])
    except SourceError:
        return False
    return any(map(goes_on, ends(_events(opened, first), (), ()).openings.values()))


def _times(found: FileEnds) -> tuple[int, int]:
    return found.began or NO_TIME, found.ended or NO_TIME


def _modified(source: Source) -> int:
    """When a file was written last: it decides where the times of events do not."""
    try:
        return source.state().mtime_ns
    except SourceError:
        return 0


def _ends(opened: Opened) -> FileEnds:
    """The first and last events of a file. Raises ``SourceError``."""
    source = opened.source
    first: list[bytes] = []
    last: list[bytes] = []
    whole = not _is_plain(source) or source.state().size <= TAIL
    damaged = False
    end = Cursor()
    for batch in source.batches():
        first = _some([*first, *batch.raws[: WINDOW - len(first)]])
        last = _some([*reversed(batch.raws[-WINDOW:]), *last])
        damaged = damaged or any(each.severity >= Severity.ERROR for each in batch.findings)
        if not whole and (len(first) >= WINDOW or batch.end > TAIL):
            last = _some([*reversed(_tail(source))])
            break
        end = batch.next
    else:
        tail = source.tail(end) if first else None
        if tail is not None:
            first = _some([*first, tail.raw])
            last = _some([tail.raw, *last])
    last.reverse()
    return ends(_events(opened, first), _events(opened, last), [*first, *last], damaged=damaged)


def _is_plain(source: Source) -> bool:
    """True for a file whose lines are the records."""
    return isinstance(source, JsonlSource) and source.container == "jsonl"


def _some(raws: Sequence[bytes]) -> list[bytes]:
    """The first of these records: up to ``WINDOW``, and no more bytes than ``TAIL`` but for the one that exceeds it."""
    found: list[bytes] = []
    held = 0
    for raw in raws[:WINDOW]:
        if held > TAIL:
            break
        found.append(raw)
        held += len(raw)
    return found


def _tail(source: Source) -> list[bytes]:
    """The last lines of a plain file: at least one whole line, or all of it."""
    size = source.state().size
    length = TAIL
    with FileContent(source.path).open() as window:
        while True:
            block = window.read(max(0, size - length), length)
            lines = [line for line in block.split(b"\n")[length < size :] if line]
            if lines or length >= size:
                return lines[-WINDOW:]
            length *= 4


def _events(opened: Opened, raws: Iterable[bytes]) -> list[Event]:
    context = opened.context()
    found = (event_of(opened.format, Record(1, 0, len(raw), raw), context) for raw in raws)
    return [replace(event, document={}) for event in found if event.type or event.streams]


def _last_of(opened: Opened, streams: Sequence[StreamKey]) -> dict[StreamKey, Event]:
    """The last events of these streams, wherever in the file they are; nothing where it cannot be read."""
    found: dict[StreamKey, bytes] = {}
    keys = [(stream, stream.key.encode()) for stream in streams[:_STREAMS]]
    try:
        for batch in opened.source.batches():
            for stream, key in keys:
                if batch.lines is None or (at := batch.lines.rfind(key)) < 0:
                    continue
                start, stop = batch.lines.rfind(b"\n", 0, at) + 1, batch.lines.find(b"\n", at)
                found[stream] = batch.lines[start:stop]
    except SourceError:
        return {}
    events = {stream: _events(opened, [raw]) for stream, raw in found.items()}
    return {stream: each[0] for stream, each in events.items() if each and each[0].streams[:1] == (stream,)}


_STREAMS = 8
"""Chains that are searched for in the middle of earlier files."""
