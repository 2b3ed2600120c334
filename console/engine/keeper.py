"""Keeps an index in step with its paths: at the start, and whenever something changes under them."""

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from console.engine.continuity import Continuity, Mark, compare, moved_to
from console.engine.decode import file_text
from console.engine.ingest import Ingest, Live, Step
from console.engine.opening import Opened, open_ledgers
from console.index.schema import BY_FOLLOWING
from console.index.states import Known, known_ledgers, leaf_of, newest_volume, place
from console.model.record import Cursor
from console.sources.base import Skipped, Source, SourceError
from console.verify.catalogue import finding

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
    """The ledgers under some paths, and what became of each of them."""

    def __init__(self, ingest: Ingest, paths: Iterable[str]) -> None:
        self._ingest = ingest
        self._writer = ingest.writer
        self.paths = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - not through symbolic links
        self._by_path: dict[str, list[Live]] = {}
        self._past: set[str] = set()
        """Paths that hold the past of a ledger (rotated or compressed)."""

    @property
    def live(self) -> Iterable[Live]:
        return self._ingest.live.values()

    async def start(self) -> AsyncIterator[Step]:
        """Open everything: known ledgers go on where they were left, new ones are read, others are said."""
        db = self._writer.db
        known = {(each.path, each.member): each for each in await known_ledgers(db) if each.format}
        async with self._writer.transaction():
            await db.execute("UPDATE ledger SET active = 0")
            await self._writer.forget_skipped()
        async with db.execute("SELECT path FROM volume WHERE path NOT IN (SELECT path FROM ledger)") as rows:
            self._past.update([row[0] async for row in rows])
        fresh: list[Opened] = []
        seen: set[tuple[str, str | None]] = set()
        for item in _nameable(open_ledgers(self.paths)):
            if isinstance(item, Skipped):
                await self._skip(item)
                continue
            key = (item.source.path, item.source.member)
            if key in known and known[key].format == item.format.name:
                seen.add(key)
                async for step in self._go_on(item, known[key]):
                    yield step
            else:
                fresh.append(item)
        for key, earlier in known.items():
            if key not in seen and self._is_ours(earlier.path):
                await self._missing(earlier, fresh)
        for item in fresh:
            async for step in self._open(item):
                yield step

    async def look(self, path: str) -> AsyncIterator[Step]:
        """Something happened at this path: read on, or say what became of the ledgers there."""
        path = path.removesuffix("-wal")
        ledgers = self._by_path.get(path)
        if ledgers:
            for live in list(ledgers):
                async for step in self._look_again(live):
                    yield step
        elif path not in self._past and self._is_ours(path):
            await self._forget(path)
            for item in _nameable(open_ledgers([path])):
                if isinstance(item, Skipped):
                    if item.finding.code not in ("container.not-recognised", "container.empty"):
                        await self._skip(item)
                    continue
                async for step in self._open(item):
                    yield step

    def changed(self) -> list[str]:
        """Paths whose size or times differ from what was read last, for file systems that do not notify."""
        paths = []
        for path, ledgers in self._by_path.items():
            try:
                differs = any(live.file and live.file != file_text(live.opened.source) for live in ledgers)
            except SourceError:
                differs = any(live.file for live in ledgers)
            if differs:
                paths.append(path)
        return paths

    def _is_ours(self, path: str) -> bool:
        return any(path == root or path.startswith(root.rstrip("/") + "/") for root in self.paths)

    async def _open(self, item: Opened) -> AsyncIterator[Step]:
        if item.source.path in self._past:
            return
        live = await self._ingest.add(item)
        self._by_path.setdefault(item.source.path, []).append(live)
        async for step in self._read(live):
            yield step

    async def _go_on(self, item: Opened, known: Known) -> AsyncIterator[Step]:
        live = await self._ingest.resume(item, known)
        self._by_path.setdefault(item.source.path, []).append(live)
        async for step in self._look_again(live):
            yield step

    async def _look_again(self, live: Live) -> AsyncIterator[Step]:
        first, last = await self._marks(live)
        source = live.opened.source
        verdict = compare(source, live.next, first, last)
        if verdict is not Continuity.SAME:
            besides = set(self._by_path)
            moved = moved_to(source, first, last, besides=besides)
            if moved is not None:
                await self._moved(live.id, moved, source.path, source.member, live.next.ordinal)
                live.next, live.file = Cursor(live.next.ordinal, 0), ""
                if verdict is Continuity.GONE:
                    return
            elif verdict is Continuity.GONE:
                await self._say_gone(live.id, source.path)
                live.file = ""
                return
            else:
                async for step in self._anew(live, verdict):
                    yield step
                return
        async for step in self._read(live):
            yield step

    async def _read(self, live: Live) -> AsyncIterator[Step]:
        try:
            async for step in self._ingest.read(live):
                yield step
            await self._writer.describe(live.id, state="live")
            await self._writer.replace_standing(live.id, [], BY_FOLLOWING)
        except SourceError as error:
            await self._writer.describe(live.id, state="unreadable", note=error.finding.message)
            await self._writer.replace_standing(live.id, [error.finding], BY_FOLLOWING)

    async def _moved(self, ledger: int, moved: Source, path: str, member: str | None, ordinal: int) -> None:
        """Rotation or compression: the records before ``ordinal`` are elsewhere, the path begins a new volume."""
        compressed = moved.container == "gzip" and not path.endswith(".gz")
        code = "container.compressed" if compressed else "container.rotated"
        name = Path(moved.path).name
        async with self._writer.transaction():
            await self._writer.move(ledger, moved.path, moved.member, first=ordinal - 1)
            await self._writer.add_volume(ledger, ordinal, path, member)
            await self._writer.add_findings(
                ledger, [finding(code, f"Records up to {ordinal - 1:,} are in {name} now.")]
            )
            await self._writer.describe(ledger, note=f"earlier records are in {name}", next_offset=0, file="")
        self._past.add(moved.path)
        await self._forget(moved.path)

    async def _anew(self, live: Live, verdict: Continuity) -> AsyncIterator[Step]:
        """The content changed under us: say so, and read what is there now."""
        code, message = _CHANGED[verdict]
        said = finding(code, message.format(records=live.next.ordinal - 1))
        async with self._writer.transaction():
            await self._writer.clear(live.id)
            await self._writer.add_findings(live.id, [said])
            await self._writer.describe(live.id, note=verdict.value)
        live.next, live.file, live.reader = Cursor(), "", None
        async for step in self._read(live):
            yield step

    async def _marks(self, live: Live) -> tuple[Mark | None, Mark | None]:
        first = await newest_volume(self._writer.db, live.id)
        last = live.next.ordinal - 1
        if last < first:
            return None, None
        return await self._mark(live.id, first), await self._mark(live.id, last)

    async def _mark(self, ledger: int, ordinal: int) -> Mark | None:
        where = await place(self._writer.db, ledger, ordinal)
        digest = await leaf_of(self._writer.db, ledger, ordinal)
        return None if where is None or digest is None else Mark(*where, digest)

    async def _missing(self, known: Known, fresh: list[Opened]) -> None:
        """A ledger that the index knows is not where it was; one of the new files may hold its records."""
        await self._writer.describe(known.id, active=1)
        first, last = await self._mark(known.id, known.volume), await self._mark(known.id, known.next.ordinal - 1)
        for item in fresh:
            if first and last and compare(item.source, known.next, first, last) is Continuity.SAME:
                await self._moved(known.id, item.source, known.path, known.member, known.next.ordinal)
                fresh.remove(item)
                return
        await self._say_gone(known.id, known.path)

    async def _say_gone(self, ledger: int, path: str) -> None:
        said = finding("container.vanished", f"{path} is not there any more.")
        async with self._writer.transaction():
            await self._writer.describe(ledger, state="gone", note="the file is not there any more")
            await self._writer.replace_standing(ledger, [said], BY_FOLLOWING)

    async def _skip(self, skipped: Skipped) -> None:
        code = skipped.finding.code
        state = {"container.not-recognised": "not recognised", "container.empty": "empty"}.get(code, "unreadable")
        async with self._writer.transaction():
            ledger = await self._writer.add_ledger(skipped.path, None, "", "", "")
            await self._writer.describe(ledger, state=state, note=skipped.finding.message)
            await self._writer.add_findings(ledger, [skipped.finding])

    async def _forget(self, path: str) -> None:
        """A path that was said not to be a ledger may be one now."""
        async with self._writer.transaction():
            await self._writer.db.execute(
                "DELETE FROM finding WHERE ledger IN (SELECT id FROM ledger WHERE format = '' AND path = ?)", (path,)
            )
            await self._writer.db.execute("DELETE FROM ledger WHERE format = '' AND path = ?", (path,))
