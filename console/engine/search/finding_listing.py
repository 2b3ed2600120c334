"""The findings of ledgers, for commands: the index is brought up to date, then asked."""

from collections.abc import Callable, Sequence

from console.engine.ledgers.options import Options
from console.engine.search.finding_filter import FindingFilter, Fit
from console.engine.search.findings_by_code import FindingList, by_code
from console.engine.search.related import found_related, nowhere
from console.engine.session.headless import indexed
from console.engine.session.protocol import IndexPlace, ReadSoFar
from console.store.filter import Filter
from console.store.protocol import IndexReader

_ALL = 1 << 60
"""More rows than there are: of each code and ledger an index lists so many, and counts the rest."""


async def list_findings(
    paths: Sequence[str],
    index: IndexPlace,
    filter: Filter,
    *,
    progress: Callable[[ReadSoFar], None],
    note: Callable[[str], None],
) -> FindingList:
    """The findings that the filter lets through. Raises ``OSError`` where the index cannot be kept at its place."""
    async with indexed(paths, index, Options(), progress=progress, note=note) as reader:
        found = await findings_of(reader, filter)
        if not found.groups:
            for words in await nowhere(filter, reader):
                note(words)
        return found


async def findings_of(reader: IndexReader, filter: Filter) -> FindingList:
    """The findings of an index that the filter lets through."""
    filter = await found_related(filter, reader)
    ledgers = await reader.ledgers()
    by_id = {ledger.id: ledger for ledger in ledgers}
    rows, _ = await reader.findings(limit=_ALL)
    asked = FindingFilter(filter, reader)
    fitting, unplaced = [], 0
    for row in rows:
        fit = await asked.fit(row, by_id[row.ledger])
        if fit is Fit.YES:
            fitting.append(row)
        elif fit is Fit.UNPLACED:
            unplaced += row.finding.count
    volumes = {}
    for ledger in {row.ledger for row in fitting}:
        files = await reader.volumes(ledger)
        if len(files) > 1:
            volumes[ledger] = [(each.first, each.path) for each in files]
    return FindingList(ledgers, by_code(fitting), unplaced, volumes)
