"""An index brought up to date for a command, without a console."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from console.engine.follow.follower import Follower
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ledgers.options import Options
from console.engine.run import bulk_process
from console.engine.session.index_place import KeptIndex, elsewhere, keep, purpose_of
from console.engine.session.protocol import IndexPlace, ReadSoFar
from console.formats.registry import broken
from console.store.errors import StoreError
from console.store.opening import store_at
from console.store.protocol import IndexReader, IndexStore
from console.witness.place import MemoryPlace


@asynccontextmanager
async def indexed(
    paths: Sequence[str],
    index: IndexPlace,
    options: Options,
    *,
    progress: Callable[[ReadSoFar], None] | None = None,
    note: Callable[[str], None] | None = None,
    settled: bool = False,
) -> AsyncIterator[IndexReader]:
    """A reader of an index that holds what is in these files and folders now; ``settled``: see ``IndexWriter.settle``.

    Where another console writes the same index, it is read as that one left it, and ``note`` hears it; ``progress``
    hears what was read so far. Raises ``OSError`` where the index cannot be written, or where its place holds
    something else.
    """
    bulk_process.prepare()
    kept = keep(index, paths)
    folders = [kept.folder]
    if kept.note and note:
        note(kept.note)
    try:
        try:
            await _bring_up_to_date(kept, paths, options, index.memory, progress, note, settled)
        except StoreError as error:
            if not error.no_place or index.named or kept.folder:
                raise _in_words(kept, error) from error
            kept = elsewhere(kept.index, str(error))
            folders.append(kept.folder)
            if note:
                note(kept.note)
            try:
                await _bring_up_to_date(kept, paths, options, index.memory, progress, note, settled)
            except StoreError as further:
                raise _in_words(kept, further) from further
        reader = await store_at(kept.index).reader()
        if reader is None:
            raise OSError(f"the index at {kept.index} cannot be read")
        try:
            yield reader
        finally:
            await reader.close()
    finally:
        for folder in folders:
            if folder:
                folder.remove()


def _in_words(kept: KeptIndex, error: StoreError) -> OSError:
    if not error.damaged:
        return OSError(f"the index at {kept.index} cannot be written: {error}")
    return OSError(f"the index at {kept.index} is damaged ({error}): the next start builds it again")


async def _bring_up_to_date(
    kept: KeptIndex,
    paths: Sequence[str],
    options: Options,
    memory: MemoryPlace | None,
    progress: Callable[[ReadSoFar], None] | None,
    note: Callable[[str], None] | None,
    settled: bool,
) -> None:
    """Write the index, where no other console does. Raises what the index raises."""
    store = store_at(kept.index)
    with store.lock() as lock:
        if lock.acquire(purpose_of(paths)):
            try:
                await _update(store, str(kept.index), paths, options, memory, progress, note, settled)
            except StoreError as error:
                if error.damaged:
                    store.discard()
                raise
        elif note:
            note("Another console writes this index: it is read as it is.")


async def _update(
    store: IndexStore,
    where: str,
    paths: Sequence[str],
    options: Options,
    memory: MemoryPlace | None,
    progress: Callable[[ReadSoFar], None] | None,
    note: Callable[[str], None] | None,
    settled: bool,
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

        follower = Follower(Ingest(writer, options), paths, where, report=report, memory=memory)
        try:
            await follower.start()
            if settled:
                await follower.settle()
        finally:
            await follower.close()
        if note:
            for each in broken():
                note(each.why)
    finally:
        await writer.close()
