"""A chain that was walked again: new verdicts take the place of the earlier ones, in rows and in all counts."""

from collections.abc import Iterable, Mapping, Sequence

from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.counts import TRUSTS
from console.store.protocol import StatedBy
from console.store.spelling import spelled_out
from console.store.sqlite.database import Database
from console.store.sqlite.schema import TRUST_MASK, WORST_MASK, WORST_SHIFT, row_id
from console.store.sqlite.streams import IS_STREAM, named
from console.store.sqlite.write.findings import FindingLog, mark


async def rewalked(
    db: Database,
    log: FindingLog,
    ledger: int,
    stream: StreamKey,
    trust: Iterable[tuple[int, Trust]],
    findings: Sequence[Finding],
    marks: Mapping[int, Severity],
) -> None:
    """See ``IndexWriter.rewalked``."""
    number = await db.one(f"SELECT id FROM stream WHERE {IS_STREAM}", named(db, ledger, stream))
    before = await _trust_of(db, number)
    # Where the worst finding of an event is one that is taken back, the worst of those that stay takes its place.
    taken = "SELECT id FROM finding WHERE ledger = ?1 AND stream = ?2 AND code GLOB 'chain.*'"
    await db.run(
        f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | (coalesce((SELECT max(severity) FROM finding"
        f" WHERE finding.event = event.id AND finding.id NOT IN ({taken})), 0) << {WORST_SHIFT})"
        f" WHERE id IN (SELECT event FROM finding WHERE id IN ({taken}) AND event IS NOT NULL"
        f" AND severity << {WORST_SHIFT} = event.mark & {WORST_MASK})",
        (ledger, spelled_out(stream.key)),
    )
    await db.run(f"DELETE FROM finding WHERE id IN ({taken})", (ledger, spelled_out(stream.key)))
    await db.run_many(
        f"UPDATE event SET mark = (mark & ~{TRUST_MASK}) | ? WHERE id = ?",
        [(int(state), row_id(ledger, ordinal)) for ordinal, state in trust],
    )
    await db.run_many(
        f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | (max(?1, coalesce((SELECT max(severity) FROM finding"
        f" WHERE event = ?2 AND standing != {StatedBy.READER:d}), 0)) << {WORST_SHIFT}) WHERE id = ?2",
        [(int(worst), row_id(ledger, ordinal)) for ordinal, worst in marks.items()],
    )
    await mark(db, ledger, findings)
    await log.add(ledger, findings)
    after = await _trust_of(db, number)
    change = [now - then for now, then in zip(after, before, strict=True)]
    await db.run(
        "UPDATE stream SET irregular = 0, t0 = t0 + ?, t1 = t1 + ?, t2 = t2 + ?, t3 = t3 + ?, t4 = t4 + ?,"
        " t5 = t5 + ?, t6 = t6 + ? WHERE id = ?",
        (*change, number),
    )
    await db.run(
        "UPDATE ledger SET edition = edition + 1, trust = json_array(trust->>0 + ?, trust->>1 + ?, trust->>2 + ?,"
        " trust->>3 + ?, trust->>4 + ?, trust->>5 + ?, trust->>6 + ?) WHERE id = ?",
        (*change, ledger),
    )


async def _trust_of(db: Database, stream: int) -> list[int]:
    """Events by trust of those whose first stream this is."""
    counts = [0] * TRUSTS
    rows = await db.all(f"SELECT mark & {TRUST_MASK}, count(*) FROM event WHERE stream = ? GROUP BY 1", (stream,))
    for state, count in rows:
        counts[state] = count
    return counts
