"""What a disagreement with the memory is called, and how it is reported: findings, each with its place.

One name for each fact, from the mildest that fits: a change that can be located is located, and only what leaves little
in place is given one name for all of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.model.finding import Finding
from console.verify.catalogue import finding
from console.witness.comparison import ChangeKind, Comparison, RecordChange

LISTED = 200
"""Changes that are listed one by one; the rest of each kind is counted."""
FIELDS = 8
"""Fields of an edited record that its finding names."""
APART = 20
"""Edited records in a row up to which each is a finding of its own."""


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record as it is now: where it is, whose it is, and what is different in it where the old bytes are at hand."""

    offset: int | None = None
    length: int | None = None
    stream: str | None = None
    event_id: str | None = None
    sequence: int | None = None
    differences: Sequence[tuple[str, str, str]] = ()
    """Field, old value, new value."""


@dataclass(frozen=True, slots=True)
class KnownPast:
    """What is known beside the hashes. ``since`` is when the ledger was first seen, ``states`` are times by how many
    records there were. ``rechained``: every hash of the chains that are there now holds, and they are not those that
    were seen."""

    since: str
    states: Mapping[int, str]
    rechained: bool = False


PlaceOf = Callable[[int], ChangedRecord]
"""The place of a record by its ordinal as it is now, from 1."""


def disagreements(found: Comparison, before: int, after: int, known: KnownPast, place_of: PlaceOf) -> list[Finding]:
    """The findings of a comparison that does not agree; ``before`` and ``after`` are how many records there were and
    are."""
    whole = _whole(found, before, after, known)
    if whole is not None:
        return [whole]
    result: list[Finding] = []
    left: dict[ChangeKind, int] = {}
    for change in found.changes:
        for one in _apart(change):
            if len(result) < LISTED:
                result.append(_located(one, before, known, place_of))
            else:
                left[one.kind] = left.get(one.kind, 0) + max(len(one.old), len(one.new))
    for kind, count in left.items():
        result.append(finding(_CODES[kind], "Further records of this kind, not listed.", count=count))
    return result


_CODES = {
    ChangeKind.EDITED: "witness.edited",
    ChangeKind.DELETED: "witness.deleted",
    ChangeKind.INSERTED: "witness.inserted",
    ChangeKind.MOVED: "witness.reordered",
    ChangeKind.TRUNCATED: "witness.truncated",
}


def _whole(found: Comparison, before: int, after: int, known: KnownPast) -> Finding | None:
    """One name for all of it, None where the changes are to be listed one by one."""
    first = _first(found)
    seen = f"the {_records(before)} seen since {_time(known.since)}"
    only_shorter = (
        len(found.changes) == 1 and found.changes[0].kind is ChangeKind.TRUNCATED and not found.changes[0].new
    )
    if only_shorter and after in known.states and after:
        words = (
            f"It is exactly as it was at {_time(known.states[after])}, with {_records(after)}:"
            f" the {_records(before - after)} that came since are gone."
        )
        return finding("witness.rolled-back", words, count=before - after, expected=str(before), actual=str(after))
    if only_shorter:
        return None
    differ = found.count(ChangeKind.EDITED) + min(found.count(ChangeKind.DELETED, ChangeKind.TRUNCATED), _come(found))
    if known.rechained:
        words = (
            f"From record {first + 1:,} on it differs from {seen}, and yet every hash of the chain that stands here"
            f" holds: hashes were made again after the change."
        )
        return finding("witness.rechained", words, record=first + 1, count=max(1, before - found.kept))
    if not found.kept and not found.count(ChangeKind.MOVED):
        words = f"None of {seen} is here: another ledger of {_records(after)} stands in this place."
        return finding("witness.replaced", words, count=before)
    if differ * 2 > before:
        words = f"{differ:,} of {seen} are not as they were; the first one is record {first + 1:,}."
        return finding("witness.rewritten", words, record=first + 1, count=differ)
    return None


