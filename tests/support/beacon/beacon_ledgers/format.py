"""The format: what it is, and what the system declares of itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.formats.json import strict
from console.formats.protocol import Claim, Context, Format, Reader, Sample, SystemAnswer
from console.formats.replayer import Replayer
from console.formats.report import Report
from console.model.event import Event, StreamKey
from console.model.ledger import Profile
from console.model.proof import Proof
from console.model.record import Record
from console.model.trust import Trust
from console.verify.catalogue import CatalogueEntry
from console.verify.profile import spans

from .lives import LAMPS, LampReplayer
from .record import KEYS, LOG, decode, note_text, recomputed_hash
from .rules import OIL_LOW


def office(chain: Mapping[str, Any], records: Iterable[bytes]) -> Mapping[str, Any]:
    """What the lighthouse office answers: it only counts."""
    return {"valid": True, "entries": sum(1 for _ in records)}


class BeaconFormat(Format):
    """Lamp logs; see ``Format``."""

    name = "beacon"
    title = "Beacon lamp logs"
    description = "What the keepers of lighthouses write of their lamps, each entry with the hash of the one before it."
    ledgers = "lamp logs"
    stream_kinds = ("lamp",)
    profiles: Sequence[Profile] = (LOG.described(),)
    flags = ("dark",)
    codes: Sequence[CatalogueEntry] = (OIL_LOW,)
    answers = (SystemAnswer("beacon", "lamp", "The lighthouse office", office, from_records=True),)
    reports: Sequence[Report] = (LAMPS,)

    def sniff(self, sample: Sample) -> Claim | None:
        found = [strict.decode(raw).document or {} for raw in sample.records[:20]]
        fit = sum(set(KEYS) <= document.keys() for document in found)
        return Claim(max(1, 96 * fit // len(found)), "log", "lamp, keeper and a chain") if fit else None

    def reader(self, context: Context) -> Reader:
        from .reader import BeaconReader

        return BeaconReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record)

    def replayer(self, stream: StreamKey, context: Context) -> Replayer | None:
        return LampReplayer() if stream.kind == "lamp" else None

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        event = decode(record)
        if not event.hash:
            return None
        document = dict(event.document)
        recomputed = recomputed_hash(document)
        if recomputed is None:
            return Proof(LOG.name, Trust.BROKEN, "What is hashed is not what it should be.", stored=event.hash)
        parts = LOG.parts(document, note_text(document))
        expected = None if before is None else decode(before).hash
        fits = recomputed == event.hash and event.previous_hash == expected
        return Proof(
            LOG.name,
            Trust.VERIFIED if fits else Trust.BROKEN,
            "The hash is that of this entry and the one before it." if fits else "The chain is broken here.",
            b"".join(part for part, _ in parts),
            spans(parts),
            recomputed,
            event.hash,
            event.previous_hash,
            expected,
            event.sequence,
        )
