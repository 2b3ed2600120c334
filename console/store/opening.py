"""Which store is used: the one place that knows. SQLite is imported when an index is opened, not before."""

from pathlib import Path

from console.store.protocol import IndexStore, Scratch


def store_at(path: Path) -> IndexStore:
    """The index that is kept at a path, or will be."""
    from console.store.sqlite.store import SqliteStore

    return SqliteStore(path)


def refuse_foreign(path: Path) -> None:
    """Raise ``OSError`` unless an index can be kept at this path: there is nothing, an empty file, or an index."""
    from console.store.sqlite.guard import refuse_foreign

    refuse_foreign(path)


async def open_scratch() -> Scratch:
    """An empty index in temporary files, gone when it is closed. Raises ``StoreError``."""
    from console.store.sqlite.scratch import open_scratch

    return await open_scratch()