def _come(found: Comparison) -> int:
    return sum(len(each.new) for each in found.changes if each.kind in (ChangeKind.INSERTED, ChangeKind.TRUNCATED))


def _first(found: Comparison) -> int:
    """The first place that differs, from 0."""
    return min((each.new or each.old or [0])[0] for each in found.changes)


def _apart(change: RecordChange) -> Iterator[RecordChange]:
    """A few edited records in a row, one by one."""
    if change.kind is ChangeKind.EDITED and len(change.old) <= APART:
        for old, new in zip(change.old, change.new, strict=True):
            yield RecordChange(ChangeKind.EDITED, [old], [new])
    else:
        yield change


def _located(change: RecordChange, before: int, known: KnownPast, place_of: PlaceOf) -> Finding:
    old, new = change.old, change.new
    code, since = _CODES[change.kind], f"since {_time(known.since)}"
    record = (new or old)[0] + 1
    place = place_of(record)
    count = max(len(old), len(new))
    match change.kind:
        case ChangeKind.EDITED:
            words = f"{_subject(old)} edited {since}; what stands around is as it was."
            if count == 1:
                return _edited(words, code, record, place)
        case ChangeKind.DELETED:
            words = f"{_subject(old)} deleted {since}."
        case ChangeKind.INSERTED:
            behind = f"behind record {new[0]:,}" if new[0] else "before all others"
            words = f"{_records(count)} inserted {behind} {since}: {_numbers(new)}."
        case ChangeKind.MOVED:
            words = f"{_moves(old, new)} {since}; their bytes are the same."
        case ChangeKind.TRUNCATED:
            others = "" if not new else f"; {_records(len(new))} of another content stand there instead"
            words = f"The ledger lost its end: {_numbers(old)} of {before:,} seen {since}{others}."
            return finding(code, words, record=record, offset=place.offset if new else None, count=count)
    return finding(code, words, record=record, offset=place.offset, count=count)


def _edited(words: str, code: str, record: int, place: ChangedRecord) -> Finding:
    changed = place.differences
    if changed:
        listed = "; ".join(f"{name} was {old}, is {new}" for name, old, new in changed[:FIELDS])
        more = f"; {len(changed) - FIELDS:,} more fields" if len(changed) > FIELDS else ""
        words = f"{words} By a copy of the old record, {listed}{more}."
    field, expected, actual = changed[0] if changed else (None, None, None)
    return finding(
        code,
        words,
        record=record,
        offset=place.offset,
        length=place.length,
        stream=place.stream,
        event_id=place.event_id,
        sequence=place.sequence,
        field=field,
        expected=expected,
        actual=actual,
    )


def _numbers(places: Sequence[int]) -> str:
    """Records by their numbers."""
    if len(places) == 1:
        return f"record {places[0] + 1:,}"
    if len(places) == 2:
        return f"records {places[0] + 1:,} and {places[1] + 1:,}"
    if places[-1] - places[0] == len(places) - 1:
        return f"records {places[0] + 1:,} to {places[-1] + 1:,}"
    return f"{len(places):,} records from {places[0] + 1:,} to {places[-1] + 1:,}"


def _subject(places: Sequence[int]) -> str:
    words = f"{_numbers(places)} {'was' if len(places) == 1 else 'were'}"
    return words[0].upper() + words[1:]


def _moves(old: Sequence[int], new: Sequence[int]) -> str:
    pairs = {*zip(old, new, strict=True)}
    first, last = min(*old, *new), max(*old, *new)
    if (len(pairs) == 1 and last == first + 1) or (len(pairs) == 2 and {(b, a) for a, b in pairs} == pairs):
        return f"Records {first + 1:,} and {last + 1:,} were swapped"
    if len(pairs) == 1:
        return f"Record {old[0] + 1:,} was moved to place {new[0] + 1:,}"
    return f"Records {first + 1:,} to {last + 1:,} stand in another order, {len(pairs):,} of them moved,"


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _time(text: str) -> str:
    """A time as people read it."""
    return text.partition(".")[0].replace("T", " ").removesuffix("Z") + " UTC"
