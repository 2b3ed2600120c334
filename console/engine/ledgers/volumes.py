"""Which files make up one ledger: a file with its rotated past beside it, whoever was there when it was rotated.

Every door asks here, so that the same bytes come to the same ledger, whatever path was typed: a folder, the file that
is written to, or one of its past, which is the ledger up to there. Names propose, content decides (``volume_order``).
Where a chain begins in its middle and no name fits, the other files of the folder are asked for the hash before.
"""

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile

from console.engine.ledgers.continuation import Follows
from console.engine.ledgers.opening import Opened, open_ledger, open_ledgers
from console.engine.ledgers.rotated_source import RotatedSource, beginning, files_of
from console.engine.ledgers.volume_names import base_name, base_of, beginning_of
from console.engine.ledgers.volume_order import FileOrder, OneFile, begins_in_the_middle
from console.model.finding import Finding
from console.model.trust import Confidence
from console.sources.compressed.gzip import GzipContent
from console.sources.content import FileContent
from console.sources.discover import open_sources
from console.sources.protocol import CHUNK, Skipped, Source, SourceError
from console.sources.text.jsonl import JsonlSource
from console.sources.text.wrapped import WrappedSource
from console.verify.catalogue import finding

NEIGHBOURS = 1000
"""Files that are looked at for the past of one, those of the latest names first."""
LARGE = 64 * 1024 * 1024
"""Bytes of a packed file up to which it is looked into although its name does not fit."""
SMALL = 256
"""Files of a folder up to which none is handed on before all were found: any may be another one's past."""
_EMPTY = "container.empty"


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
        if isinstance(item, Opened) and os.path.islink(path):  # noqa: PTH114 - the text of the path
            yield _through_link(item)
            continue
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
    """The files of one folder. Those that may be one ledger wait until all of them have come."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting: list[Opened] = []
        self._empty: dict[str, Skipped] = {}
        self._used: set[str] = set()
        self._bases: set[str] = set()
        self._unread: set[str] = set()
        self._reported: set[str] = set()
        self._opened: dict[str, Opened | None] = {}
        try:
            with os.scandir(path or ".") as entries:
                self._names = sorted(entry.name for entry in entries if not entry.is_symlink() and entry.is_file())
        except OSError:
            self._names = []
        self._small = len(self._names) <= SMALL
        self._families: dict[str, list[str]] = {}

    def take(self, path: str, item: Opened | Skipped) -> Iterator[Opened | Skipped]:
        """What was found next; what can be handed on."""
        if path in self._used:
            return
        name = os.path.basename(path)  # noqa: PTH119
        base = base_name(name)
        family = self._family(base)
        if isinstance(item, Skipped):
            if name == base and len(family) > 1 and (item.finding.code == _EMPTY or _just_begun(path)):
                self._empty[base] = item  # just rotated
            else:
                self._reported.add(path)
                yield item
        elif _may_be_volume(item) and (self._small or len(family) > 1):
            self._waiting.append(item)
            self._bases.add(base)
        else:
            yield item
        if not self._small and len(family) > 1 and name == family[-1]:
            yield from self._ledgers(base)

    def rest(self) -> Iterator[Opened | Skipped]:
        """What still waits."""
        for base in [*self._empty]:
            yield from self._begin_with_nothing(base)
        yield from self._ledgers()
        yield from self._unreadable()

    def _unreadable(self) -> Iterator[Skipped]:
        """Files that may be those of a ledger that was found, by their names, and cannot be read: what is in them is
        not known, whichever file was given."""
        for base in self._unread:
            for path in map(self._at, self._family(base) if base in self._bases else ()):
                items = [] if path in self._reported else [_opened(each) for each in open_sources(path)]
                yield from (each for each in items if isinstance(each, Skipped) and each.finding.code != _EMPTY)

    def _family(self, base: str) -> list[str]:
        """The files that had this name before they were rotated."""
        if base not in self._families:
            start = beginning_of(base)
            from_there = map(self._names.__getitem__, range(bisect_left(self._names, start), len(self._names)))
            names = takewhile(lambda name: name.startswith(start), from_there)
            self._families[base] = [name for name in names if base_name(name) == base]
        return self._families[base]

    def _at(self, name: str) -> str:
        return os.path.join(self._path, name)  # noqa: PTH118 - the text of the path

    def _ledgers(self, base: str | None = None) -> Iterator[Opened | Skipped]:
        """The ledgers that waiting files come to, of one name or all."""
        if base in self._empty:
            yield from self._begin_with_nothing(base)
        waiting, self._waiting = self._waiting, []
        ready: list[Opened] = []
        for each in waiting:
            (ready if base in (None, base_of(each.source.path)) else self._waiting).append(each)
        self._opened |= {each.source.path: each for each in ready}
        groups: dict[tuple[str, str], list[Opened]] = {}
        for each in ready:
            groups.setdefault((base_of(each.source.path), each.format.name), []).append(each)
        ledgers: dict[str, list[OneFile]] = {}
        for (base, form), given in groups.items():
            alone = len(self._family(base)) < 2
            order = None if alone else self._order(base, form)
            found = [[OneFile(given[0])]] if order is None else order.ledgers(given)
            if order is not None:
                found = [[_noted(files[0], base, order)] if len(files) == 1 else files for files in found]
            ledgers |= {files[-1].opened.source.path: files for files in found}
        self._look_everywhere(ledgers)
        past = {each.opened.source.path for files in ledgers.values() for each in files[:-1]}
        self._used |= past
        paths = [each.source.path for each in ready]
        yield from (as_one(ledgers[path]) for path in paths if path in ledgers and path not in past)

    def _look_everywhere(self, ledgers: dict[str, list[OneFile]]) -> None:
        """What comes before a ledger that begins in the middle of a chain may be in a file of any name."""
        orders: dict[str, FileOrder] = {}
        for path, files in ledgers.items():
            if begins_in_the_middle(files[0].opened):
                form = files[-1].opened.format.name
                order = orders.get(form) or orders.setdefault(form, self._order(None, form))
                ledgers[path] = max(files, order.ledger(files[-1].opened), key=len)

    def _files(self, base: str | None, format: str = "") -> list[Opened]:
        """The files that may be volumes, of this name or of any, and of this format or of any."""
        names = self._names if base is None else self._family(base)
        found = []
        for name in islice(reversed(names), NEIGHBOURS):
            path = self._at(name)
            if path not in self._opened:
                self._opened[path] = self._open(path)
            one = self._opened[path]
            large = base is None and one is not None and one.source.container == "gzip" and _size(one.source) > LARGE
            if one is not None and format in ("", one.format.name) and not large:
                found.append(one)
        return found

    def _open(self, path: str) -> Opened | None:
        """A file that may be a volume; None for others, and for what cannot be read, which is remembered."""
        items = [_opened(found) for found in open_sources(path)]
        if any(isinstance(each, Skipped) and each.finding.code != _EMPTY for each in items):
            self._unread.add(base_of(path))
        opened = [each for each in items if isinstance(each, Opened)]
        return opened[0] if len(opened) == 1 and _may_be_volume(opened[0]) else None

    def _order(self, base: str | None, form: str) -> FileOrder:
        files = self._files(base, form)
        return FileOrder(files, self._unread)

    def _begin_with_nothing(self, base: str) -> Iterator[Skipped]:
        """The file that was just made where a ledger was rotated away is its newest one."""
        empty = self._empty.pop(base)
        others = self._files(base)
        if others:
            self._waiting.append(replace(others[0], source=JsonlSource(FileContent(empty.path))))
        else:
            yield empty


def _noted(file: OneFile, base: str, order: FileOrder) -> OneFile:
    """A ledger in one file. If it is another one's copy, it says so."""
    opened = file.opened
    name = os.path.basename(opened.source.path)  # noqa: PTH119
    other = order.copied(opened) if name != base else None
    if other is None:
        return file
    words = f"It begins with the same record as {os.path.basename(other)}: a copy, not another file of that ledger."  # noqa: PTH119
    return replace(file, opened=replace(opened, remarks=(*opened.remarks, finding("container.copy", words))))


