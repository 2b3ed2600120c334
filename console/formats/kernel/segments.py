"""Segments of one ledger, verified apart and joined at their borders to the answer of one pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from console.formats.kernel.deals import Deal
from console.formats.kernel.record import Entry, read
from console.model.finding import Finding

Fetch = Callable[[int, int], tuple[int, bytes]]
"""Reads the record so many behind the one at an offset: its own offset, and its line without the LF."""


@dataclass(slots=True)
class Summary:
    """What one segment came to. ``partial``: it began in the middle of the ledger. Ordinals count from its start.

    ``loose`` counts records of no deal by trust. ``short``: see ``judgement.Memory``.
    """

    profile: str | None
    shape: str
    records: int
    loose: list[int]
    deals: dict[str, Deal]
    findings: list[Finding]
    partial: bool
    short: bool = False


def join(left: Summary, right: Summary, fetch: Fetch) -> Summary:
    """Two neighbours as one. Both are spent.

    A deal whose border is not clean becomes stale: the whole's reader names it in ``irregular``, to be walked again.
    Raises ValueError where the segments were not read under one settled profile, or ``right`` is a beginning.
    """
    if not right.partial or left.profile is None or left.profile != right.profile:
        raise ValueError("segments are joined under one settled profile, each but the first begun as a segment")
    by = left.records

    def entry(ordinal: int, offset: int) -> Entry:
        return read(fetch(offset, 0)[1], right.shape, None, ordinal, offset)

    for key, after in right.deals.items():
        before = left.deals.get(key)
        if before is None:
            before = left.deals[key] = Deal.of_segment() if left.partial else Deal()
        before.join(after, by, entry, middle=left.partial)
    findings = [each if each.record is None else replace(each, record=each.record + by) for each in right.findings]
    return Summary(
        left.profile,
        left.shape,
        left.records + right.records,
        [mine + more for mine, more in zip(left.loose, right.loose, strict=True)],
        left.deals,
        left.findings + findings,
        left.partial,
        left.short or right.short,
    )
