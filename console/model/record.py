"""Raw units of a ledger, before anyone asks what they mean."""

from dataclasses import dataclass, field

from console.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Record:
    """One raw unit: ``ordinal`` from 1, ``offset`` and ``length`` in bytes of the decoded stream (row id for SQLite).

    ``raw`` holds the exact bytes without the LF that ends a line; a CR before it belongs to the record.
    """

    ordinal: int
    offset: int
    length: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading goes on: the ordinal of the next record, and the offset at which it starts."""

    ordinal: int = 1
    offset: int = 0


@dataclass(slots=True)
class RecordBatch:
    """Consecutive records of one ledger.

    ``raws[i]`` has ordinal ``first + i`` and starts at ``offsets[i]``; ``lengths[i]`` is its length in the ledger. It
    differs from ``len(raws[i])`` only where bytes were skipped (``record.too-large``: the raw is then empty).
    ``lines`` is set when the batch is one run of LF-ended lines: it is exactly ``b"\\n".join(raws) + b"\\n"``, so that
    a fast decoder can take it whole. ``next`` is the cursor behind the last record. ``leaves`` holds what a source
    already knows of record hashes (too-large records), by index. ``findings`` are the container's own.
    """

    first: int
    offsets: list[int]
    lengths: list[int]
    raws: list[bytes]
    next: Cursor
    lines: bytes | None = None
    leaves: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.raws)
