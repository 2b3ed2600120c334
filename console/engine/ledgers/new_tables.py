"""Tables of followed databases that may become ledgers: new ones, and those that get their first rows."""

from collections.abc import Sequence

from console.engine.ledgers.opening import Opened, open_ledger
from console.sources.protocol import Source, SourceError
from console.sources.sqlite.rows import SqliteTable


class NewTables:
    """Remembers which tables were looked at, so that each is looked at once."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str | None]] = {}

    def find(self, known: Sequence[Source]) -> list[Opened]:
        """Ledgers in the database that ``known`` tables belong to, beside those."""
        tables = [each for each in known if isinstance(each, SqliteTable)]
        if not tables:
            return []
        seen = self._seen.setdefault(tables[0].path, set())
        seen.update(each.member for each in tables)
        try:
            others = [each for each in tables[0].filled() if each.member not in seen]
        except SourceError:
            return []  # the known tables report it
        seen.update(each.member for each in others)
        return [item for item in map(open_ledger, others) if isinstance(item, Opened)]
