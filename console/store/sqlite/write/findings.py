"""Findings in the index: exact counts, and a bounded number of details."""

from collections.abc import Sequence

from console.model.finding import Finding
from console.store.capped_findings import DETAIL, CappedFindings
from console.store.protocol import StatedBy
from console.store.spelling import spelled_out
from console.store.sqlite.database import Database
from console.store.sqlite.schema import WORST_MASK, WORST_SHIFT, row_id


class FindingLog:
    """Settled findings are added, standing ones replaced by the part of the console that states them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._capped: dict[int, CappedFindings] = {}

    async def load(self) -> None:
        """Learn how many findings are listed already."""
        listed: dict[int, dict[str, int]] = {}
        for ledger, code, count in await self._db.all(
            "SELECT ledger, code, count(*) FROM finding WHERE standing = 0 AND kept GROUP BY 1, 2"
        ):
            listed.setdefault(ledger, {})[code] = count
        self._capped = {ledger: CappedFindings(counts) for ledger, counts in listed.items()}

    def forget(self, ledger: int) -> None:
        """The ledger's findings are gone."""
        self._capped.pop(ledger, None)

    async def add(self, ledger: int, findings: Sequence[Finding]) -> None:
        """Settled findings. Of each code the first ones are listed; the others are counted in a row of their own."""
        capped = self._capped.setdefault(ledger, CappedFindings())
        await self._insert(ledger, capped.take(findings))
        for each in capped.rest():
            changed = await self._db.run(
                "UPDATE finding SET count = count + ?, severity = max(severity, ?)"
                " WHERE ledger = ? AND code = ? AND kept = 0",
                (each.count, int(each.severity), ledger, each.code),
            )
            if not changed:
                words = f"Further findings of this kind: only the first {DETAIL:,} are listed one by one."
                rest = Finding(each.code, each.severity, words, each.confidence, count=each.count)
                await self._insert(ledger, [rest], kept=0)

    async def replace_standing(self, ledger: int, findings: Sequence[Finding], by: StatedBy) -> None:
        """What holds as of now takes the place of what the same part of the console stated before."""
        await self._db.run("DELETE FROM finding WHERE ledger = ? AND standing = ?", (ledger, int(by)))
        await self._insert(ledger, findings, stated_by=by)

    async def _insert(self, ledger: int, findings: Sequence[Finding], *, kept: int = 1, stated_by: int = 0) -> None:
        await self._db.run_many(
            "INSERT INTO finding (ledger, stream, event, code, severity, confidence, message, event_id, sequence,"
            " record, offset, length, field, expected, actual, count, standing, kept)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    ledger,
                    _stored(each.stream),
                    None if each.record is None else row_id(ledger, each.record),
                    each.code,
                    int(each.severity),
                    str(each.confidence),
                    _stored(each.message),
                    _stored(each.event_id),
                    _integer(each.sequence),
                    each.record,
                    each.offset,
                    each.length,
                    _stored(each.field),
                    _stored(each.expected),
                    _stored(each.actual),
                    each.count,
                    int(stated_by),
                    kept,
                )
                for each in findings
            ],
        )


async def mark(db: Database, ledger: int, findings: Sequence[Finding]) -> None:
    """See ``IndexWriter.mark``."""
    await db.run_many(
        f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | ?1 WHERE id = ?2 AND mark & {WORST_MASK} < ?1",
        [(each.severity << WORST_SHIFT, row_id(ledger, each.record)) for each in findings if each.record],
    )


def _stored(value: str | None) -> str | None:
    return None if value is None else spelled_out(value)


def _integer(value: int | None) -> int | None:
    return None if value is None or not -(1 << 63) <= value < 1 << 63 else value
