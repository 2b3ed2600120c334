"""SWARM as a format: recognition and description; reading and panels are imported when they are asked for."""

from collections.abc import Sequence

from console.formats.json import strict
from console.formats.protocol import Claim, Context, Reader, Sample
from console.formats.swarm.decode import EVENTS, SIMAPI, decode
from console.formats.swarm.proof import IDS, prove
from console.formats.swarm.proof import SIMAPI as LINKED
from console.formats.swarm.vocabulary import NEEDED
from console.model.event import Event, Panel
from console.model.ledger import Profile
from console.model.proof import Proof
from console.model.record import Record

_OWN = frozenset(("initiator_id", "counterparty_id", "interaction_id", "replay_k", "provenance_id", "parent_event_id"))
_OTHERS = frozenset(("run_id", "span_id", "dealId", "deal_id", "trace_id", "correlation_id", "data_hash", "action_id"))
_LINKED = frozenset(("event_hash", "parent_event_hash", "provenance_id", "payload"))


class SwarmFormat:
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
    profiles: Sequence[Profile] = (LINKED, IDS)
    companions: Sequence[str] = ()
    reference_codes = ("provenance.id-collision", "reference.orphan-parent")

    def sniff(self, sample: Sample) -> Claim | None:
        """A line needs event_id, timestamp and event_type: other files named event_log.jsonl have not, and are left."""
        votes = {EVENTS: 0, SIMAPI: 0}
        bare = read = 0
        for raw in sample.records:
            if not raw.strip():
                continue
            read += 1
            document = strict.decode(raw).document
            if document is None:
                continue
            keys = document.keys()
            if keys >= _LINKED:
                votes[SIMAPI] += 1
            elif keys >= NEEDED and not keys & _OTHERS:
                if len(keys & _OWN) >= 2:
                    votes[EVENTS] += 1
                elif "payload" in keys:
                    bare += 1
        if votes[SIMAPI] and votes[SIMAPI] >= votes[EVENTS]:
            why = "event_hash, parent_event_hash and provenance_id, as SWARM's simulated APIs link their episodes"
            return Claim(max(1, 97 * votes[SIMAPI] // read), SIMAPI, why)
        if votes[EVENTS]:
            why = "event_id, event_type, initiator_id, counterparty_id …, as SWARM's event log writes them"
            return Claim(max(1, (94 * votes[EVENTS] + 30 * bare) // read), EVENTS, why)
        if bare:
            return Claim(max(1, 30 * bare // read), EVENTS, "event_id, timestamp, event_type and payload alone")
        return None

    def reader(self, context: Context) -> Reader:
        if context.shape == SIMAPI:
            from console.formats.swarm.simapi import EpisodeReader

            return EpisodeReader(context)
        from console.formats.swarm.reader import SwarmReader

        return SwarmReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record)

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        from console.formats.swarm.panels import panels

        return panels(event)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        return prove(record, before)
