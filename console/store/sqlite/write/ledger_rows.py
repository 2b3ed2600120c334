"""The rows of ledgers themselves: added, described, cleared, and the files that they are in."""

from typing import Unpack

from console.model.record import Cursor
from console.store.facts import KnownLedger
from console.store.protocol import LedgerChanges, StatedBy
from console.store.spelling import spelled_out
from console.store.sqlite.ledgers import LedgerTables
from console.store.sqlite.schema import row_id


class LedgerRows(LedgerTables):
    """The part of ``IndexWriter`` that is about ledgers and their files."""

    async def add_ledger(self, path: str, member: str | None, container: str, format: str, shape: str) -> int:
        ledger = await self._db.insert(
            "INSERT INTO ledger (path, member, container, format, shape) VALUES (?, ?, ?, ?, ?)",
            (path, member, container, format, shape),
        )
        await self._db.run("INSERT INTO volume VALUES (?, 1, ?, ?)", (ledger, path, member))
        return ledger

    async def known_ledgers(self) -> list[KnownLedger]:
        rows = await self._db.all(
            "SELECT id, path, member, format, shape, profile, state, records, next_offset, file, EXISTS"
            " (SELECT 1 FROM finding WHERE finding.ledger = ledger.id AND standing = ?), memory FROM ledger",
            (int(StatedBy.FOLLOWING),),
        )
        return [_known(*row) for row in rows]

    async def describe(self, ledger: int, **changes: Unpack[LedgerChanges]) -> None:
        columns = {name: spelled_out(value) if isinstance(value, str) else value for name, value in changes.items()}
        names = ", ".join(f"{name} = ?" for name in columns)
        await self._db.run(f"UPDATE ledger SET {names} WHERE id = ?", (*columns.values(), ledger))

    async def beside(self, ledger: int) -> str:
        found: str | None = await self._db.one("SELECT value FROM meta WHERE key = ?", (f"beside:{ledger}",))
        return found or ""

    async def note_beside(self, ledger: int, beside: str) -> None:
        await self._db.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"beside:{ledger}", beside))

    async def clear_rows(self, ledger: int) -> None:
        """The tables' part of ``clear``."""
        low, high = row_id(ledger, 0), row_id(ledger + 1, 0) - 1
        by_event = {"membership": "low", "orphan": "event"} | dict.fromkeys(("event", "leaf", "alias", "mention"), "id")
        for table, column in by_event.items():
            await self._db.run(f"DELETE FROM {table} WHERE {column} BETWEEN ? AND ?", (low, high))
        for table in ("stream", "state", "volume"):
            await self._db.run(f"DELETE FROM {table} WHERE ledger = ?", (ledger,))
        kept = "code GLOB 'container.*' OR (code GLOB 'witness.*' AND standing = 0)"
        await self._db.run(f"DELETE FROM finding WHERE ledger = ? AND NOT ({kept})", (ledger,))
        await self._db.run(
            "UPDATE ledger SET edition = edition + 1, records = 0, next_offset = 0, pending = 0, bytes = 0, file = '',"
            " profile = NULL, first_time = NULL, last_time = NULL, unresolved = NULL, trust = '[0,0,0,0,0,0,0]'"
            " WHERE id = ?",
            (ledger,),
        )
        await self._db.run("INSERT INTO volume SELECT id, 1, path, member FROM ledger WHERE id = ?", (ledger,))

    async def remove_row(self, ledger: int) -> None:
        """The tables' part of ``remove``, after ``clear_rows``."""
        for table, column in (("finding", "ledger"), ("volume", "ledger"), ("ledger", "id")):
            await self._db.run(f"DELETE FROM {table} WHERE {column} = ?", (ledger,))

    async def forget_skipped(self, path: str | None = None) -> None:
        which = "format = '' AND path = coalesce(?, path)"
        for table in ("finding", "volume"):
            await self._db.run(f"DELETE FROM {table} WHERE ledger IN (SELECT id FROM ledger WHERE {which})", (path,))
        await self._db.run(f"DELETE FROM ledger WHERE {which}", (path,))

    async def move_volume(self, ledger: int, ordinal: int, path: str, member: str | None) -> None:
        await self._db.run(
            "UPDATE volume SET path = ?, member = ? WHERE ledger = ? AND first ="
            " (SELECT max(first) FROM volume WHERE ledger = ? AND first <= ?)",
            (path, member, ledger, ledger, ordinal),
        )

    async def begin_volume(self, ledger: int, first: int, path: str, member: str | None) -> None:
        await self._db.run("INSERT OR REPLACE INTO volume VALUES (?, ?, ?, ?)", (ledger, first, path, member))
        await self._db.run("UPDATE ledger SET next_offset = 0, file = '', pending = 0 WHERE id = ?", (ledger,))

    async def past_paths(self) -> list[str]:
        rows = await self._db.all("SELECT path FROM volume WHERE path NOT IN (SELECT path FROM ledger)")
        return [path for (path,) in rows]


def _known(  # noqa: PLR0913 - one a column
    number: int,
    path: str,
    member: str | None,
    form: str,
    shape: str,
    profile: str | None,
    state: str,
    records: int,
    offset: int,
    file: str,
    stated: int,
    memory: str,
) -> KnownLedger:
    next = Cursor(records + 1, offset)
    return KnownLedger(number, path, member, form, shape, profile, state, next, file, bool(stated), memory)
