"""Findings grouped by their code: the form in which people read many of them. Plain values, cheap to import."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from console.model.trust import Severity
from console.store.facts import volume_of
from console.store.rows import FindingRow, LedgerRow


@dataclass(frozen=True, slots=True)
class CodeFindings:
    """All findings of one code, in the order in which they came."""

    code: str
    worst: Severity
    rows: tuple[FindingRow, ...]

    @property
    def found(self) -> int:
        """Findings: one of them may speak for many events, and counts for each."""
        return sum(row.finding.count for row in self.rows)


@dataclass(frozen=True, slots=True)
class FindingList:
    """The findings of some ledgers that a filter lets through, by code. ``unplaced`` are findings that point at no
    event, where the filter asks for something of events: they are left out. ``volumes`` are the files of ledgers that
    are in several, by ledger: the ordinal of each file's first record, and its path."""

    ledgers: Sequence[LedgerRow]
    groups: Sequence[CodeFindings]
    unplaced: int = 0
    volumes: Mapping[int, Sequence[tuple[int, str]]] = field(default_factory=dict)

    def volume_of(self, row: FindingRow) -> tuple[str, int] | None:
        """The file that holds the finding's record, and the record's number there; None for a ledger in one file."""
        return volume_of(self.volumes.get(row.ledger, ()), row.finding.record)


def by_code(rows: Iterable[FindingRow]) -> list[CodeFindings]:
    """The worst code first, then those with most findings."""
    groups: dict[str, list[FindingRow]] = {}
    for row in rows:
        groups.setdefault(row.finding.code, []).append(row)
    found = [
        CodeFindings(code, max(row.finding.severity for row in group), tuple(group)) for code, group in groups.items()
    ]
    return sorted(found, key=lambda group: (-group.worst, -group.found, group.code))
