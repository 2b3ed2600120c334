"""Keeps an index in step with its paths: at the start, and whenever something changes under them.

Here paths become ledgers. What is done about each ledger is the business of its own task (``ledger_tasks``,
``ledger_work``); only the index is shared.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from os.path import abspath, dirname, islink, lexists, realpath

from console.engine.follow.apply import Applier
from console.engine.follow.decide import LedgerState
from console.engine.follow.ledger import FollowedLedger
from console.engine.follow.ledger_tasks import LedgerTask, LedgerTasks
from console.engine.follow.ledger_work import LedgerWork
from console.engine.follow.observe import Observer, files_beside
from console.engine.follow.path_polling import SHARE, PathPolling
from console.engine.follow.rotation import Rotation, wrote_late
from console.engine.follow.row_comparison import begin, is_due
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ledgers.continuity import is_file
from console.engine.ledgers.new_tables import NewTables
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.volume_names import alike
from console.engine.ledgers.volumes import joined, parted, whole_ledger
from console.engine.memory.in_index import Witnessing
from console.formats.guarded import named
from console.formats.protocol import Claim
from console.sources.content import FileContent
from console.sources.protocol import Skipped
from console.sources.sqlite.rows import SqliteTable
from console.sources.text.jsonl import JsonlSource
from console.store.facts import KnownLedger
from console.verify.catalogue import finding
from console.witness.place import MemoryPlace

_NO_LEDGERS = {
    "container.not-recognised": LedgerState.NOT_RECOGNISED,
    "container.empty": LedgerState.EMPTY,
    "witness.truncated": LedgerState.EMPTY,
    "witness.replaced": LedgerState.NOT_RECOGNISED,
    "witness.vanished": LedgerState.GONE,
}


class Follower:
    """The ledgers under some paths. ``index`` is the index's own file: no ledger.

    ``follow``: the paths are looked at again later, so that one that is missing may still come. ``report`` is called
    after each commit, and when a ledger comes to rest. What is there is compared with the ``memory`` and remembered.
    """

    def __init__(
        self,
        ingest: Ingest,
        paths: Iterable[str],
        index: str = "",
        *,
        follow: bool = False,
        report: Callable[[Step], None] = lambda step: None,
        memory: MemoryPlace | None = None,
    ) -> None:
        self.paths = [abspath(path) for path in paths]  # noqa: PTH100 - not through symbolic links
        self._ingest = ingest
        self._writer = ingest.writer
        self._follow = follow
        self._by_path: dict[str, list[FollowedLedger]] = {}
        self._skipped: set[str] = set()
        """Paths that were reported to be no ledgers."""
        self._newcomers: asyncio.Queue[str] = asyncio.Queue()
        self._welcoming: asyncio.Task[None] | None = None
        self._rotation = Rotation(ingest)
        self._applier = Applier(ingest, self._rotation, self._remove, lambda: set(self._by_path))
        observer = Observer(ingest.writer, self._ledgers_apart, follow=follow)
        self._witnessing = Witnessing(ingest, memory, follow=follow)
        release = self._newcomers.put_nowait
        self._work = LedgerWork(ingest, observer, self._applier, report, release, self._witnessing, follow=follow)
        self._tasks = LedgerTasks(self._look)
        self._polling = PathPolling(self.paths, index)
        self._tables = NewTables()
        self._besides_not_before = 0.0
        self.found = 0
        """Ledgers that were found at the start, so far."""
        self.all_found = False

    async def start(self) -> None:
        """Open everything: known ledgers go on where they were left, new ones are read, others are reported."""
        known = {(each.path, each.member): each for each in await self._writer.known_ledgers() if each.format}
        async with self._ingest.transaction():
            await self._writer.forget_skipped()
            for earlier in known.values():
                await self._writer.describe(earlier.id, active=self._polling.is_ours(earlier.path))
        await self._rotation.load()
        self._polling.changed()  # what is there now is about to be opened
        decisions: list[asyncio.Future[None]] = []
        fresh = await self._open_all(known, decisions)
        await self._take_in(known, fresh)
        for earlier in known.values():
            if (missing := await self._missing(earlier)) is not None:
                decisions.append(self._tasks.of(missing).decision())
        self.found, self.all_found = len(self._ledgers()) + len(fresh), True
        # Any of the new files may be the past of a known ledger, which is asked first.
        await self._tasks.guard(*decisions)
        for item in fresh:
            await self._add(item)
        if self._follow:
            self._welcoming = asyncio.create_task(self._welcome_newcomers())
        await self._tasks.until_rest()
        for gone in _nameable(await self._witnessing.missing(self.paths, self._ledgers())):
            if isinstance(gone, Skipped) and gone.path not in self._skipped:
                await self._skip(gone)

    def wake(self, paths: Iterable[str]) -> None:
        """Something happened at these paths."""
        for path in sorted({path.removesuffix("-wal").removesuffix("-journal") for path in paths}):
            ledgers = self._by_path.get(path, [])
            self._wake(ledgers)
            if path in self._rotation.past:
                self._wake(self._owners(path))
            elif not ledgers or any(isinstance(each.source, SqliteTable) for each in ledgers):
                self._newcomers.put_nowait(path)

    async def look(self, path: str) -> None:
        """Something happened at this path: wait until all that follows from it is done."""
        self._wake(self._by_path.get(path, []))
        await self._welcome(path)
        await self._tasks.until_rest()

    async def changed(self) -> list[str]:
        """Paths where something changed since they were last looked at, for file systems that do not notify."""
        polled = await asyncio.to_thread(self._polling.changed)
        known = [*self._changed(), *await self._besides_changed()]
        return [*known, *(path for path in polled if path not in self._by_path)]

    async def settle(self) -> None:
        """After ``start``, where the work goes on: what was put off while much was read is done."""
        await self._ingest.settle()

    async def until_failure(self) -> None:
        """Wait for ever, or raise what ended the work."""
        await self._tasks.guard(self._tasks.failure)

    async def close(self) -> None:
        """End the work; what was committed stands."""
        if self._welcoming is not None:
            self._welcoming.cancel()
            await asyncio.gather(self._welcoming, return_exceptions=True)
        await self._tasks.close()

    def _ledgers(self) -> list[FollowedLedger]:
        return [each for ledgers in self._by_path.values() for each in ledgers]

    def _ledgers_apart(self) -> set[str]:
        """Paths that hold ledgers of their own: a copy that appeared meanwhile may be another ledger's past."""
        return {path for path, ledgers in self._by_path.items() if not all(each.newcomer for each in ledgers)}

    def _wake(self, ledgers: Iterable[FollowedLedger]) -> None:
        for ledger in ledgers:
            self._tasks.of(ledger).wake()

    def _owners(self, past: str) -> list[FollowedLedger]:
        """Ledgers for which something that comes to this file of the past matters."""
        return [
            each
            for each in self._ledgers()
            if (each.earlier.source is not None and each.earlier.source.path == past) or wrote_late(each)
        ]

    async def _look(self, task: LedgerTask) -> None:
        await self._work.look(task)
        if task.ledger.status.state.is_read:
            for root in self.paths:
                if task.ledger.path.startswith(root.rstrip("/") + "/"):
                    await self._forget(root)

    # Opening

    async def _open_all(
        self, known: dict[tuple[str, str | None], KnownLedger], decisions: list[asyncio.Future[None]]
    ) -> list[Opened]:
        """Resume the known ledgers that are there, which are taken out of ``known``, and find the new ones.
        ``decisions`` take in what to wait for until it is clear what became of the known ones."""
        fresh: dict[tuple[str, str | None], Opened] = {}
        places = {path for path, _ in known}
        items = _nameable(joined(self.paths, open_ledgers(self.paths)))
        while (item := await asyncio.to_thread(next, items, None)) is not None:
            if isinstance(item, Skipped):
                if item.path not in places and not self._polling.passed_over(item.path):
                    await self._skip(item)
                continue
            key = (item.source.path, item.source.member)
            if self._polling.passed_over(key[0]):
                continue
            self.found += 1
            if key in known:
                ledger = await self._resume(item, known.pop(key))
                decisions.append(self._tasks.of(ledger).decision())
            elif key not in fresh and not any(each.member == key[1] for each in self._by_path.get(key[0], ())):
                fresh[key] = item
        return [*fresh.values()]

    async def _take_in(self, known: dict[tuple[str, str | None], KnownLedger], fresh: Iterable[Opened]) -> None:
        """Files that were ledgers of their own, and are another ledger's past now."""
        past = self._rotation.past.union(each.path for item in fresh for each in parted(item)[1])
        for key in [key for key in known if key[0] in past]:
            async with self._ingest.transaction():
                await self._writer.remove(known.pop(key).id)

    async def _missing(self, known: KnownLedger) -> FollowedLedger | None:
        """A ledger that the index knows is not where it was; one of the files beside it may hold its records."""
        if self._is_another_name(known.path):
            async with self._ingest.transaction():
                await self._writer.describe(known.id, active=False)
            return None
        if not self._polling.is_ours(known.path):
            return None
        absent = JsonlSource(FileContent(known.path))
        return await self._resume(Opened(absent, named(known.format), Claim(100, known.shape, "")), known)

    async def _resume(self, item: Opened, known: KnownLedger) -> FollowedLedger:
        """A known ledger: reading goes on at its own path or, after a rotation, in the file that it was moved to."""
        newest, past = parted(item)
        opened = replace(newest, beside=await self._writer.beside(known.id))
        ledger = FollowedLedger(known.path, known.member, opened, self._ingest.resume(known))
        self._applier.resume(ledger, known)
        ledger.witnessed.words = known.memory
        await self._rotation.resume(ledger, past)
        begin(ledger, known.file)
        self._by_path.setdefault(known.path, []).append(ledger)
        another = (known.format, known.shape) != (item.format.name, item.claim.shape)
        if another or await self._rotation.lacks(ledger, past):
            await self._applier.decode_again(ledger, item)
        return ledger

    async def _add(self, item: Opened, *, newcomer: bool = False) -> None:
        source = item.source
        if source.path in self._rotation.past and source.path not in self.paths:
            return
        if self._polling.passed_over(source.path):
            return
        if any(each.member == source.member for each in self._by_path.get(source.path, ())):
            return
        opened, past = parted(item)
        for each in past:
            await self._remove(each.path)
        reading = await self._ingest.add(opened, past)
        ledger = FollowedLedger(source.path, source.member, opened, reading, newcomer)
        self._rotation.begin(ledger, past)
        self._by_path.setdefault(source.path, []).append(ledger)
        self._tasks.of(ledger).wake()

    # Newcomers

    async def _welcome_newcomers(self) -> None:
        while True:
            path = await self._newcomers.get()
            try:
                await self._welcome(path)
            except Exception as error:  # noqa: BLE001 - the index fails: whoever waits raises it
                self._tasks.fail(error)
                return

    async def _welcome(self, path: str) -> None:
        """A path that holds no ledger yet may hold one now; a database may have a new table."""
        if path in self._by_path:
            sources = [each.source for each in self._by_path[path]]
            for table in await asyncio.to_thread(self._tables.find, sources):
                await self._add(table, newcomer=True)
            return
        if not self._polling.is_ours(path) or self._polling.passed_over(path) or self._is_another_name(path):
            return
        # It may be the past of a ledger beside it, which is asked first.
        near = [each for each in self._changed() if dirname(each) == dirname(path)]  # noqa: PTH120 - the path's text
        tasks = [self._tasks.of(ledger) for each in near for ledger in self._by_path[each]]
        await self._tasks.guard(*(each.decision() for each in tasks if not each.reads_on))
        self._polling.note(path)
        if path in self._rotation.past:
            self._wake(self._owners(path))
            return
        await self._forget(path)
        if not lexists(path) or await self._is_past(path):
            return
        for item in await asyncio.to_thread(list, _nameable(joined([path], open_ledgers([path])))):
            if not isinstance(item, Skipped):
                await self._add(item, newcomer=True)
            elif item.finding.code not in _NO_LEDGERS:
                await self._skip(item)

    async def _is_past(self, path: str) -> bool:
        """True if the file holds the past of a ledger that was read without it: that is read again, with it."""
        here = dirname(path)  # noqa: PTH120 - the text of the path
        beside = [each for each in self._by_path if dirname(each) == here and alike(each, path)]  # noqa: PTH120
        for each in beside:
            whole = await asyncio.to_thread(whole_ledger, each)
            if whole is None or path not in {source.path for source in parted(whole)[1]}:
                continue
            for ledger in self._by_path.get(each, ()):
                ledger.joined = whole
            self._rotation.past.add(path)
            self._wake(self._by_path.get(each, ()))
            return True
        return False

    def _is_another_name(self, path: str) -> bool:
        """True for a link to a ledger that is followed under its own name."""
        if path in self._by_path or not islink(path):  # noqa: PTH114 - the text of the path
            return False
        real = realpath(path)
        return any(realpath(each) == real for each in self._by_path)

    async def _remove(self, path: str) -> None:
        """What stands at this path belongs to another ledger: it was seen, and perhaps taken for one of its own."""
        for copy in self._by_path.pop(path, []):
            await self._tasks.remove(copy)
            async with self._ingest.transaction():
                await self._writer.remove(copy.id)
        await self._forget(path)

    async def _skip(self, skipped: Skipped) -> None:
        skipped, *worse = await self._witnessing.judged(skipped)
        self._skipped.add(skipped.path)
        note = skipped.finding.message
        if self._follow and not lexists(skipped.path) and skipped.finding.family != "witness":
            note = "Not there yet; taken when it appears."
        async with self._ingest.transaction():
            ledger = await self._writer.add_ledger(skipped.path, None, "", "", "")
            state = _NO_LEDGERS.get(skipped.finding.code, LedgerState.UNREADABLE)
            await self._writer.describe(ledger, state=state, note=note)
            found = [replace(skipped.finding, message=note), *(each.finding for each in worse)]
            await self._writer.add_findings(ledger, found)

    async def _forget(self, path: str) -> None:
        """A path that was reported not to be a ledger, or a folder to hold none, may be one now."""
        if path in self._skipped:
            self._skipped.discard(path)
            async with self._ingest.transaction():
                await self._writer.forget_skipped(path)

    # Without notification

    def _changed(self) -> list[str]:
        """Paths of ledgers whose files are not as they were when they were read."""
        return [path for path, ledgers in self._by_path.items() if any(map(_differs, ledgers))]

    async def _besides_changed(self) -> list[str]:
        """Paths of ledgers beside which files came, changed or went."""
        began = time.monotonic()
        if began < self._besides_not_before:
            return []
        ledgers = [each for each in self._ledgers() if each.status.state.is_read]
        now = await asyncio.to_thread(lambda: [files_beside(each) for each in ledgers])
        self._besides_not_before = began + (time.monotonic() - began) * SHARE
        return [each.path for each, beside in zip(ledgers, now, strict=True) if beside != each.opened.beside]


def _differs(ledger: FollowedLedger) -> bool:
    """True if the ledger's file is not as it was when it was read."""
    now = ledger.file_now()
    if not now:
        return ledger.status.state is not LedgerState.GONE
    overtaken = ledger.earlier.source is not None and is_file(ledger.path)
    again = now != ledger.status.failed and (now != ledger.reading.file or is_due(ledger, now))
    return again or overtaken or wrote_late(ledger)


def _nameable(items: Iterable[Opened | Skipped]) -> Iterator[Opened | Skipped]:
    """What is found, but for names that are not UTF-8: the index cannot hold them, so they are reported instead."""
    for item in items:
        path = item.path if isinstance(item, Skipped) else item.source.path
        if path.isascii() or path == path.encode("utf-8", "replace").decode():
            yield item
            continue
        why = "Its name is not UTF-8, so that the index cannot hold it; verify can check it."
        yield Skipped(path.encode("utf-8", "backslashreplace").decode(), finding("container.unreadable", why))
