"""The life of an action: by the rows of its audit, whose status machine is documented, and by its agent events."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from console.formats.reading.findings import Remark
from console.formats.zakops.rules import life
from console.formats.zakops.rules.life import Rule, count_back, rule
from console.model.event import NO_TIME

PENDING, READY, PROCESSING = "PENDING_APPROVAL", "READY", "PROCESSING"
COMPLETED, FAILED, CANCELLED, REJECTED = "COMPLETED", "FAILED", "CANCELLED", "REJECTED"
UNKNOWN = "UNKNOWN"
"""Where a ledger begins in the middle of an action: any event fits."""
PROCESSING_TTL = 600
"""Seconds after which the real runner gives up an action in PROCESSING ("exceeded processing TTL (600s)")."""
_ANY = frozenset({PENDING, READY, PROCESSING, COMPLETED, FAILED, CANCELLED})
TRANSITIONS: Mapping[str, tuple[frozenset[str], str | None]] = MappingProxyType(
    {
        "created": (frozenset({""}), PENDING),
        "inputs_updated": (frozenset({PENDING, READY}), None),
        "approved": (frozenset({PENDING}), READY),
        "execution_requested": (frozenset({READY}), None),
        "started": (frozenset({READY}), PROCESSING),
        "completed": (frozenset({PROCESSING}), COMPLETED),
        "failed": (frozenset({PROCESSING}), FAILED),
        "retry_scheduled": (frozenset({PROCESSING}), READY),
        "failed_timeout": (frozenset({PROCESSING}), FAILED),
        "unstuck": (frozenset({PROCESSING}), READY),
        "requeued": (frozenset({FAILED}), READY),
        "cancelled": (frozenset({PENDING, READY, PROCESSING}), CANCELLED),
        "hidden_from_quarantine": (_ANY, None),
        "step_approved": (_ANY, None),
    }
)
"""Event → the statuses it may find ('' before creation), and the one it leaves (None: as it was)."""

EVENTS: Mapping[str, Rule] = MappingProxyType(
    {
        "action.created": rule("new", PENDING),
        "action.inputs_updated": rule(f"{PENDING} {READY}", None),
        "action.awaiting_approval": rule(PENDING, None),
        "action.approved": rule(PENDING, READY),
        "action.rejected": rule(f"{PENDING} {READY}", REJECTED),
        "action.execution_requested": rule(READY, None),
        "action.executing": rule(READY, PROCESSING),
        "action.completed": rule(f"{READY} {PROCESSING}", COMPLETED),
        "action.failed": rule(f"{READY} {PROCESSING}", FAILED),
        "action.retry_scheduled": rule(f"{READY} {PROCESSING}", READY),
        "action.unstuck": rule(PROCESSING, READY),
        "action.requeued": rule(FAILED, READY),
        "action.cancelled": rule(f"{PENDING} {READY} {PROCESSING}", CANCELLED),
        "action.quarantined": rule(f"* {FAILED}", None),
        "action.hidden_from_quarantine": rule(" ".join(_ANY), None),
        "action.step_approved": rule(" ".join(_ANY), None),
    }
)
"""The same in agent_events, where nothing demands that the beginning of the work is recorded."""
ENDS = frozenset({COMPLETED, FAILED, CANCELLED, REJECTED})


class ActionLife(msgspec.Struct, array_like=True):
    """``status`` '' is before creation. ``since`` is when PROCESSING began, at ``record`` and ``offset``."""

    status: str = ""
    retries: int = 0
    since: int = NO_TIME
    record: int = 0
    offset: int = 0
    length: int = 0
    last: int = NO_TIME
    awaiting: bool = False

    def facts(self) -> dict[str, str]:
        status = {"status": self.status} if self.status else {}
        return {**status, "retries": str(self.retries)} if self.retries else status


def step_action(state: ActionLife, event: str, details: Mapping[str, Any] | None) -> list[Remark]:
    """One audit event of one action. After a transition that is not allowed the rules go on from where it leads."""
    remarks: list[Remark] = []
    rule = TRANSITIONS.get(event)
    if rule is None:
        return remarks
    allowed, after = rule
    before = state.status
    if before not in allowed and before != UNKNOWN:
        if before:
            message = f"{event!r} does not fit an action that is {before}."
            fitting = " or ".join(sorted(allowed)) or "no event before"
            remarks.append(Remark("lifecycle.illegal-transition", message, None, fitting, before))
        else:
            message = f"The ledger's first event of this action is {event!r}."
            remarks.append(Remark("lifecycle.event-before-creation", message))
    elif before == UNKNOWN and event == "created":
        message = "'created' comes after other events of this action."
        remarks.append(Remark("lifecycle.illegal-transition", message, None, "no event before"))
    if after is not None:
        state.status = after
    elif not before:
        state.status = READY if event == "execution_requested" else UNKNOWN
    count_retries(state, event, details, "details.retry_count", remarks)
    return remarks


def step_action_event(state: ActionLife, event: str, payload: Mapping[str, Any] | None, field: str) -> list[Remark]:
    """One agent event of one action."""
    before = state.status
    state.status, remarks = life.step("action", before, event, EVENTS, ENDS)
    if event == "action.awaiting_approval":
        if state.awaiting and before == PENDING:
            message = f"{event!r} stands twice before it was answered."
            remarks.append(Remark("lifecycle.illegal-transition", message, None, None, before))
        state.awaiting = True
        state.status = PENDING if before in ("", UNKNOWN) else state.status
    elif event in ("action.approved", "action.rejected", "action.cancelled"):
        state.awaiting = False
    count_retries(state, event.removeprefix("action."), payload, f"{field}.retry_count", remarks)
    return remarks


def count_retries(
    state: ActionLife, event: str, details: Mapping[str, Any] | None, field: str, remarks: list[Remark]
) -> None:
    """Retry counts only go up, until an action is created or requeued."""
    if event == "retry_scheduled":
        count = None if details is None else details.get("retry_count")
        if type(count) is int and 0 <= count < 2**31:
            if count < state.retries:
                remarks.append(count_back(state.retries, count, field))
            state.retries = count
    elif event in ("created", "requeued"):
        state.retries = 0
