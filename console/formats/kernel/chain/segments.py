"""Segments of one ledger, verified apart and joined at their borders to the answer of one pass."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.formats.kernel.authority.judge import Act, Judge
from console.formats.kernel.authority.table import rules_of
from console.formats.kernel.chain.deals import Deal
from console.formats.kernel.chain.walk import moved
from console.formats.kernel.profiles import named
from console.formats.kernel.record import Entry, read
from console.formats.kernel.rules.evidence import Brought
from console.formats.kernel.rules.states import TYPES, Lives, State, Trace
from console.formats.reading.columns import NoRows
from console.formats.reading.findings import Place
from console.formats.reading.holes import Holes
from console.model.finding import Finding

if TYPE_CHECKING:
    from console.formats.kernel.reader import KernelReader

Fetch = Callable[[int, int], tuple[int, bytes]]
"""Reads the record so many behind the one at an offset: its own offset, and its line without the LF."""


@dataclass(slots=True)
class Summary:
    """What one segment came to. ``partial``: it began in the middle of the ledger. Ordinals count from its start.

    ``loose`` counts records of no deal by trust, ``trace`` is what moves the states of deals where ``partial``,
    ``acts`` what has to do with authority; their codes are places in ``keys``. ``marks`` are of ids, one for each
    record. ``short``: see ``judgement.Memory``.
    """

    profile: str | None
    shape: str
    records: int
    loose: list[int]
    deals: dict[str, Deal]
    findings: list[Finding]
    partial: bool
    trace: Trace
    acts: list[tuple[int, Act, Place]]
    keys: list[str]
    short: bool = False
    holes: Holes = field(default_factory=Holes)
    rules: str = ""
    brought: Brought = field(default_factory=Brought)
    marks: "array[int]" = field(default_factory=lambda: array("q"))


def summary_of(reader: "KernelReader", findings: Sequence[Finding]) -> Summary:
    """What a reader saw, with the findings of its batches."""
    return Summary(
        reader.profile,
        reader.shape,
        reader.records,
        reader.loose,
        dict(reader.deals.items()),
        list(findings),
        reader.segment,
        reader.deals.trace,
        reader.deals.acts,
        reader.deals.keys_by_code(),
        reader.memory.short,
        reader.holes,
        reader.context.rules,
        reader.brought,
        reader.columns.marks if isinstance(reader.columns, NoRows) else array("q"),
    )


def adopt(reader: "KernelReader", whole: Summary) -> None:
    """Let a reader go on from joined segments as if it had read all of them."""
    reader.settle_on(named(whole.profile))
    reader.records, reader.loose = whole.records, whole.loose
    reader.memory.short, reader.holes = whole.short, whole.holes
    reader.brought.extend(whole.brought)
    if isinstance(reader.columns, NoRows):
        reader.columns.marks = whole.marks
    for key, deal in whole.deals.items():
        reader.deals.adopt(key, deal)
        if deal.links.stale or deal.times.unordered:
            reader.late[key] = None


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
    left.holes.extend(right.holes, by)
    left.brought.extend(right.brought)

    def entry(ordinal: int, offset: int) -> Entry:
        return read(fetch(offset, 0)[1], right.shape, None, ordinal, offset)

    if left.partial:
        left.trace.extend(trace)
        left.acts += right.acts
    else:
        _run(left, trace, entry)
        _judge(left, right.acts, entry)
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
        left.acts,
        left.keys,
        left.short or right.short,
        left.holes,
        left.rules,
        left.brought,
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
    right.acts = [
        (codes[code], act, place._replace(ordinal=place.ordinal + left.records)) for code, act, place in right.acts
    ]
    trace = right.trace
    trace.codes = array("q", [codes[code] for code in trace.codes])
    trace.ordinals = array("q", [ordinal + left.records for ordinal in trace.ordinals])
    return trace


def _judge(whole: Summary, acts: list[tuple[int, Act, Place]], entry: Callable[[int, int], Entry]) -> None:
    """Let acts count that waited for what is before them."""
    judge = Judge(rules_of(whole.rules))
    for code, act, place in acts:
        deal = whole.deals[whole.keys[code]]
        complete = not deal.begins_later and whole.holes.before(place.ordinal) < 0
        for remark in judge.take(deal.authority, act, whole=complete)[1]:
            deal.note(remark, act.type, lambda place=place: entry(place.ordinal, place.offset))  # type: ignore[misc]  # bound now


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
