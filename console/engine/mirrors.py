"""PostgreSQL databases as ledgers: which of their tables are some, and mirrors of these that stay in step."""

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from multiprocessing import get_context

from console.engine.errors import EngineError
from console.formats.protocol import Sample
from console.formats.registry import recognise
from console.sources.postgres.address import Address, address_of
from console.sources.postgres.mirror import Mirror, bring_in_step, last_of, prepare
from console.sources.postgres.server import (
    PostgresError,
    Row,
    ServerTable,
    changes_of,
    rows_of,
    snapshot,
    tables_on,
)

POLL = 1.0
"""Seconds between two looks at a server that is followed."""
_SAMPLE = 20
_SHOWN = 10

__all__ = ["MirroredDatabase", "kept_in_step", "mirrored", "shown_address"]


@dataclass(slots=True)
class MirroredDatabase:
    """A database and its mirrors: one file for each schema with ledgers."""

    address: Address
    folder: str
    tables: Sequence[ServerTable] = ()
    paths: list[str] = field(default_factory=list)
    _changes: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Its address, without a password."""
        return self.address.shown

    def bring_in_step(self) -> None:
        """Take over all rows as of now. Raises ``EngineError``."""
        try:
            self._take_all()
        except PostgresError as error:
            raise EngineError(self.address.without_secrets(str(error))) from None

    def go_on(self) -> None:
        """Take over what is new, as far as the server's counts show that anything is. Raises ``EngineError``."""
        try:
            self._take_new()
        except PostgresError as error:
            raise EngineError(self.address.without_secrets(str(error))) from None

    def _take_all(self) -> None:
        with snapshot(self.address) as connection:
            every = tables_on(connection)
            self.tables = [each for each in every if _is_ledger(each, [*rows_of(connection, each, most=_SAMPLE)])]
            if not self.tables:
                names = [f"{each.schema}.{each.name}" for each in every]
                held = ", ".join(names[:_SHOWN]) + (" …" if names[_SHOWN:] else "")
                raise PostgresError(f"{self.shown}: none of its tables is a ledger; it holds {held or 'none'}.")
            self._changes = changes_of(connection, self.tables)
            self.paths = []
            for schema, tables in groupby(self.tables, key=lambda each: each.schema):
                mirror = self._mirror(schema)
                self.paths.append(mirror.path)
                of_schema = [*tables]
                with mirror.opened() as file:
                    prepare(file, of_schema)
                    for each in of_schema:
                        bring_in_step(file, each, rows_of(connection, each), whole=True)

    def _take_new(self) -> None:
        with snapshot(self.address) as connection:
            now = changes_of(connection, self.tables)
            changed = [each for each in self.tables if now[each.schema, each.name] != self._changes.get(_name(each))]
            for each in changed:
                before, counts = self._changes.get(_name(each), ()), now[_name(each)]
                with self._mirror(each.schema).opened() as file:
                    since = last_of(file, each)
                    some = bool(before and counts and each.key) and since is not None and before[1:] == counts[1:]
                    rows = rows_of(connection, each, since=since if some else None)
                    new = bring_in_step(file, each, rows, whole=not some)
                    if some and new != counts[0] - before[0]:
                        # A transaction that was open for long may commit rows behind those that were read.
                        bring_in_step(file, each, rows_of(connection, each), whole=True)
            self._changes = now

    def _mirror(self, schema: str) -> Mirror:
        return Mirror(f"{self.folder}/{self.address.name}/{schema.replace('/', '-')}.db")


def shown_address(text: str) -> str:
    """An address without what is secret."""
    try:
        return address_of(text).shown
    except ValueError:
        return "postgresql://…"


def mirrored(text: str, folder: str) -> MirroredDatabase:
    """The database at an address, with its mirrors in a folder brought in step. Raises ``EngineError``."""
    try:
        found = MirroredDatabase(address_of(text), folder)
    except ValueError as error:
        raise EngineError(str(error)) from None
    found.bring_in_step()
    return found


@contextmanager
def kept_in_step(databases: Sequence[MirroredDatabase]) -> Iterator[None]:
    """Meanwhile another process keeps these mirrors in step: copying rows must not keep a screen waiting."""
    if not databases:
        yield
        return
    process = get_context("spawn").Process(target=_keep, args=([*databases], os.getpid()), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _keep(databases: Sequence[MirroredDatabase], parent: int) -> None:
    """Keep mirrors in step while the parent lives. A server that does not answer is asked again."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches every process of a terminal; this one ends with its parent
    while os.getppid() == parent:
        time.sleep(POLL)
        for each in databases:
            try:
                each.go_on()
            except EngineError:
                continue  # what was read stays; the next look may find the server again


def _name(table: ServerTable) -> tuple[str, str]:
    return table.schema, table.name


def _is_ledger(table: ServerTable, rows: Sequence[Row]) -> bool:
    raws = [
        json.dumps(dict(zip(table.names, row, strict=True)), ensure_ascii=False, default=str).encode("utf-8", "replace")
        for row in rows
    ]
    known = recognise(Sample("", "sqlite", table.name, raws))
    return known is not None and not known[1].alike
