"""Is this one of SWARM's logs, and how sure is that?

Its event log is known by keys that no other system has; ids, times and types alone are what many logs have.
"""

from console.formats.json import strict
from console.formats.protocol import Claim, Sample
from console.formats.swarm.record import EPISODES, EVENTS, NEEDED

_OWN = frozenset(("initiator_id", "counterparty_id", "interaction_id", "replay_k", "provenance_id", "parent_event_id"))
_SURE = 3
"""Of these keys: a line of the oldest shape has so many, and then it may have keys of other systems beside."""
_ALL_BUT_SURE = 5
"""Of these keys: only SWARM's newest shape has so many."""
_OTHERS = frozenset(("run_id", "span_id", "dealId", "deal_id", "trace_id", "correlation_id", "data_hash", "action_id"))
_LINKED = frozenset(("event_hash", "parent_event_hash", "provenance_id", "payload"))


def sniff(sample: Sample) -> Claim | None:
    """A line needs event_id, timestamp and event_type: other files named event_log.jsonl have not, and are left."""
    votes = {EVENTS: 0, EPISODES: 0}
    bare = read = 0
    for raw in sample.records:
        document = strict.decode(raw).document
        if document is None:
            continue
        read += 1
        keys = document.keys()
        own = len(keys & _OWN)
        if keys >= _LINKED:
            votes[EPISODES] += 1
        elif keys >= NEEDED and (own >= _SURE or (own >= 2 and not keys & _OTHERS)):
            votes[EVENTS] += 1
        elif own >= _ALL_BUT_SURE and len(keys & NEEDED) == len(NEEDED) - 1:
            votes[EVENTS] += 1  # one key was lost, and nothing else has so many of the others
        elif keys >= NEEDED and "payload" in keys and not keys & _OTHERS:
            bare += 1
    if votes[EPISODES] and votes[EPISODES] >= votes[EVENTS]:
        why = "event_hash, parent_event_hash and provenance_id, as SWARM's simulated APIs link their episodes"
        return Claim(max(1, 97 * votes[EPISODES] // read), EPISODES, why)
    if votes[EVENTS]:
        why = "event_id, event_type, initiator_id, counterparty_id …, as SWARM's event log writes them"
        return Claim(max(1, (94 * votes[EVENTS] + 30 * bare) // read), EVENTS, why)
    if bare:
        return Claim(1, EVENTS, "event_id, timestamp, event_type and payload alone, as many logs have them", alike=True)
    return None
