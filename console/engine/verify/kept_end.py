"""A ledger's end as a reader kept it: how many events there were, and the stored hash of the last one.

A chain verifies although its tail was cut off, and although all of it was computed again. Who kept a count or a head
notices both, without the console's own memory. Where no event has a hash, the head of a ledger is the root of the tree
over its records (RFC 6962), as ``memory`` shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.engine.errors import SeveralStreamsError
from console.engine.ingest.portions import record_hashes
from console.engine.ingest.tail import all_records
from console.engine.verify.results import LedgerReport, Verification, in_order
from console.formats.guarded import event_of
from console.model.finding import Finding
from console.model.record import Record
from console.model.words import count as counted
from console.sources.protocol import Skipped, SourceError
from console.sources.record_hash import SIZE
from console.verify.catalogue import finding
from console.witness.tree import root


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """What a reader kept: ``count`` events (of a ledger: records), and the ``head``, lower-case hex; None for each that
    was not kept. ``stream`` is the stream that both are of, None for the whole ledger."""

    count: int | None = None
    head: str | None = None
    stream: str | None = None


def compare(verification: Verification, kept: KeptEnd) -> Verification:
    """The results with what the comparison comes to. Raises ``SeveralStreamsError`` where several ledgers are meant."""
    ledgers = [each for each in verification.ledgers if kept.stream is None or _holds(each, kept.stream)]
    if len(ledgers) > 1:
        names = ", ".join(each.opened.name for each in ledgers[:4])
        raise SeveralStreamsError(f"An end is that of one ledger, and there are {len(ledgers)} here: {names}")
    if not ledgers:
        return _nothing(verification, kept)
    (ledger,) = ledgers
    found = _compared(ledger, kept)
    if isinstance(found, Finding):
        changed = replace(ledger, findings=in_order([*ledger.findings, found]))
    else:
        changed = replace(ledger, known_end=found, known_head=kept.head is not None)
    return replace(verification, ledgers=[changed if each is ledger else each for each in verification.ledgers])


def _holds(ledger: LedgerReport, stream: str) -> bool:
    return any(each.key == stream for each in ledger.streams)


def _nothing(verification: Verification, kept: KeptEnd) -> Verification:
    """Nothing is there of what was kept; what could not be read is no proof of that."""
    empty = [each for each in verification.skipped if each.finding.code == "container.empty"]
    if kept.count == 0 or len(empty) != len(verification.skipped):
        return verification
    names = [each.path for each in empty] + [each.opened.name for each in verification.ledgers]
    if not names:
        return verification
    lost = finding("witness.truncated", f"No event is here, but {_words(kept)}.", stream=kept.stream)
    return replace(verification, skipped=[*verification.skipped, Skipped(names[0], lost)])


def _words(kept: KeptEnd) -> str:
    parts = [f"{counted(kept.count, 'event')} were expected"] if kept.count is not None else []
    return " and ".join([*parts, *([f"the head {kept.head} was expected"] if kept.head else [])])


def _compared(ledger: LedgerReport, kept: KeptEnd) -> Finding | str:
    """What contradicts what was kept; if nothing does, a name for the end that was found again."""
    try:
        hashes, leaves = _hashes(ledger, kept.stream)
    except SourceError:
        return ""  # the verification says that it cannot be read
    if not any(hashes) and kept.head:
        if kept.stream is None:
            return _compared_root(leaves, kept)
        words = f"No event has a hash, but the head {kept.head} was expected."
        return finding("chain.hash-missing", words, stream=kept.stream, expected=kept.head)
    there = len(hashes)
    at = next((place for place, each in enumerate(hashes, 1) if each == kept.head), None) if kept.head else None
    expected = there if kept.count is None else kept.count
    if kept.head and at is None:
        if there < expected:
            return _lost(there, expected, kept, f"and the head {kept.head} is not among them")
        words = f"No event has the hash {kept.head}, which was the head" + (f" at {expected:,}." if kept.count else ".")
        return finding(
            "witness.rewritten", words, stream=kept.stream, expected=kept.head, actual=_head(hashes[:expected])
        )
    if kept.head and kept.count is not None and at is not None:
        # Events without a hash may stand behind the head.
        behind = next((place for place in range(at, there) if hashes[place]), there)
        if not at <= kept.count <= behind:
            code = "witness.deleted" if kept.count > behind else "witness.inserted"
            words = (
                f"The head {kept.head} is that of {counted(at, 'event')} here, but of {kept.count:,} when it was kept."
            )
            return finding(code, words, stream=kept.stream, expected=str(kept.count), actual=str(at))
    if there < expected:
        return _lost(there, expected, kept, "")
    place = at if kept.count is None else kept.count
    grown = there - (place or 0)
    return f"event {place:,}" + (f" (grown by {grown:,} since)" if grown else "")


def _compared_root(leaves: bytes, kept: KeptEnd) -> Finding | str:
    """The same for a ledger without hashes."""
    there = len(leaves) // SIZE
    expected = there if kept.count is None else kept.count
    if there < expected:
        return _lost(there, expected, kept, "")
    found = root(leaves[: expected * SIZE]).hex()
    if found != kept.head:
        words = f"The root over the first {counted(expected, 'record')} is another one than was kept."
        words += " Without a count it is that over all records that are here." if kept.count is None else ""
        return finding("witness.rewritten", words, expected=kept.head, actual=found)
    grown = there - expected
    return f"event {expected:,}" + (f" (grown by {grown:,} since)" if grown else "")


def _lost(there: int, expected: int, kept: KeptEnd, words: str) -> Finding:
    message = " ".join(f"{counted(there, 'event')} here, but {expected:,} were expected {words}".split()) + "."
    return finding("witness.truncated", message, stream=kept.stream, expected=str(expected), actual=str(there))


def _head(hashes: Sequence[str | None]) -> str | None:
    return next((each for each in reversed(hashes) if each), None)


def _hashes(ledger: LedgerReport, stream: str | None) -> tuple[list[str | None], bytes]:
    """The stored hash of each event, oldest first, None where it has none; and the hashes of all records. Raises
    ``SourceError``."""
    form, context = ledger.opened.format, ledger.opened.context()
    found: list[tuple[int | None, str | None]] = []
    leaves: list[bytes] = []
    for batch in all_records(ledger.opened.source, form.reader(context)):
        leaves.append(record_hashes(batch))
        for at, raw in enumerate(batch.raws):
            event = event_of(form, Record(batch.first + at, batch.offsets[at], batch.lengths[at], raw), context)
            if stream is None or any(each.key == stream for each in event.streams[:1]):
                found.append((event.sequence, event.hash and event.hash.lower()))
    numbers = [sequence for sequence, digest in found if digest and sequence is not None]
    if numbers and numbers[0] > numbers[-1]:  # answers of an API have the newest first
        found.reverse()
    return [digest for _, digest in found], b"".join(leaves)
