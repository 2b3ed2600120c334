"""Event types of ZakOps as data: what each is called, where it is known from, and which payload each version has."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Registered:
    """One event type. ``known`` is where from: 'required' (by the system's audit), 'code' (sent by the real code),
    'stored' (as the real table stores it) or 'migrated' (what an audit event becomes). ``category`` is the type in the
    words of agent_events. ``versions`` names the payload model (in ``schema.PAYLOADS``) of each schema version."""

    type: str
    known: str
    category: str
    versions: Mapping[int, str]


OPEN = MappingProxyType({1: "EventData"})
"""Payloads that are documented as objects, and no further."""

JUDGED = frozenset(
    ("event_id", "correlation_id", "original_type", "schema_version", "from_stage", "to_stage", "reason")
)
"""Keys of payloads that any model judges: a payload with none of them needs no look."""

_REQUIRED = tuple(
    f"{family}.{name}"
    for family, names in (
        ("deal", ("created", "stage_changed", "archived", "scored")),
        ("action", ("created", "awaiting_approval", "approved", "rejected", "completed", "failed")),
        ("run", ("started", "tool_called", "tool_completed", "paused", "resumed", "completed", "failed")),
        ("worker", ("job_queued", "job_started", "job_retrying", "job_completed", "job_failed")),
        ("email", ("ingested", "classified", "processed")),
    )
    for name in names
)

_CODE = {
    "deal.updated": "",
    "deal.profile_enriched": "",
    "action.executing": "",
    "action.quarantined": "",
    "agent.run_started": "run.started",
    "agent.run_completed": "run.completed",
    "agent.run_failed": "run.failed",
    "agent.tool_called": "run.tool_called",
    "agent.tool_completed": "run.tool_completed",
    "agent.tool_failed": "run.tool_failed",
    "agent.thinking": "",
    "agent.waiting_approval": "run.approval_required",
    "worker.job_dlq": "",
    "system.startup": "",
    "system.shutdown": "",
    "system.health_check": "",
    "system.error": "",
    # The real deal workflow writes this one without its prefix.
    "stage_changed": "deal.stage_changed",
}

_STORED = {
    "run_created": "run.created",
    "run_started": "run.started",
    "run_completed": "run.completed",
    "run_failed": "run.failed",
    "run_cancelled": "run.cancelled",
    "tool_call_started": "run.tool_called",
    "tool_call_completed": "run.tool_completed",
    "tool_call_failed": "run.tool_failed",
    "tool_approval_required": "run.approval_required",
    "tool_approval_granted": "run.approval_granted",
    "tool_approval_denied": "run.approval_denied",
    "stream_start": "run.stream_start",
    "stream_token": "run.stream_token",
    "stream_end": "run.stream_end",
    "stream_error": "run.stream_error",
    "custom": "",
}

AUDIT = MappingProxyType(
    {
        "created": "action.created",
        "inputs_updated": "action.inputs_updated",
        "approved": "action.approved",
        "execution_requested": "action.execution_requested",
        "started": "action.executing",
        "completed": "action.completed",
        "failed": "action.failed",
        "retry_scheduled": "action.retry_scheduled",
        "failed_timeout": "action.failed",
        "unstuck": "action.unstuck",
        "requeued": "action.requeued",
        "cancelled": "action.cancelled",
        "hidden_from_quarantine": "action.hidden_from_quarantine",
        "step_approved": "action.step_approved",
    }
)
"""Events of action_audit_events, and the agent_events type that each becomes when they are migrated."""


def _registry() -> dict[str, Registered]:
    stage = {"deal.stage_changed", "stage_changed"}
    entries: dict[str, Registered] = {}
    for known, types in (("required", dict.fromkeys(_REQUIRED, "")), ("code", _CODE), ("stored", _STORED)):
        for name, category in types.items():
            versions = MappingProxyType({1: "StageChanged"}) if name in stage else OPEN
            entries[name] = Registered(name, known, category or name, versions)
    for name in AUDIT.values():
        entries.setdefault(name, Registered(name, "migrated", name, OPEN))
    return entries


REGISTRY: Mapping[str, Registered] = MappingProxyType(_registry())

CATEGORIES: Mapping[str, str] = MappingProxyType({name: entry.category for name, entry in REGISTRY.items()})

LEGACY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "action.created": ("created",),
        "action.awaiting_approval": ("created",),
        "action.approved": ("approved",),
        "action.rejected": ("cancelled",),
        "action.completed": ("completed",),
        "action.failed": ("failed", "failed_timeout"),
    }
)
"""Required types that action_audit_events records in part, and by which of its events."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One required type: ``seen`` is 'seen', 'legacy' (only as an audit event) or 'never'; ``events`` how many."""

    type: str
    seen: str
    events: int


def gaps(counts: Mapping[str, int]) -> list[Gap]:
    """For each required type, how it is recorded, if at all. ``counts`` are events by their type as stored."""
    named: dict[str, int] = {}
    for name, count in counts.items():
        entry = REGISTRY.get(name)
        category = name if entry is None else entry.category
        named[category] = named.get(category, 0) + count
    result = []
    for name in _REQUIRED:
        legacy = sum(counts.get(event, 0) for event in LEGACY.get(name, ()))
        if named.get(name):
            result.append(Gap(name, "seen", named[name]))
        elif legacy:
            result.append(Gap(name, "legacy", legacy))
        else:
            result.append(Gap(name, "never", 0))
    return result
