"""SWARM as a format: what it is and can do; reading and panels are imported when they are asked for."""

from collections.abc import Sequence

from console.formats.export_form import ExportForm
from console.formats.protocol import Claim, Context, Format, Reader, ReferenceCodes, Sample
from console.formats.relations import Relations
from console.formats.replayer import Replayer
from console.formats.summary import object_of, summary
from console.formats.swarm.profiles import IDS, SIMAPI
from console.formats.swarm.proof import prove
from console.formats.swarm.recognise import sniff
from console.formats.swarm.record import EPISODES, decode, relations
from console.model.event import Event, Panel, StreamKey
from console.model.ledger import Profile
from console.model.proof import Proof
from console.model.record import Record


class SwarmFormat(Format):
    """SWARM's event log and its simulated APIs' episode log; see ``Format``."""

    name = "swarm"
    title = "SWARM: event log with provenance"
    description = (
        "The event log of simulations, in its three shapes mixed, and the hash-linked log of simulated API episodes."
        " The event log has no chain: five kinds of ids can be made again, from agent, time and one name alone."
        " The document calls ids the same for the same seed, but they cover the wall clock; it calls parent_event_id"
        " an event's id, but every real one is a provenance_id; it calls ids collision-resistant, but real logs hold"
        " the same one twice (same agent, same microsecond)."
    )
    ledgers = "simulation logs in three shapes, hash-linked episodes"
    stream_kinds = ("simulation", "agent", "scenario", "episode")
    profiles: Sequence[Profile] = (SIMAPI, IDS)
    causes_come_first = True
    reference_codes = ReferenceCodes(duplicate="provenance.id-collision")

    @property
    def exports(self) -> Sequence[ExportForm]:
        from console.formats.swarm.exports import EXPORTS

        return EXPORTS

    def sniff(self, sample: Sample) -> Claim | None:
        return sniff(sample)

    def reader(self, context: Context) -> Reader:
        if context.shape == EPISODES:
            from console.formats.swarm.episode.reader import EpisodeReader

            return EpisodeReader(context)
        from console.formats.swarm.reader import SwarmReader

        return SwarmReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record)

    def replayer(self, stream: StreamKey, context: Context) -> Replayer | None:
        from console.formats.swarm.replay import replayer

        return replayer(stream.kind)

    def relations(self, event: Event) -> Relations:
        return relations(event)

    def summary(self, event: Event) -> str:
        from console.formats.swarm.views.summary import SUMMARIES

        return summary(SUMMARIES, event.type, object_of(event.document.get("payload")))

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        from console.formats.swarm.panels import panels

        return panels(event)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        return prove(record, before)
