"""Events with what they say of others: read from their records once, many at a time."""

from collections.abc import Sequence

from console.engine.session.records import Records
from console.formats.guarded import event_of, named, relations_of
from console.formats.protocol import Format
from console.formats.relations import Relations, is_made_up
from console.sources.protocol import MAX_RECORD
from console.store.protocol import IndexReader
from console.store.rows import EventRow, LedgerRow

_NOTHING = Relations()


class RelatedEvents:
    """Rows and relations of events, by row id."""

    def __init__(self, reader: IndexReader, records: Records) -> None:
        self.reader = reader
        self._records = records
        self.ledgers: dict[int, LedgerRow] = {}
        self.rows: dict[int, EventRow] = {}
        self.relations: dict[int, Relations] = {}
        self.made_up: dict[int, frozenset[str]] = {}
        """Names of causes that no record holds; see ``is_made_up``."""
        self.found_by: dict[int, str] = {}
        """Ids by which events were asked for, which the index knows to be theirs."""

    async def start(self) -> None:
        """Learn which ledgers there are."""
        self.ledgers = {each.id: each for each in await self.reader.ledgers()}

    async def read(self, events: Sequence[int]) -> None:
        """Learn what these events say."""
        wanted = [each for each in dict.fromkeys(events) if each not in self.relations]
        for row in await self.reader.events(wanted):
            self.rows[row.id] = row
        await self.read_rows([self.rows[each] for each in wanted if each in self.rows])

    async def read_rows(self, rows: Sequence[EventRow]) -> None:
        """The same for rows at hand."""
        wanted = [row for row in rows if row.id not in self.relations]
        known = {each: self.ledgers[each] for each in {row.ledger for row in wanted} if each in self.ledgers}
        contexts = {each: await self._records.context(ledger) for each, ledger in known.items()}
        for row, now in zip(wanted, await self._records.raws(wanted, MAX_RECORD), strict=True):
            self.rows[row.id] = row
            if row.ledger not in known or not now.record.raw:
                self.relations[row.id], self.made_up[row.id] = _NOTHING, frozenset()
                continue
            form = named(known[row.ledger].format)
            found = relations_of(form, event_of(form, now.record, contexts[row.ledger]))
            self.relations[row.id] = found
            self.made_up[row.id] = frozenset(id for _, id in found.causes if is_made_up(now.record.raw, id))

    def ids(self, event: int) -> tuple[str, ...]:
        """All that it is called."""
        more = self.found_by.get(event)
        return tuple(dict.fromkeys((*self.relations[event].ids, *([more] if more else []))))

    def name(self, event: int) -> str:
        """The id by which an event is shown; its place in its ledger where it has none."""
        ids = self.ids(event)
        row = self.rows[event]
        return ids[0] if ids else f"record {row.ordinal:,}"

    def ledger_name(self, event: int) -> str:
        ledger = self.ledgers.get(self.rows[event].ledger)
        return ledger.name if ledger else ""

    def says_more_than_the_index(self, ledger: int) -> bool:
        """True where events name causes beside their parent, which no index holds."""
        form = named(self.ledgers[ledger].format)
        return type(form).relations is not Format.relations
