"""The format of the console's own chain of custody: what it declares, and the link of one entry laid open."""

from collections.abc import Sequence

from console.formats.custody.record import ENTRY, KEYS, LOG, breach, decode, entry_text
from console.formats.json import strict
from console.formats.protocol import Claim, Context, Format, Reader, Sample
from console.model.event import Event
from console.model.ledger import Profile
from console.model.proof import Proof
from console.model.record import Record
from console.model.trust import Trust
from console.verify.profile import spans


class CustodyFormat(Format):
    """See ``Format``."""

    name = "custody"
    title = "Chain of custody"
    description = "Who opened, verified, searched and exported which ledgers with this console, and what came of it."
    ledgers = "the console's own record of its use"
    stream_kinds = ("custody",)
    profiles: Sequence[Profile] = (LOG.described(),)

    def sniff(self, sample: Sample) -> Claim | None:
        found = [strict.decode(raw).document or {} for raw in sample.records[:20]]
        fit = sum(set(KEYS) <= document.keys() and _is_entry(document["entry"]) for document in found)
        return Claim(max(1, 98 * fit // len(found)), "log", "entries of use, linked by hashes") if fit else None

    def reader(self, context: Context) -> Reader:
        from console.formats.custody.reader import CustodyReader

        return CustodyReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        event = decode(record)
        if not event.hash:
            return None
        document = dict(event.document)
        if breach(document) is not None:
            return Proof(LOG.name, Trust.BROKEN, "What is hashed is not what it should be.", stored=event.hash)
        parts = LOG.parts(document, entry_text(document["entry"]))
        recomputed = LOG.digest(document, entry_text(document["entry"])).hex()
        expected = None if before is None else decode(before).hash
        fits = recomputed == event.hash and event.previous_hash == expected
        return Proof(
            LOG.name,
            Trust.VERIFIED if fits else Trust.BROKEN,
            "The hash is that of this entry, and it names the one before." if fits else "The chain is broken here.",
            b"".join(part for part, _ in parts),
            spans(parts),
            recomputed,
            event.hash,
            event.previous_hash,
            expected,
            event.sequence,
        )


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and set(ENTRY) <= entry.keys()


FORMAT = CustodyFormat()
