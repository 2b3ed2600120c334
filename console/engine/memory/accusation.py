"""What is to be stated against a ledger that is not what it was: changes located, with old values where at hand."""

from collections.abc import Mapping, Sequence

from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.rotated_source import in_file
from console.engine.memory.heads import profile_of, stream_of
from console.engine.memory.old_bytes import differences, old_records
from console.engine.memory.retention import gone, premature
from console.engine.memory.second_reading import SecondReading
from console.model.finding import Finding
from console.sources.record_hash import SIZE, leaf
from console.verify.catalogue import finding
from console.witness.comparison import ChangeKind, Comparison, compare
from console.witness.findings import APART, LISTED, ChangedRecord, KnownPast, disagreements
from console.witness.observations import PastLook

_CHAINED = 5000
"""Changed records that are asked for their chain, the last ones."""
_ENDED = 8
"""Records that may have got their line end since they were read; more than that is a file that was converted."""
_REPLACED = (ChangeKind.EDITED, ChangeKind.TRUNCATED)
"""Changes by which other records stand where known ones stood."""


def accuse(
    again: SecondReading, before: bytes, known: PastLook, states: Mapping[int, str], options: Options
) -> list[Finding]:
    """The findings of a ledger that held these record hashes when it was ``known`` last; none where its own writer may
    change its records and nothing else happened."""
    found = compare(before, again.leaves)
    if again.opened.changed_in_place and all(each.kind is ChangeKind.EDITED for each in found.changes):
        return []
    rechained = again.chain_holds and _rechained(again, found, known.heads)
    old = _old_leaves(found, before)
    copies = old_records(again.opened.source.path, {*old.values()}) if old else {}

    def place_of(ordinal: int) -> ChangedRecord:
        raw = again.raw(ordinal)
        if raw is None:
            return ChangedRecord()
        event = again.event(ordinal, raw)
        copy = copies.get(old.get(ordinal, b""))
        return ChangedRecord(
            in_file(again.offsets[ordinal - 1]),
            again.lengths[ordinal - 1],
            event.streams[0].key if event.streams else None,
            event.event_id,
            event.sequence,
            () if copy is None else differences(copy, raw),
        )

    past = KnownPast(known.time, states, rechained)
    result = disagreements(found, len(before) // SIZE, len(again.leaves) // SIZE, past, place_of)
    return [*result, *premature(known, gone(found, len(before) // SIZE), options.now)]


def only_ended(before: bytes, again: SecondReading) -> bool:
    """True if nothing happened but that a last record, which was read without its line end, has one now, and a CR is
    before that: the CR belongs to the record, and came with its end."""
    found = compare(before, again.leaves).changes
    edited = [
        pair
        for change in found
        if change.kind is ChangeKind.EDITED
        for pair in zip(change.old, change.new, strict=True)
    ]
    if not 0 < len(edited) <= _ENDED or any(change.kind is not ChangeKind.EDITED for change in found):
        return False
    raws = [(old, again.raw(new + 1) or b"") for old, new in edited]
    return all(raw.endswith(b"\r") and leaf(raw[:-1]) == before[old * SIZE : (old + 1) * SIZE] for old, raw in raws)


def downgraded(opened: Opened, known: PastLook, profile: str | None) -> list[Finding]:
    """What is to be stated where hashes cover less than they did, or nothing any more. The records changed, too."""
    covered = {each.name: len(each.coverage.covered) for each in opened.format.profiles}
    names = [name for name in map(profile_of, known.heads) if name in covered]
    before = max(names, key=lambda name: covered[name or ""], default=None)
    if before is None or covered.get(profile or "", 0) >= covered[before]:
        return []
    now = f"under {profile}" if profile else "under no profile"
    words = f"Its hashes held under {before} at {known.time[:19].replace('T', ' ')} UTC, and hold {now} now."
    return [finding("witness.downgraded", words, expected=before, actual=profile)]


def _old_leaves(found: Comparison, before: bytes) -> dict[int, bytes]:
    """The old hashes of records that were edited, by the ordinals of the new ones."""
    pairs: dict[int, bytes] = {}
    for change in found.changes:
        if change.kind is ChangeKind.EDITED and len(change.old) <= APART and len(pairs) < LISTED:
            for old, new in zip(change.old, change.new, strict=True):
                pairs[new + 1] = before[old * SIZE : (old + 1) * SIZE]
    return pairs


def _rechained(again: SecondReading, found: Comparison, heads: Mapping[str, str]) -> bool:
    """True if hashes were made again: of a chain that holds, the hash that was its newest is not there any more.

    That hash rests on all before it. Where it still stands, fields were changed that no hash covers; where its chain is
    not among the changed ones, another one took its place.
    """
    changed = [at for each in found.changes if each.kind in _REPLACED for at in each.new]
    known = {stream_of(name): hash for name, hash in heads.items()}
    streams = _streams(again, changed[-_CHAINED:]) if known else set()
    left = {hash.encode() for key, hash in known.items() if key in streams}
    for batch in again.opened.source.batches() if left else ():
        text = batch.lines or b"\n".join(batch.raws)
        left = {hash for hash in left if hash not in text}
    return bool(left)


def _streams(again: SecondReading, places: Sequence[int]) -> set[str]:
    """The streams of the events at these places, from 0."""
    found = set()
    for at in places:
        raw = again.raw(at + 1)
        event = None if raw is None else again.event(at + 1, raw)
        if event is not None and event.hash is not None and event.streams:
            found.add(event.streams[0].key)
    return found
