"""Something wrong or notable, with its place: plain data, so that index, report and screen hold the same thing."""

from dataclasses import dataclass

from console.model.trust import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of one ledger.

    ``record`` counts from 1 and ``offset`` from 0 of the decoded stream. ``count`` is how many events it speaks for;
    the place is then the first of them. A *standing* finding holds as of now: the next look at the ledger replaces it
    (a gap may be filled, an orphan's parent may arrive).
    """

    code: str
    severity: Severity
    message: str
    confidence: Confidence = Confidence.PROVEN
    stream: str | None = None
    event_id: str | None = None
    sequence: int | None = None
    record: int | None = None
    offset: int | None = None
    length: int | None = None
    field: str | None = None
    expected: str | None = None
    actual: str | None = None
    count: int = 1
    standing: bool = False

    @property
    def family(self) -> str:
        return self.code.partition(".")[0]
