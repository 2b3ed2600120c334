"""Which ledgers lie in a file, a folder, or any number of them. Content decides, not names."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from console.model.finding import Finding
from console.model.record import Cursor
from console.model.trust import Severity
from console.sources.compressed.gzip import GzipContent
from console.sources.compressed.tar import TarWindow, members
from console.sources.compressed.zip import ledger_members
from console.sources.content import Content, FileContent, Window
from console.sources.files import in_words, opened, read_at
from console.sources.findings import empty, not_recognised, too_large, unread
from console.sources.protocol import MAX_RECORD, Skipped, Source, SourceError
from console.sources.sniff import FIRST, TextKind, broken_promise, hopeless, promises_lines, stored_kind, text_kind
from console.sources.sqlite.own_index import is_own_index
from console.sources.sqlite.rows import open_database
from console.sources.text.joined import JoinedSource
from console.sources.text.json_array import JsonSource
from console.sources.text.jsonl import JsonlSource
from console.sources.text.sse import SseSource
from console.sources.text.wrapped import WrappedSource

_BESIDE = ("-wal", "-shm", "-journal")
_LEDGERS = 1000
"""Members of one archive that are read."""
_LEDGER_LIKE = (".jsonl", ".ndjson", ".json", ".gz", ".db", ".sqlite", ".sqlite3", ".sse", ".zip")


def open_sources(path: str) -> list[Source | Skipped]:
    """All ledgers of one file, or why there are none. Never raises for what it finds there."""
    return _open(path, walking=False)


def discover(paths: Iterable[str]) -> Iterator[Source | Skipped]:
    """Ledgers of files and folders (recursive, in name order), as they are found.

    What is given is always answered. In folders, files that are no ledgers are passed over silently; what cannot be
    read, is empty under a ledger's name, or is not at all what its name promises, is reported. Hidden folders and files
    that belong to a database are left out. A file that is reached twice is opened once, by its own name rather than
    that of a link to it.
    """
    places = list(paths)
    found = _Found()
    for path in sorted(places, key=os.path.islink):
        if not os.path.isdir(path):  # noqa: PTH112 - a test that never raises, on the text as given
            if found.is_new(_real(path)):
                yield from open_sources(path)
            continue
        repeats, folders = found.repeats, len(found.folders)
        nothing = True
        for one in _walk(path, found):
            nothing = False
            yield one
        if nothing and found.repeats == repeats and len(found.folders) > folders:
            yield empty(path, "There are no ledgers in this folder.")


@dataclass(slots=True)
class _Found:
    """What was come upon already: files by their path without links, folders by device and inode."""

    files: set[str] = field(default_factory=set)
    folders: set[tuple[int, int]] = field(default_factory=set)
    repeats: int = 0

    def is_new(self, file: str) -> bool:
        if file in self.files:
            self.repeats += 1
            return False
        self.files.add(file)
        return True


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def sample(source: Source, count: int = 20, size: int = 8 * 1024 * 1024) -> list[bytes]:
    """The first records, for recognition: complete ones, or else the unfinished first one; of about ``size`` bytes at
    most. Raises SourceError."""
    records: list[bytes] = []
    for batch in source.batches():
        records += [raw for raw in batch.raws[: count - len(records)] if raw.strip()]
        size -= sum(batch.lengths)
        if len(records) >= count or (records and size < 0):
            break
    if not records and (tail := _first_tail(source)):
        records.append(tail)
    return records


def obstacle(source: Source) -> Finding | None:
    """Why ``sample`` finds nothing in a source that is not empty: what is there is too large, or damaged. Raises
    SourceError."""
    last = Cursor()
    for batch in source.batches():
        for each in batch.findings:
            # A document without an end may just be being written.
            if each.severity >= Severity.ERROR and each.code != "container.json-truncated":
                return each
        last = batch.next
    tail = source.tail(last)
    return None if tail is None or tail.length <= MAX_RECORD else too_large(tail.ordinal, tail.offset, tail.length)


def _first_tail(source: Source) -> bytes:
    last = Cursor()
    for batch in source.batches():
        last = batch.next
    found = source.tail(last)
    return found.raw if found else b""


def _walk(folder: str, known: _Found) -> Iterator[Source | Skipped]:
    waiting = [folder]
    links: list[str] = []
    while waiting:
        here = waiting.pop()
        try:
            status = os.stat(here)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in known.folders:
                continue
            known.folders.add((status.st_dev, status.st_ino))
            with os.scandir(here) as entries:
                found = sorted((entry.name, _is_folder(entry), entry.is_symlink()) for entry in entries)
        except OSError as error:
            yield Skipped(here, in_words(here, error).finding)
            continue
        real = _real(here)
        for name, is_folder, is_link in found:
            path = _below(here, name)
            if is_folder or name.endswith(_BESIDE):
                continue
            if is_link:
                links.append(path)
            elif known.is_new(os.path.join(real, name)):  # noqa: PTH118
                yield from _open(path, walking=True)
        below = [name for name, is_folder, _ in found if is_folder and not name.startswith(".")]
        waiting += [_below(here, name) for name in reversed(below)]
    for path in links:
        if known.is_new(_real(path)):
            yield from _open(path, walking=True)


def _below(folder: str, name: str) -> str:
    """The path of an entry: exact text, and a bare name in the current folder."""
    return name if folder == "." else os.path.join(folder, name)  # noqa: PTH118 - 100,000 times


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads in a circle: opening it reports that.
        return False


def _open(path: str, *, walking: bool) -> list[Source | Skipped]:
    try:
        with opened(path) as descriptor:
            first = read_at(path, descriptor, 0, FIRST)
        if not walking:
            return _opened(path, first)
        passed_over = hopeless(first) and not promises_lines(path)
        found = [] if passed_over else [one for one in _opened(path, first) if _worth_reporting(one)]
    except SourceError as error:
        return [Skipped(path, error.finding)]
    broken = broken_promise(os.path.basename(path), first)  # noqa: PTH119 - the text of the path
    return [not_recognised(path, broken)] if broken and all(isinstance(one, Skipped) for one in found) else found


def _worth_reporting(found: Source | Skipped) -> bool:
    if not isinstance(found, Skipped):
        return True
    code = found.finding.code
    if code == "container.empty":
        return found.path.lower().endswith(_LEDGER_LIKE)
    return code != "container.not-recognised" or promises_lines(found.path)


def _opened(path: str, first: bytes) -> list[Source | Skipped]:
    match stored_kind(first):
        case "gzip":
            return _of_stream(GzipContent(path))
        case "sqlite":
            if is_own_index(path, first):
                return [not_recognised(path, "This is an index of audit-console, which keeps no ledger.")]
            return [*open_database(path)]
        case "zip":
            return _members(path)
        case _:
            return _of_stream(FileContent(path))


def _members(path: str) -> list[Source | Skipped]:
    """Members that can be ledgers. Others of a pack (an empty array, a text) are passed over, unless none is left."""
    found: list[Source | Skipped] = []
    for member in ledger_members(path):
        if isinstance(member, Finding):
            found.append(Skipped(path, member))
            continue
        source = _from_content(member)
        if not isinstance(source, Skipped) or source.finding.code == "container.unreadable":
            found.append(source)
    return found or [not_recognised(path, "The ZIP archive holds no ledgers (*.jsonl, *.json).")]


def _of_stream(content: Content) -> list[Source | Skipped]:
    """The ledger that a file holds, or those in the tar archive that it is. Raises SourceError."""
    with content.open() as window:
        verdict = text_kind(window)
        if verdict.kind == "tar":
            return _in_tar(content, window)
        return [_cut(content, verdict, window)]


def _in_tar(archive: Content, window: Window) -> list[Source | Skipped]:
    """Members that can be ledgers, and findings; the last of several with one name. Others are passed over, unless none
    is left."""
    found: dict[str | None, Source | Skipped] = {}
    problems: list[Source | Skipped] = []
    without: list[Source | Skipped] = []
    names = []
    for member in members(archive, window):
        if isinstance(member, Finding):
            problems.append(Skipped(archive.path, member))
            continue
        names.append(member.member)
        part = TarWindow(window, member.offset, member.size)
        verdict = text_kind(part)
        source = _cut(member, verdict, part)
        if member.member in found:
            problems.append(
                unread(archive.path, f"{member.member} stands several times: only the last of them is read.")
            )
        if not isinstance(source, Skipped):
            found[member.member] = source
        elif not verdict.kind and promises_lines(member.member):
            problems.append(unread(archive.path, f"{member.member}: {verdict.why}"))
        elif promises_lines(member.member):
            without.append(source)
        if len(found) >= _LEDGERS:
            message = f"More than {_LEDGERS:,} members may be ledgers: unpack the archive, and open the folder."
            problems.append(unread(archive.path, message))
            break
    if not found and (damage := window.findings()):
        return [Skipped(archive.path, each) for each in damage]
    if not found and not any(map(promises_lines, names)):
        held = ", ".join(names[:10]) or "nothing"
        return [not_recognised(archive.path, f"This is a tar archive without a ledger: it holds {held}.")]
    # An archive of anything else may be as odd as it likes.
    return [*found.values(), *(problems if any(map(promises_lines, names)) else [])] or without


def _from_content(content: Content) -> Source | Skipped:
    """The source that cuts these bytes into records. Raises SourceError."""
    with content.open() as window:
        return _cut(content, text_kind(window), window)


def _cut(content: Content, verdict: TextKind, window: Window) -> Source | Skipped:
    match verdict.kind:
        case "jsonl":
            return JsonlSource(content)
        case "json":
            return JsonSource(content)
        case "joined":
            return JoinedSource(content)
        case "docker" | "cri":
            return WrappedSource(content, verdict.kind)
        case "sse":
            return SseSource(content)
        case "tar":
            return not_recognised(content.path, "This is a tar archive inside another one: unpack it once.")
        case "empty":
            damage = window.findings()
            return Skipped(content.path, damage[0]) if damage else empty(content.path, verdict.why)
        case _:
            return not_recognised(content.path, verdict.why)
