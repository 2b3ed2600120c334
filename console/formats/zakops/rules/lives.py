"""The lives of deals, of the worker's jobs, and of emails, by their agent events."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from console.formats.reading.findings import Remark
from console.formats.zakops.record import text
from console.formats.zakops.rules import life
from console.formats.zakops.rules.life import Rule, count_back, rule
from console.model.event import NO_TIME
from console.model.trust import Severity

OPEN, ARCHIVED = "OPEN", "ARCHIVED"
DEAL_EVENTS: Mapping[str, Rule] = MappingProxyType(
    {
        "deal.created": rule("new", OPEN),
        "deal.stage_changed": rule(OPEN, None),
        "deal.scored": rule(OPEN, None),
        "deal.updated": rule(OPEN, None),
        "deal.profile_enriched": rule(OPEN, None),
        "deal.archived": rule(OPEN, ARCHIVED),
    }
)
_QUEUED, _STARTED, _RETRYING = "QUEUED", "STARTED", "RETRYING"
_DONE, _FAILED, _DEAD = "COMPLETED", "FAILED", "DEAD"
JOB_EVENTS: Mapping[str, Rule] = MappingProxyType(
    {
        "worker.job_queued": rule("new", _QUEUED),
        "worker.job_started": rule(f"{_QUEUED} {_RETRYING}", _STARTED),
        "worker.job_retrying": rule(f"{_STARTED} {_RETRYING}", _RETRYING),
        "worker.job_completed": rule(f"{_STARTED} {_RETRYING}", _DONE),
        "worker.job_failed": rule(f"{_STARTED} {_RETRYING}", _FAILED),
        "worker.job_dlq": rule(f"{_STARTED} {_RETRYING} {_FAILED}", _DEAD),
    }
)
_INGESTED, _CLASSIFIED, _PROCESSED = "INGESTED", "CLASSIFIED", "PROCESSED"
EMAIL_EVENTS: Mapping[str, Rule] = MappingProxyType(
    {
        "email.ingested": rule("new", _INGESTED),
        "email.classified": rule(_INGESTED, _CLASSIFIED),
        "email.processed": rule(_CLASSIFIED, _PROCESSED),
    }
)
_DEAL_ENDS, _JOB_ENDS, _EMAIL_ENDS = frozenset({ARCHIVED}), frozenset({_DONE, _FAILED, _DEAD}), frozenset({_PROCESSED})
_IDS = {"worker": ("job_id", "task_id"), "email": ("email_id", "message_id")}
_COUNTS = ("retry_count", "attempt", "attempts")


class Subject(msgspec.Struct, array_like=True):
    """A deal, a trace, a consumer, a job or an email. ``correlation`` is the first that a trace named."""

    last: int = NO_TIME
    status: str = ""
    stage: str = ""
    correlation: str = ""
    retries: int = 0

    def facts(self) -> dict[str, str]:
        stage = {"stage": self.stage} if self.stage else {}
        return {**stage, "status": self.status} if self.status == ARCHIVED else stage


def step_deal(state: Subject, event: str, payload: Mapping[str, Any] | None, field: str) -> list[Remark]:
    """One event of one deal, by its type in the words of agent_events."""
    state.status, remarks = life.step("deal", state.status, event, DEAL_EVENTS, _DEAL_ENDS)
    get = (payload or {}).get
    if event == "deal.stage_changed":
        left, entered = text(get("from_stage")), text(get("to_stage"))
        if left and state.stage and left != state.stage:
            message = f"The stage changes from {left!r}, but the last one entered was {state.stage!r}."
            remarks.append(Remark("replay.value-discontinuity", message, f"{field}.from_stage", state.stage, left))
        state.stage = entered or state.stage
    elif event == "deal.created":
        state.stage = text(get("stage")) or state.stage
    return remarks


def thing_of(family: str, payload: Mapping[str, Any] | None, run: str | None) -> tuple[str, bool] | None:
    """Which job or email an event is about, and True if an id names it: else it is the run's one. None if nothing
    shows which."""
    for name in _IDS[family]:
        if found := text((payload or {}).get(name)):
            return found, True
    return (f"run\0{run}", False) if run else None


def step_job(state: Subject, event: str, payload: Mapping[str, Any] | None, field: str, *, named: bool) -> list[Remark]:
    """One event of one job of the worker. A job that is tried again after it failed is only noted."""
    before = state.status
    state.status, remarks = life.step("job", before, event, JOB_EVENTS, _JOB_ENDS, unsure=not named)
    if event == "worker.job_retrying":
        if before == _FAILED:
            remarks = [each._replace(severity=Severity.NOTE) for each in remarks]
        for name in _COUNTS:
            count = (payload or {}).get(name)
            if type(count) is int and 0 <= count < 2**31:
                if count < state.retries and named:
                    remarks.append(count_back(state.retries, count, f"{field}.{name}"))
                state.retries = count
                break
    return remarks


def step_email(state: Subject, event: str, *, named: bool) -> list[Remark]:
    """One event of one email. One that is processed without having been classified is only noted."""
    before = state.status
    state.status, remarks = life.step("email", before, event, EMAIL_EVENTS, _EMAIL_ENDS, unsure=not named)
    if (before, event) == (_INGESTED, "email.processed"):
        remarks = [each._replace(severity=Severity.NOTE) for each in remarks]
    return remarks
