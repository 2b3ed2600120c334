"""Which files make up one ledger: a file with its rotated past beside it, whoever was there when it was rotated.

Every door asks here, so that the same bytes come to the same ledger, whatever path was typed: a folder, the file that
is written to, or one of its past, which is the ledger up to there. Names propose, content decides (``continuation``).
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from console.engine.ledgers.continuation import WINDOW, FileEnds, Follows, ends, follows, streams_that_go_on
from console.engine.ledgers.opening import Opened, open_ledger, open_ledgers
from console.engine.ledgers.rotated_source import RotatedSource, beginning, files_of
from console.engine.ledgers.volume_names import base_name
from console.formats.guarded import event_of
from console.model.event import NO_TIME, Event, StreamKey
from console.model.finding import Finding
from console.model.record import Cursor, Record
from console.model.trust import Confidence
from console.sources.content import FileContent
from console.sources.discover import open_sources
from console.sources.protocol import Skipped, Source, SourceError
from console.sources.text.jsonl import JsonlSource
from console.verify.catalogue import finding

NEIGHBOURS = 1000
"""Files of one name that are looked at, those of the latest names first."""
TAIL = 256 * 1024
"""Bytes at the end of a plain file in which its last events are looked for."""
_NEAR = 3
"""Earlier files that are compared by their times."""
_DEEP = 16
"""Earlier files that are searched for the end of a chain that goes on."""


@dataclass(frozen=True, slots=True)
class OneFile:
    """One file of a ledger, and how surely a later one goes on from it."""

    opened: Opened
    before: Follows = Follows.NOT


def volumes_of(path: str) -> list[Source]:
    """The files of the ledger that ends at this path, oldest first, itself last; none if there is no ledger.

    Never raises: what cannot be read is not part of it.
    """
    found = whole_ledger(path)
    return [] if found is None else files_of(found.source)


def whole_ledger(path: str) -> Opened | None:
    """The ledger that ends in the file at this path, with its past; None if there is none, or several are in it."""
    found = [each for each in joined([path], open_ledgers([path])) if isinstance(each, Opened)]
    return found[0] if len(found) == 1 else None


def joined(paths: Iterable[str], items: Iterable[Opened | Skipped]) -> Iterator[Opened | Skipped]:
    """What ``open_ledgers`` found under ``paths``, the files of one ledger as one."""
    given = {os.path.dirname(path) for path in map(str, paths) if not os.path.isdir(path)}  # noqa: PTH112, PTH120
    held: dict[str, _Folder] = {}
    for item in items:
        path = item.path if isinstance(item, Skipped) else item.source.path
        here = os.path.dirname(path)  # noqa: PTH120
        for other in [each for each in held if each != here and each not in given]:
            yield from held.pop(other).rest()
        if here not in held:
            held[here] = _Folder(here)
        yield from held[here].take(path, item)
    for folder in held.values():
        yield from folder.rest()


def parted(opened: Opened) -> tuple[Opened, list[Source]]:
    """A ledger's newest file as a ledger, and the files before it, oldest first."""
    *past, newest = files_of(opened.source)
    return replace(opened, source=newest), past


