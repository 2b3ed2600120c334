"""An index brought up to date for a command, without a console."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from console.engine.follow.follower import Follower
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ledgers.options import Options
from console.engine.run import bulk_process
from console.engine.session.index_place import keep
from console.engine.session.protocol import IndexPlace, ReadSoFar
from console.formats.registry import broken
from console.store.errors import StoreError
from console.store.opening import store_at
from console.store.protocol import IndexReader, IndexStore


@asynccontextmanager
async def indexed(
    paths: Sequence[str],
    index: IndexPlace,
    options: Options,
    *,
    progress: Callable[[ReadSoFar], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> AsyncIterator[IndexReader]:
    """A reader of an index that holds what is in these files and folders now.

    Where another console writes the same index, it is read as that one left it, and ``note`` hears it; ``progress``
    hears what was read so far. Raises ``OSError`` where the index cannot be written, or where its place holds
    something else.
    """
    bulk_process.prepare()
    kept = keep(index)
    where, store = kept.index, store_at(kept.index)
    if kept.note and note:
        note(kept.note)
    try:
        with store.lock() as lock:
            if lock.acquire():
                try:
                    await _update(store, str(where), paths, options, progress, note)
                except StoreError as error:
                    if error.damaged:
                        store.discard()
                        words = f"the index at {where} is damaged ({error}): the next start builds it again"
                        raise OSError(words) from error
                    raise OSError(f"the index at {where} cannot be written: {error}") from error
            elif note:
                note("Another console writes this index: it is read as it is.")
        reader = await store.reader()
        if reader is None:
            raise OSError(f"the index at {where} cannot be read")
        try:
            yield reader
        finally:
            await reader.close()
    finally:
        if kept.folder:
            kept.folder.remove()


async def _update(
    store: IndexStore,
    where: str,
    paths: Sequence[str],
    options: Options,
    progress: Callable[[ReadSoFar], None] | None,
    note: Callable[[str], None] | None,
) -> None:
    writer, remark = await store.writer()
    try:
        if remark and note:
            note(remark)
        events = 0
        done: set[int] = set()

        def report(step: Step) -> None:
            nonlocal events
            events += step.events
            (done.discard if step.more else done.add)(step.ledger)
            if progress:
                progress(ReadSoFar(events, len(done), follower.found))

        follower = Follower(Ingest(writer, options), paths, where, report=report)
        try:
            await follower.start()
        finally:
            await follower.close()
        if note:
            for each in broken():
                note(each.why)
    finally:
        await writer.close()