def as_one(volumes: Sequence[OneFile]) -> Opened:
    """The ledger over all its files, oldest first."""
    newest = volumes[-1].opened
    if len(volumes) == 1:
        return newest
    try:
        whole = open_ledger(_in_a_row([each.opened.source for each in volumes]))
    except SourceError:
        return newest
    return replace(whole, remarks=(*whole.remarks, remark(volumes))) if isinstance(whole, Opened) else newest


def _in_a_row(sources: Sequence[Source]) -> RotatedSource:
    """Files as one source. Raises ``SourceError``."""
    return RotatedSource([(1, each) for each in sources], [beginning(each.path) for each in sources])


def _through_link(opened: Opened) -> Opened:
    """A ledger that a link leads to: its past is beside the file, not beside the link."""
    whole = whole_ledger(os.path.realpath(opened.source.path))
    if whole is None or not (past := parted(whole)[1]):
        return opened
    try:
        return replace(whole, source=_in_a_row([*past, opened.source]))
    except SourceError:
        return opened


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


def _size(source: Source) -> int:
    try:
        return source.state().size
    except SourceError:
        return 0


def _just_begun(path: str) -> bool:
    """True if all that stands in a file is the beginning of a line that may become an object."""
    try:
        with FileContent(path).open() as window:
            block = window.read(0, CHUNK)
    except SourceError:
        return False
    return block.startswith(b"{") and len(block) < CHUNK and b"\n" not in block and b"\0" not in block


def _opened(found: Source | Skipped) -> Opened | Skipped:
    return found if isinstance(found, Skipped) else open_ledger(found)


def _may_be_volume(opened: Opened) -> bool:
    """True for files of lines, plain or gzip, also those that wrap a program's lines: what is rotated."""
    source = opened.source
    return isinstance(source, JsonlSource | WrappedSource) and isinstance(source.content, FileContent | GzipContent)
