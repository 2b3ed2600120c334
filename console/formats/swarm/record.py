"""SWARM's records: the names that its software writes, and a document as the common envelope.

Two logs: the event log, and the hash-linked log of simulated API episodes. The vocabulary is open: an unknown type is
worth a note, no more.
"""

import re
from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.formats.relations import Relations
from console.model.event import Event, StreamKey
from console.model.record import Record

EVENT_TYPES = frozenset(
    name
    for names in (
        "interaction_proposed interaction_accepted interaction_rejected interaction_completed",
        "agent_created agent_state_updated agent_spawned spawn_rejected proxy_computed",
        "payoff_computed transfer_executed governance_cost_applied reputation_updated",
        "bounty_posted bid_placed bid_accepted bid_rejected escrow_created escrow_released escrow_refunded",
        "dispute_filed dispute_resolved page_created page_edited objection_filed policy_violation_flagged",
        "points_awarded pair_cap_triggered cooldown_triggered daily_cap_triggered post_submitted comment_submitted",
        "challenge_issued challenge_passed challenge_failed challenge_expired content_published rate_limit_hit",
        "karma_updated memory_written memory_promoted memory_verified memory_challenged memory_reverted",
        "memory_cache_rebuilt memory_compaction memory_write_rate_limited memory_promotion_blocked",
        "scholar_retrieval scholar_synthesis scholar_verification kernel_submitted kernel_verified kernel_audited",
        "council_deliberation council_audit peer_review_submitted review_gate_evaluated",
        "self_modification_proposed self_modification_reviewed self_modification_approved self_modification_denied",
        "self_modification_executed self_modification_reverted heartbeat_attested heartbeat_lapsed",
        "awm_task_assigned awm_task_completed awm_tool_call_executed awm_conflict_detected awm_transaction_completed",
        "contract_signing contract_metrics governance_threshold_proposed governance_threshold_applied",
        "governance_threshold_crystallized governance_threshold_reverted governance_contemplation_completed",
        "receipt_sealed receipt_verified receipt_rejected relay_message_sent relay_message_acknowledged",
        "hardware_halt_received hardware_halt_propagated hardware_recovery_entered hardware_condition_cleared",
        "hardware_safe_resume simulation_started simulation_ended epoch_completed",
    )
    for name in names.split()
)
"""The 91 types in use."""

V1 = (
    *("event_id", "timestamp", "event_type", "interaction_id", "agent_id", "initiator_id", "counterparty_id"),
    *("payload", "epoch", "step"),
)
V2 = (*V1, "scenario_id", "replay_k", "seed")
V3 = (*V2, "provenance_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")
"""Keys of the three shapes of a line, in the writer's order."""
AUDIT, AUDITED = "council_audit", "audited_event_id"
"""The type of audits, and the key of their payload that names an event."""
NEEDED = frozenset(("event_id", "timestamp", "event_type"))
"""Keys without which SWARM's own reader gives a line up."""
INTEGERS = frozenset(("epoch", "step", "replay_k", "seed"))
PROVENANCE = V3[len(V2) :]
ENTRY = (
    *("event_hash", "event_type", "timestamp", "agent_id", "parent_event_hash", "provenance_id"),
    "payload",
)
"""Keys of an entry of the episode log."""
ENTRY_TYPES = frozenset(("api_call", "irreversible_proposed", "irreversible_vote"))

EVENTS = "event"
"""The event log."""
EPISODES = "simapi"
"""The simulated APIs' episode log, linked by hashes."""
EPISODE = StreamKey("episode", "episode")
"""A file of the episode log mostly holds one episode; those that were appended to it are numbered from 2 on."""


UUID = re.compile(rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
DIGEST = re.compile(rb"[0-9a-f]{12}")
"""The forms of an event_id and of a provenance_id. Nothing rests on them: another writer may make ids otherwise."""


def has_form(form: "re.Pattern[bytes]", id: str | None) -> bool:
    """True for an id of this form, and where there is none."""
    return not id or form.fullmatch(id.encode("utf-8", "surrogatepass")) is not None


def text(document: Mapping[str, Any], name: str) -> str:
    """The field if it is a text, '' otherwise."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def audited(document: Mapping[str, Any]) -> str:
    """The id of the event that an audit is about; '' for other lines."""
    payload = document.get("payload")
    return text(payload, AUDITED) if document.get("event_type") == AUDIT and isinstance(payload, dict) else ""


def relations(event: Event) -> Relations:
    """What a line, or an entry of the episode log, says of others.

    Others mean it by its provenance_id or its event_id; its parent and the event that it audits caused it. It shares
    agents, tool calls, artifacts, audits, interventions and the request of an irreversible call with others.
    """
    document = event.document
    payload = document.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    ids = tuple(dict.fromkeys(each for name in ("provenance_id", "event_id") if (each := text(document, name))))
    causes = [("parent", event.parent or ""), ("audited", audited(document))]
    if document.get("event_type") == "irreversible_vote":
        evidence = payload.get("evidence_ids")
        causes += (
            [("evidence", each) for each in evidence if isinstance(each, str)] if isinstance(evidence, list) else []
        )
    kinds = ("tool_call", "artifact", "audit", "intervention", "interaction")
    about = [(kind, text(document, f"{kind}_id")) for kind in kinds]
    roles = dict.fromkeys(text(document, name) for name in ("agent_id", "initiator_id", "counterparty_id"))
    about += [("agent", each) for each in roles]
    about += [("scenario", scenario_of(document.get("scenario_id"), document.get("seed")))]
    about += [("request", text(payload, "request_id"))] if "event_hash" in document else []
    return Relations(ids, tuple(each for each in causes if each[1]), tuple(each for each in about if each[1]))


def scenario_of(name: object, seed: object) -> str:
    """``scenario/seed``, as far as a line names them."""
    if not isinstance(name, str) or not name:
        return ""
    return name if seed is None else f"{name}/{seed}"


def decode(record: Record) -> Event:
    """The envelope of one record; an unreadable one has type ''.

    A line's id is its provenance_id where it has one, for that is what other lines refer to. The simulation that it
    belongs to is not known from one line.
    """
    document = strict.decode(record.raw).document
    if document is None:
        return Event(record.ordinal, record.offset, record.length, "")
    agent = text(document, "agent_id")
    streams = [StreamKey("agent", agent)] if agent else []
    linked = "event_hash" in document
    if linked:
        streams.insert(0, EPISODE)
    elif of := scenario_of(document.get("scenario_id"), document.get("seed")):
        streams.append(StreamKey("scenario", of))
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        text(document, "event_type"),
        tuple(streams),
        category=text(document, "event_type").partition("_")[0],
        event_id=text(document, "provenance_id") or text(document, "event_id") or None,
        instant=parse(document.get("timestamp")),
        actor=agent or text(document, "initiator_id") or None,
        parent=text(document, "parent_event_hash")[:12] if linked else text(document, "parent_event_id") or None,
        correlation=text(document, "interaction_id") or None,
        hash=text(document, "event_hash") or None,
        previous_hash=text(document, "parent_event_hash") or None,
        document=document,
    )