class _Folder:
    """The files of one folder by the name that they had before rotation. Those that have a name in common wait until
    all of them have come."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._families: dict[str, list[str]] = {}
        self._waiting: dict[str, list[Opened]] = {}
        self._empty: dict[str, Skipped] = {}
        self._used: set[str] = set()
        try:
            with os.scandir(path or ".") as entries:
                names = sorted(entry.name for entry in entries if not entry.is_symlink() and entry.is_file())
        except OSError:
            names = []
        for name in names:
            self._families.setdefault(base_name(name), []).append(name)

    def take(self, path: str, item: Opened | Skipped) -> Iterator[Opened | Skipped]:
        """What was found next; what can be handed on."""
        name = os.path.basename(path)  # noqa: PTH119
        base = base_name(name)
        family = self._families.get(base, [])
        if len(family) < 2 or path in self._used:
            if path not in self._used:
                yield item
            return
        if isinstance(item, Skipped):
            if item.finding.code == "container.empty" and name == base:
                self._empty[base] = item  # just rotated: nothing was written yet
            else:
                yield item
        elif _may_be_volume(item):
            self._waiting.setdefault(base, []).append(item)
        else:
            yield item
        if name == family[-1]:
            yield from self._joined(base)

    def rest(self) -> Iterator[Opened | Skipped]:
        """What still waits."""
        for base in [*self._waiting, *self._empty]:
            yield from self._joined(base)

    def _joined(self, base: str) -> Iterator[Opened | Skipped]:
        given = self._waiting.pop(base, [])
        if (empty := self._empty.pop(base, None)) is not None:
            newest = self._nothing_yet(empty.path, base)
            if newest is None:
                yield empty
            else:
                given.append(newest)
        for form in dict.fromkeys(each.format.name for each in given):
            some = [each for each in given if each.format.name == form]
            files = _Files(self._family(base, some))
            ledgers = {each.source.path: files.ledger(each) for each in some}
            past = {each.opened.source.path for volumes in ledgers.values() for each in volumes[:-1]}
            self._used |= past
            for path, volumes in ledgers.items():
                if path not in past:
                    yield as_one(volumes)

    def _family(self, base: str, given: Sequence[Opened] = ()) -> list[Opened]:
        """The files of this name that may be one ledger, of the format of those that are known already."""
        found = {each.source.path: each for each in given}
        for name in islice(reversed(self._families.get(base, [])), NEIGHBOURS):
            path = os.path.join(self._path, name)  # noqa: PTH118
            if path in found:
                continue
            for opened in map(_opened, open_sources(path)):
                if opened is None or not _may_be_volume(opened):
                    continue
                if not given or opened.format.name == given[0].format.name:
                    found[path] = opened
        return [*found.values()]

    def _nothing_yet(self, path: str, base: str) -> Opened | None:
        """The file that was just made where a ledger was rotated away, as a ledger; None if none was."""
        others = self._family(base)
        return replace(others[0], source=JsonlSource(FileContent(path))) if others else None


class _Files:
    """Files that may be one ledger, each with the one that it goes on from."""

    def __init__(self, opened: Sequence[Opened]) -> None:
        self._files: list[tuple[Opened, FileEnds]] = []
        for each in opened:
            try:
                self._files.append((each, _ends(each)))
            except SourceError:
                continue  # who reads it reports why
        self._files.sort(key=lambda each: (*_times(each[1]), _modified(each[0].source)))
        self._number = {each.source.path: number for number, (each, _) in enumerate(self._files)}
        self._of_chain: dict[StreamKey, list[int]] = {}
        self._of_hash: dict[str, list[int]] = {}
        for number, (_, found) in enumerate(self._files):
            for stream, event in found.closings.items():
                self._of_chain.setdefault(stream, []).append(number)
                if event.hash is not None:
                    self._of_hash.setdefault(event.hash, []).append(number)

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

    def _before(self, number: int) -> dict[int, Follows]:
        """The files that this one goes on from: several where chains of different files go on in it."""
        newer = self._files[number][1]
        if not newer.first:
            return self._latest(number)
        found: dict[int, Follows] = {}
        for stream, event in newer.openings.items():
            linked = self._of_hash.get(event.previous_hash or "", ())
            found |= self._best(number, linked or self._of_chain.get(stream, ()))
        near = range(number - 1, max(-1, number - 1 - _NEAR), -1)
        found = found or self._best(number, near)
        if not found and (streams := streams_that_go_on(newer)):
            for other in range(number - 1, max(-1, number - 1 - _DEEP), -1):
                opened, older = self._files[other]
                self._files[other] = opened, replace(older, earlier={**older.earlier, **_last_of(opened, streams)})
            found = self._best(number, range(number))
        return found

    def _best(self, number: int, others: Iterable[int]) -> dict[int, Follows]:
        """The one that this file goes on from most surely; none if from none of them."""
        newer = self._files[number][1]
        best: tuple[Follows, int, bool, int] | None = None
        for other in dict.fromkeys(others):
            if other == number:
                continue
            opened, older = self._files[other]
            how = follows(older, newer)
            # Of several, the one that ends last; of copies, the one that is stored plainly.
            rank = how, older.ended or 0, opened.source.container == "jsonl", other
            if how and (best is None or rank > best):
                best = rank
        return {} if best is None else {best[-1]: best[0]}

    def _latest(self, number: int) -> dict[int, Follows]:
        """What an empty file goes on from: the file that ends last."""
        others = [each for each in range(len(self._files)) if each != number and self._files[each][1].last]
        return {max(others): Follows.BY_TIME} if others else {}

    def _with_between(self, order: Sequence[int], how: Mapping[int, Follows]) -> list[int]:
        """With the files in between that tell of other things alone."""
        whole: list[int] = []
        left = [each for each in range(len(self._files)) if each not in how]
        for number in order:
            if whole and how.get(whole[-1]) is not Follows.WITH_HOLE:
                older, newer = self._files[whole[-1]][1], self._files[number][1]
                for other in [each for each in left if _is_between(older, self._files[each][1], newer)]:
                    whole.append(other)
                    left.remove(other)
            whole.append(number)
        return whole


def _is_between(older: FileEnds, found: FileEnds, newer: FileEnds) -> bool:
    """True if all that a file holds was written between what two others hold."""
    times = [older.ended, found.began, found.ended, newer.began]
    known = [time for time in times if time is not None]
    return (
        len(known) == len(times) and known == sorted(known) and found.records.isdisjoint(older.records | newer.records)
    )


def as_one(volumes: Sequence[OneFile]) -> Opened:
    """The ledger over all its files, oldest first."""
    newest = volumes[-1].opened
    if len(volumes) == 1:
        return newest
    sources = [each.opened.source for each in volumes]
    try:
        beginnings = [beginning(each.path) for each in sources]
    except SourceError:
        return newest
    whole = open_ledger(RotatedSource([(1, each) for each in sources], beginnings))
    return replace(whole, remarks=(*whole.remarks, remark(volumes))) if isinstance(whole, Opened) else newest


def remark(volumes: Sequence[OneFile]) -> Finding:
    """What was joined, and why."""
    names = [os.path.basename(each.opened.source.path) for each in volumes]  # noqa: PTH119
    listed = ", ".join(names[:_SHOWN]) + (f" … {names[-1]}" if len(names) > _SHOWN else "")
    joints = {each.before for each in volumes[:-1]}
    words = [_WORDS[each] for each in Follows if each in joints]
    sure = joints == {Follows.LINKED}
    message = f"{len(volumes):,} files are read as one ledger, oldest first: {listed}. {' '.join(words)}"
    return finding("container.rotated", message, confidence=Confidence.PROVEN if sure else Confidence.HEURISTIC)


_WORDS = {
    Follows.LINKED: "The chain goes on from file to file.",
    Follows.WITH_HOLE: "Between two files of the same chain numbers are missing.",
    Follows.BY_TIME: "No chain links them: names, times and what their events are about fit.",
}
_SHOWN = 6
"""Files that are named."""


def _opened(found: Source | Skipped) -> Opened | None:
    item = found if isinstance(found, Skipped) else open_ledger(found)
    return item if isinstance(item, Opened) else None


def _may_be_volume(opened: Opened) -> bool:
    """True for files of lines, plain or gzip: what is rotated."""
    return isinstance(opened.source, JsonlSource) and opened.source.container in ("jsonl", "gzip")


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
    last: deque[bytes] = deque(maxlen=WINDOW)
    whole = source.container != "jsonl" or source.state().size <= TAIL
    end = Cursor()
    for batch in source.batches():
        first += batch.raws[: WINDOW - len(first)]
        last.extend(batch.raws[-WINDOW:])
        if not whole and len(first) >= WINDOW:
            last.extend(_tail(source))
            break
        end = batch.next
    else:
        tail = source.tail(end) if first else None
        if tail is not None:
            first += [tail.raw] if len(first) < WINDOW else []
            last.append(tail.raw)
    return ends(_events(opened, first), _events(opened, last), [*first, *last])


def _tail(source: Source) -> list[bytes]:
    """The last lines of a plain file."""
    size = source.state().size
    with FileContent(source.path).open() as window:
        block = window.read(max(0, size - TAIL), TAIL)
    return [line for line in block.split(b"\n")[1:] if line][-WINDOW:]


def _events(opened: Opened, raws: Iterable[bytes]) -> list[Event]:
    context = opened.context()
    found = (event_of(opened.format, Record(1, 0, len(raw), raw), context) for raw in raws)
    return [event for event in found if event.type or event.streams]


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
