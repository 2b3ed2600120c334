"""Figures of ledgers for monitors: counts of events, and what was found, as an index has them at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.engine.verify.verdict import USUAL, evidence_of_row, judge
from console.store.protocol import IndexReader, IndexStore
from console.store.rows import EventCount, LedgerRow


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """One ledger, the word of its verdict, and its events by type, actor and trust."""

    ledger: LedgerRow
    verdict: str
    counts: Sequence[EventCount]


async def figures(reader: IndexReader) -> list[LedgerFigures]:
    """Figures of all ledgers that were recognised."""
    found = []
    for each in await reader.ledgers():
        if each.format:
            verdict = judge(evidence_of_row(each, None), USUAL).verdict
            found.append(LedgerFigures(each, verdict.word, await reader.event_counts(each.id)))
    return found


async def figures_of(store: IndexStore) -> list[LedgerFigures]:
    """The same of an index, over a reader of its own; none while there is no index."""
    reader = await store.reader()
    if reader is None:
        return []
    try:
        return await figures(reader)
    finally:
        await reader.close()
