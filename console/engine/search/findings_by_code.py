"""Findings grouped by their code: the form in which people read many of them. Plain values, cheap to import."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.model.trust import Severity
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
    event, where the filter asks for something of events: they are left out."""

    ledgers: Sequence[LedgerRow]
    groups: Sequence[CodeFindings]
    unplaced: int = 0


def by_code(rows: Iterable[FindingRow]) -> list[CodeFindings]:
    """The worst code first, then those with most findings."""
    groups: dict[str, list[FindingRow]] = {}
    for row in rows:
        groups.setdefault(row.finding.code, []).append(row)
    found = [
        CodeFindings(code, max(row.finding.severity for row in group), tuple(group)) for code, group in groups.items()
    ]
    return sorted(found, key=lambda group: (-group.worst, -group.found, group.code))
