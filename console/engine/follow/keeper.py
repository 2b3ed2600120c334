"""Keeps an index in step with its paths: at the start, and whenever something changes under them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace

from console.engine.follow.continuity import Continuity, Mark, compare, holds, moved_to
from console.engine.follow.new_tables import Tables
from console.engine.follow.path_polling import SHARE, Lookout
from console.engine.follow.rotation import Rotation, marks, silent, wrote_late
from console.engine.follow.row_comparison import due, untouched
from console.engine.follow.unfinished_writes import PATIENCE, in_writing
from console.engine.ingest.ingest import Ingest, Live, Step
from console.engine.ingest.portions import file_text
from console.engine.ledgers.faults import READER_FAILED, as_said
from console.engine.ledgers.opening import Opened, open_ledger, open_ledgers
from console.engine.ledgers.volumes import source_at
from console.formats.protocol import Claim
from console.formats.registry import by_name
from console.model.finding import Finding
from console.model.record import Cursor
from console.sources.base import Skipped, Source, SourceError
from console.sources.companion import beside
from console.sources.content import FileContent
from console.sources.jsonl import JsonlSource
from console.store.errors import StoreError
from console.store.protocol import StatedBy
from console.store.rows import KnownLedger
from console.verify.catalogue import finding

SAMPLE = 20
"""Records by which a ledger is recognised: while it has fewer, it is recognised again as it grows."""
_CHANGED = {
    Continuity.SHRUNK: ("container.shrunk", "The ledger became shorter: {records:,} records had been read."),
    Continuity.REWRITTEN: ("container.rewritten", "The content that had been read changed: {records:,} records."),
    Continuity.REPLACED: ("container.replaced", "Another content stands here: {records:,} records had been read."),
}


def _nameable(items: Iterable[Opened | Skipped]) -> Iterator[Opened | Skipped]:
    """What is found, but for names that are not UTF-8: the index cannot hold them, so they are said instead."""
    for item in items:
        path = item.path if isinstance(item, Skipped) else item.source.path
        if path.isascii() or path == path.encode("utf-8", "replace").decode():
            yield item
            continue
        said = "Its name is not UTF-8, so that the index cannot hold it; verify can check it."
        yield Skipped(path.encode("utf-8", "backslashreplace").decode(), finding("container.unreadable", said))


class Keeper:
    """The ledgers under some paths, and what became of each of them. ``index`` is the index's own file: no ledger.

    ``follow``: the paths are looked at again later, so that one that is missing may still come.
    """

    def __init__(self, ingest: Ingest, paths: Iterable[str], index: str = "", *, follow: bool = False) -> None:
        self._ingest = ingest
        self._follow = follow
        self._writer = ingest.writer
        self.paths = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - not through symbolic links
        self._by_path: dict[str, list[Live]] = {}
        self._rotation = Rotation(ingest.writer)
        self._skipped: set[str] = set()
        """Paths that were said to be no ledgers."""
        self._lookout = Lookout(self.paths, index)
        self._tables = Tables()
        self._besides_not_before = 0.0

    @property
    def live(self) -> Iterable[Live]:
        return self._ingest.live.values()

    async def start(self) -> AsyncIterator[Step]:
        """Open everything: known ledgers go on where they were left, new ones are read, others are said."""
        known = {(each.path, each.member): each for each in await self._writer.known_ledgers() if each.format}
        async with self._writer.transaction():
            await self._writer.forget_skipped()
            for earlier in known.values():
                await self._writer.describe(earlier.id, active=self._lookout.is_ours(earlier.path))
        await self._rotation.load()
        self._lookout.changed()  # what is there now is about to be opened
        fresh: list[Opened] = []
        seen: set[tuple[str, str | None]] = set()
        for item in _nameable(open_ledgers(self.paths)):
            if isinstance(item, Skipped):
                if not any(item.path == path for path, _ in known) and not self._lookout.passed_over(item.path):
                    await self._skip(item)
                continue
            key = (item.source.path, item.source.member)
            if self._lookout.passed_over(key[0]) or key in seen:
                continue
            if key in known:
                seen.add(key)
                async for step in self._go_on(item, known[key]):
                    yield step
            else:
                fresh.append(item)
        for key, earlier in known.items():
            if key not in seen and self._is_another_name(earlier.path):
                async with self._writer.transaction():
                    await self._writer.describe(earlier.id, active=False)
            elif key not in seen and self._lookout.is_ours(earlier.path):
                async for step in self._missing(earlier):
                    yield step
        for item in fresh:
            async for step in self._open(item):
                yield step

    async def look(self, path: str) -> AsyncIterator[Step]:
        """Something happened at this path: read on, or say what became of the ledgers there."""
        path = path.removesuffix("-wal").removesuffix("-journal")
        if path in self._by_path:
            for live in list(self._by_path[path]):
                async for step in self._look_again(live):
                    yield step
            for table in self._tables.fresh(live.source for live in self._by_path.get(path, ())):
                async for step in self._open(table, followed=True):
                    yield step
            return
        if not self._lookout.is_ours(path) or self._lookout.passed_over(path) or self._is_another_name(path):
            return
        # It may be the past of a ledger beside it, which is asked first.
        folder = os.path.dirname(path)  # noqa: PTH120 - the text of the path
        for near in [each for each in self._changed() if os.path.dirname(each) == folder]:  # noqa: PTH120
            for live in list(self._by_path.get(near, ())):
                async for step in self._look_again(live):
                    yield step
        self._lookout.note(path)
        if path in self._rotation.past:
            for live in list(self.live):
                if live.moved and live.moved.path == path:
                    async for step in self._look_again(live):
                        yield step
                else:
                    await self._rotation.say_late(live)
            return
        await self._forget(path)
        if not os.path.lexists(path):
            return
        for item in _nameable(open_ledgers([path])):
            if not isinstance(item, Skipped):
                async for step in self._open(item, followed=True):
                    yield step
            elif item.finding.code not in ("container.not-recognised", "container.empty"):
                await self._skip(item)

    def changed(self) -> list[str]:
        """Paths where something changed since they were last looked at, for file systems that do not notify."""
        return [
            *self._changed(),
            *self._besides_changed(),
            *(path for path in self._lookout.changed() if path not in self._by_path),
        ]

    def _is_another_name(self, path: str) -> bool:
        """Whether it is a link to a ledger that is kept under its own name."""
        if path in self._by_path or not os.path.islink(path):  # noqa: PTH114 - the text of the path
            return False
        real = os.path.realpath(path)
        return any(os.path.realpath(each) == real for each in self._by_path)

    def _besides_changed(self) -> list[str]:
        began = time.monotonic()
        if began < self._besides_not_before:
            return []
        found = [live.path for live in self.live if live.state == "live" and _beside(live) != live.beside]
        self._besides_not_before = began + (time.monotonic() - began) * SHARE
        return found

    def _changed(self) -> list[str]:
        return [path for path, ledgers in self._by_path.items() if any(map(_differs, ledgers))]

    async def _open(self, item: Opened, *, followed: bool = False) -> AsyncIterator[Step]:
        source = item.source
        if source.path in self._rotation.past or self._lookout.passed_over(source.path):
            return
        if any(live.member == source.member for live in self._by_path.get(source.path, ())):
            return
        live = await self._ingest.add(item)
        live.followed = followed
        self._by_path.setdefault(source.path, []).append(live)
        async for step in self._read(live):
            yield step

    async def _go_on(self, item: Opened, known: KnownLedger) -> AsyncIterator[Step]:
        live = await self._resumed(item, known)
        if (known.format, known.shape) != (item.format.name, item.claim.shape):
            async for step in self._as_another(live, item):
                yield step
        async for step in self._look_again(live):
            yield step

    async def _resumed(self, item: Opened, known: KnownLedger) -> Live:
        """A known ledger, its reading at its own path or, after a rotation, still in the file it was moved to."""
        live = await self._ingest.resume(item, known)
        self._by_path.setdefault(known.path, []).append(live)
        _, path, member = (await self._writer.volumes(known.id))[-1]
        if (path, member) != (known.path, known.member):
            live.moved = source_at(path, member) or item.source
        live.before = await self._rotation.before(live)
        return live

    async def _look_again(self, live: Live) -> AsyncIterator[Step]:
        if live.state != "live" and live.moved is None:
            live.opened = replace(live.opened, source=source_at(live.path, live.member) or live.opened.source)
        first, last = await marks(self._writer, live)
        verdict = await self._compared(live, first, last)
        if verdict is not Continuity.SAME:
            moved = None
            if first is not None and not holds(live.source, first):
                own = {path for path, ledgers in self._by_path.items() if not all(each.followed for each in ledgers)}
                moved = moved_to(live.source, first, last, besides=own | {live.path})
            if moved is None and verdict is not Continuity.GONE:
                # Perhaps it is just being written anew: look twice before saying anything.
                await asyncio.sleep(PATIENCE)
                verdict = await self._compared(live, first, last)
        if verdict is not Continuity.SAME:
            if moved is not None:
                await self._moved(live, moved)
            elif live.moved is not None and _is_there(live.path):
                await self._rotation.next(live)  # the earlier file is gone, with what came to it since the last look
            elif verdict is Continuity.GONE:
                await self._say(
                    live, "gone", finding("container.vanished", f"{live.source.path} is not there any more.")
                )
                live.file = ""
                return
            else:
                async for step in self._anew(live, verdict):
                    yield step
                return
        if live.moved is not None and _is_there(live.path):
            ended = silent(live) or not self._follow
            async for step in self._read(live, ended=ended):
                yield step
            if not ended:
                return
            await self._rotation.next(live)
        await self._rotation.say_late(live)
        if live.next.ordinal <= SAMPLE and live.next.ordinal > 1:
            async for step in self._recognise_again(live):
                yield step
        if _beside(live) != live.beside:
            async for step in self._with_what_is_beside(live):
                yield step
        if not (self._follow and in_writing(live)):
            async for step in self._read(live):
                yield step

    async def _with_what_is_beside(self, live: Live) -> AsyncIterator[Step]:
        """Files that help to check a ledger came, changed or went: all of it is decoded again with those there now."""
        item = open_ledger(live.source)
        whole = live.moved is None and len(await self._writer.volumes(live.id)) == 1
        if isinstance(item, Opened) and whole and item.claim.shape == live.opened.claim.shape:
            async for step in self._as_another(live, item):
                yield step
        else:
            live.beside = _beside(live)

    async def _compared(self, live: Live, first: Mark | None, last: Mark | None) -> Continuity:
        if live.source.container in ("gzip", "zip") and live.file and live.file == _file(live):
            return Continuity.SAME  # to look at its last record, all before it would have to be decoded
        verdict = compare(live.source, live.next, first, last)
        if verdict is Continuity.SAME and not await untouched(live, self._writer, follow=self._follow):
            return Continuity.REWRITTEN
        return verdict

    async def _read(self, live: Live, *, ended: bool = False) -> AsyncIterator[Step]:
        file = _file(live)
        if live.failed and live.failed == file:
            return
        try:
            async for step in self._ingest.read(live, ended=ended):
                yield step
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a reader raises costs its own ledger and no other
            said = as_said(live.path, error).finding
            live.failed = file if said.code == READER_FAILED else ""
            await self._say(live, "unreadable", said)
            return
        live.failed = ""
        for root in self.paths:
            if live.path.startswith(root.rstrip("/") + "/"):
                await self._forget(root)
        if live.state != "live" or live.said:
            async with self._writer.transaction():
                if live.state != "live":
                    await self._writer.describe(live.id, state="live", note="")
                await self._writer.replace_standing(live.id, [], StatedBy.FOLLOWING)
            live.state, live.said = "live", False

    async def _moved(self, live: Live, moved: Source) -> None:
        """Rotation or compression: the newest volume is in another file now, perhaps with more than was read."""
        for copy in self._by_path.pop(moved.path, []):
            # It was seen before the ledger was gone from its path, and taken for a ledger of its own.
            async with self._writer.transaction():
                await self._writer.remove(copy.id)
            del self._ingest.live[copy.id]
        await self._rotation.moved(live, moved, besides=set(self._by_path))
        await self._forget(moved.path)

    async def _anew(self, live: Live, verdict: Continuity) -> AsyncIterator[Step]:
        """The content changed under us: say so, and read what is there now."""
        code, message = _CHANGED[verdict]
        said = finding(code, message.format(records=live.next.ordinal - 1))
        old = [path for _, path, _ in await self._writer.volumes(live.id) if path != live.path]
        live.moved = None
        async with self._writer.transaction():
            await self._writer.clear(live.id)
            if live.opened.changed_in_place and verdict is not Continuity.SHRUNK:
                await self._writer.describe(live.id, note="its writer changes records in place: they were read again")
            else:
                await self._writer.add_findings(live.id, [said])
                await self._writer.describe(live.id, note=verdict.value)
        live.next, live.file, live.reader = Cursor(), "", None
        if source_at(live.path, live.member) is None and _size(live.path):
            said = finding("container.not-recognised", "What stands here now is no ledger.")
            await self._say(live, "not recognised", said)
            return
        async for step in self._recognise_again(live):
            yield step
        async for step in self._read(live):
            yield step
        for path in old:
            # Its past does not belong to what stands there now.
            self._rotation.past.discard(path)
            for item in open_ledgers([path]):
                if not isinstance(item, Skipped):
                    async for step in self._open(item):
                        yield step

    async def _recognise_again(self, live: Live) -> AsyncIterator[Step]:
        """What few records were taken for something may be something else with more of them."""
        source = source_at(live.path, live.member)
        item = None if source is None else open_ledger(source)
        if item is None or isinstance(item, Skipped):
            return
        if (item.format.name, item.claim.shape) != (live.opened.format.name, live.opened.claim.shape):
            async for step in self._as_another(live, item):
                yield step
        elif live.next.ordinal == 1:
            live.opened = item

    async def _as_another(self, live: Live, item: Opened) -> AsyncIterator[Step]:
        """More is known of what they are: all records are decoded again."""
        async with self._writer.transaction():
            await self._writer.clear(live.id)
            await self._writer.describe(
                live.id, format=item.format.name, shape=item.claim.shape, container=item.source.container
            )
            await self._writer.note_beside(live.id, item.beside)
        live.beside = item.beside
        live.opened, live.next, live.file, live.reader, live.profile = item, Cursor(), "", None, None
        live.moved = None
        async for step in self._read(live):
            yield step

    async def _missing(self, known: KnownLedger) -> AsyncIterator[Step]:
        """A ledger that the index knows is not where it was; one of the files beside it may hold its records."""
        absent = JsonlSource(FileContent(known.path))
        live = await self._resumed(Opened(absent, by_name(known.format), Claim(100, known.shape, "")), known)
        async for step in self._look_again(live):
            yield step

    async def _say(self, live: Live, state: str, said: Finding) -> None:
        """What became of a ledger's file, until it can be read again."""
        if (live.state, live.said) == (state, True):
            return
        async with self._writer.transaction():
            await self._writer.describe(live.id, state=state, note=said.message)
            await self._writer.replace_standing(live.id, [said], StatedBy.FOLLOWING)
        live.state, live.said = state, True

    async def _skip(self, skipped: Skipped) -> None:
        self._skipped.add(skipped.path)
        code = skipped.finding.code
        state = {"container.not-recognised": "not recognised", "container.empty": "empty"}.get(code, "unreadable")
        note = skipped.finding.message
        if self._follow and not os.path.lexists(skipped.path):
            note = "Not there yet; taken when it appears."
        async with self._writer.transaction():
            ledger = await self._writer.add_ledger(skipped.path, None, "", "", "")
            await self._writer.describe(ledger, state=state, note=note)
            await self._writer.add_findings(ledger, [replace(skipped.finding, message=note)])

    async def _forget(self, path: str) -> None:
        """A path that was said not to be a ledger, or a folder to hold none, may be one now."""
        if path in self._skipped:
            self._skipped.discard(path)
            async with self._writer.transaction():
                await self._writer.forget_skipped(path)


def _beside(live: Live) -> str:
    """What lies beside a ledger now."""
    return beside(live.source, live.opened.format.companions)


def _is_there(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - the text of the path


def _size(path: str) -> int:
    return os.path.getsize(path) if _is_there(path) else 0  # noqa: PTH202


def _file(live: Live) -> str:
    """The state of a ledger's file now, '' if there is none."""
    try:
        return file_text(live.source)
    except SourceError:
        return ""


def _differs(live: Live) -> bool:
    """Whether a file is not as it was when it was read."""
    now = _file(live)
    if not now:
        return live.state != "gone"
    overtaken = live.moved is not None and _is_there(live.path)
    again = now != live.failed and (now != live.file or due(live, now))
    return again or overtaken or wrote_late(live)
