"""Segments of one ledger, verified apart and joined at their borders to the answer of one pass."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from console.formats.kernel.chain.deals import Deal
from console.formats.kernel.chain.walk import moved
from console.formats.kernel.record import Entry, read
from console.formats.kernel.rules.states import TYPES, Lives, State, Trace
from console.formats.reading.holes import Holes
from console.model.finding import Finding

Fetch = Callable[[int, int], tuple[int, bytes]]
"""Reads the record so many behind the one at an offset: its own offset, and its line without the LF."""


@dataclass(slots=True)
class Summary:
    """What one segment came to. ``partial``: it began in the middle of the ledger. Ordinals count from its start.

    ``loose`` counts records of no deal by trust, ``trace`` is what moves the states of deals where ``partial``; its
    codes are places in ``keys``. ``marks`` are of ids, one for each record. ``short``: see ``judgement.Memory``.
    """

    profile: str | None
    shape: str
    records: int
    loose: list[int]
    deals: dict[str, Deal]
    findings: list[Finding]
    partial: bool
    trace: Trace
    keys: list[str]
    short: bool = False
    holes: Holes = field(default_factory=Holes)
    marks: "array[int]" = field(default_factory=lambda: array("q"))


def join(left: Summary, right: Summary, fetch: Fetch) -> Summary:
    """Two neighbours as one. Both are spent.

    A deal whose border is not clean becomes stale: the whole's reader names it in ``irregular``, to be walked again.
    Raises ValueError where the segments were not read under one settled profile, or ``right`` is a beginning.
    """
    if not right.partial or left.profile is None or left.profile != right.profile:
        raise ValueError("segments are joined under one settled profile, each but the first begun as a segment")
    by = left.records
    for key, after in right.deals.items():
        before = left.deals.get(key)
        if before is None:
            before = left.deals[key] = Deal()
        before.join(after, by, middle=left.partial)
    trace = _continued(left, right)
    if left.partial:
        left.trace.extend(trace)
    else:
        _run(left, trace, lambda ordinal, offset: read(fetch(offset, 0)[1], right.shape, None, ordinal, offset))
    left.holes.extend(right.holes, by)
    left.marks += right.marks
    findings = [moved(each, by) for each in right.findings]
    return Summary(
        left.profile,
        left.shape,
        left.records + right.records,
        [mine + more for mine, more in zip(left.loose, right.loose, strict=True)],
        left.deals,
        left.findings + findings,
        left.partial,
        left.trace,
        left.keys,
        left.short or right.short,
        left.holes,
        left.marks,
    )


def _continued(left: Summary, right: Summary) -> Trace:
    """The trace of the right one in the codes and the ordinals of the left one."""
    places = {key: place for place, key in enumerate(left.keys)}
    for key in right.keys:
        if key not in places:
            places[key] = len(left.keys)
            left.keys.append(key)
    codes = [places[key] for key in right.keys]
    trace = right.trace
    trace.codes = array("q", [codes[code] for code in trace.codes])
    trace.ordinals = array("q", [ordinal + left.records for ordinal in trace.ordinals])
    return trace


def _run(whole: Summary, trace: Trace, entry: Callable[[int, int], Entry]) -> None:
    """Let what was traced move the states of the deals. ``entry`` gives the event of an ordinal and an offset."""
    lives = Lives()
    deals = [whole.deals.get(key) for key in whole.keys]
    for code, deal in enumerate(deals):
        lives.put(code, State() if deal is None else deal.state)
    for row, finding in lives.take(trace.codes, trace.symbols):
        deal = deals[trace.codes[row]]
        assert deal is not None  # it has events
        name = finding, TYPES[trace.symbols[row]]
        deal.disallow(*name, lambda row=row: entry(trace.ordinals[row], trace.offsets[row]))  # type: ignore[misc]  # bound now
    for code, deal in enumerate(deals):
        if deal is not None:
            deal.state = lives.get(code)
