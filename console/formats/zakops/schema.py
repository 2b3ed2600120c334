"""What ZakOps rows and their payloads must be. Documents leave much open: types are checked, further keys are kept."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from console.formats.json.times import parse
from console.formats.json.validation import Violation, violations
from console.formats.zakops.event_types import AUDIT as AUDIT_TYPES
from console.formats.zakops.event_types import JUDGED
from console.formats.zakops.record import is_own_id, is_uuid

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Name50 = Annotated[str, Field(min_length=1, max_length=50)]
Name100 = Annotated[str, Field(min_length=1, max_length=100)]


def _uuid(value: str) -> str:
    if not is_uuid(value):
        raise PydanticCustomError("string_pattern_mismatch", "a UUID", {"pattern": _UUID})
    return value


def _id(value: str) -> str:
    return value if is_own_id(value) else _uuid(value)


def _row_id(value: Any) -> Any:
    if value is None or (type(value) is int and value >= 0):
        return value
    if type(value) is int:
        raise PydanticCustomError("greater_than_equal", "at least 0", {"ge": 0})
    if type(value) is not str:
        raise PydanticCustomError("int_type", "an integer")
    return _uuid(value)


def _time(value: str) -> str:
    if parse(value) is None:
        raise PydanticCustomError("string_pattern_mismatch", "a time", {"pattern": "of a time"})
    return value


def _given(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("dict_type", "an object")
    return value


_UUID = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx (a UUID)"
Uuid = Annotated[str, AfterValidator(_uuid)]
OwnId = Annotated[str, AfterValidator(_id)]
"""A UUID by the required schema; ids that the real system makes are reported apart."""
RowId = Annotated[Any, AfterValidator(_row_id)]
"""Of a row: a number in the real tables, a UUID in what the API answers."""
Time = Annotated[str, AfterValidator(_time)]
Payload = Annotated[Any, AfterValidator(_given)]
"""NOT NULL. What else it must be is found by reading it."""
Flag = Annotated[int, Field(ge=0, le=1)] | bool
"""A boolean, which SQLite keeps as 0 or 1."""
Status = Literal["PENDING_APPROVAL", "READY", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"]


class ZakopsModel(BaseModel):
    """No value is converted, unknown keys are not judged."""

    model_config = ConfigDict(strict=True, extra="ignore")


# The details of action_audit_events: the column's default is {}, so no key can be demanded.


class NoDetails(ZakopsModel):
    """Nothing is documented."""


class CreatedDetails(ZakopsModel):
    source: str | None = None
    type: str | None = None
    capability_id: str | None = None


class QueuedDetails(ZakopsModel):
    next_attempt_at: Time | None = None


class StartedDetails(ZakopsModel):
    owner_id: str | None = None


class EndedDetails(ZakopsModel):
    status: Status | None = None
    error_code: str | None = None


class RetryDetails(QueuedDetails):
    retry_count: Count | None = None
    error_code: str | None = None


class TimeoutDetails(ZakopsModel):
    cutoff: Time | None = None


class ReasonDetails(ZakopsModel):
    reason: str | None = None


class RequeuedDetails(ReasonDetails):
    previous_error: Any = None


class StepDetails(ZakopsModel):
    step_id: str | None = None
    step_name: str | None = None


class AuditRow(ZakopsModel):
    """A row of action_audit_events whose event is not known."""

    audit_id: Uuid
    action_id: Text
    timestamp: Text
    event: Text
    actor: Text


class Created(AuditRow):
    event: Literal["created"]
    details: CreatedDetails


class Plain(AuditRow):
    event: Literal["inputs_updated", "approved"]
    details: NoDetails


class Queued(AuditRow):
    event: Literal["execution_requested"]
    details: QueuedDetails


class Started(AuditRow):
    event: Literal["started"]
    details: StartedDetails


class Ended(AuditRow):
    event: Literal["completed", "failed"]
    details: EndedDetails


class Retried(AuditRow):
    event: Literal["retry_scheduled"]
    details: RetryDetails


class TimedOut(AuditRow):
    event: Literal["failed_timeout"]
    details: TimeoutDetails


class Reasoned(AuditRow):
    event: Literal["unstuck", "cancelled", "hidden_from_quarantine"]
    details: ReasonDetails


class Requeued(AuditRow):
    event: Literal["requeued"]
    details: RequeuedDetails


class StepApproved(AuditRow):
    event: Literal["step_approved"]
    details: StepDetails


Audit = Annotated[
    Created | Plain | Queued | Started | Ended | Retried | TimedOut | Reasoned | Requeued | StepApproved,
    Field(discriminator="event"),
]


class AgentEvent(ZakopsModel):
    """agent_events in all its variants; which of id and event_id is there differs."""

    id: RowId = None
    event_id: Text | None = None
    event_type: Text
    run_id: Text
    thread_id: Text | None = None
    trace_id: Text | None = None
    correlation_id: Text | None = None
    causation_id: Text | None = None
    schema_version: int | None = None
    deal_id: Text | None = None
    action_id: Text | None = None
    tool_call_id: Text | None = None
    sequence_number: Count | None = None
    source: str | None = None
    created_at: Text


class RequiredEvent(ZakopsModel):
    """agent_events to the letter of the required schema."""

    id: Uuid
    run_id: Uuid
    trace_id: Uuid
    correlation_id: OwnId
    causation_id: Uuid | None = None
    event_type: Name100
    schema_version: int | None = None
    payload: Payload
    deal_id: OwnId | None = None
    action_id: OwnId | None = None
    created_at: Text


class DealEvent(AgentEvent):
    run_id: Text | None = None  # type: ignore[assignment]  # the deal's table has no such column
    actor: str | None = None
    actor_id: Text | None = None
    actor_type: str | None = None
    event_source: str | None = None
    idempotency_key: str | None = None


class DealFileEvent(ZakopsModel):
    """A line of ``events/{deal_id}.jsonl``."""

    event_id: Text
    event_type: Text
    timestamp: Text
    actor: str | None = None


class RequiredOutbox(ZakopsModel):
    """The outbox to the letter of the required schema."""

    id: Uuid
    aggregate_type: Name50
    aggregate_id: OwnId
    event_type: Name100
    schema_version: int | None = None
    payload: Payload
    trace_id: Uuid | None = None
    correlation_id: OwnId | None = None
    created_at: Text
    published_at: Time | None = None
    attempts: Count
    last_error: str | None = None
    is_dead: Flag


class RequiredInbox(ZakopsModel):
    """The inbox to the letter of the required schema."""

    event_id: Uuid
    event_type: Name100
    processed_at: Text


class OutboxRow(ZakopsModel):
    """The real outbox (status, max_attempts); mixtures of both schemas occur."""

    id: Uuid
    aggregate_type: Text
    aggregate_id: Text
    event_type: Text
    schema_version: int | None = None
    trace_id: Text | None = None
    correlation_id: Text | None = None
    status: Literal["pending", "processing", "delivered", "failed", "dead"] | None = None
    attempts: Count
    max_attempts: Count | None = None
    is_dead: Flag | None = None
    published_at: Time | None = None
    delivered_at: Time | None = None
    last_attempt_at: Time | None = None
    next_attempt_at: Time | None = None
    last_error: str | None = None
    error_message: str | None = None
    created_at: Text


class InboxRow(ZakopsModel):
    event_id: Text
    event_type: Text | None = None
    consumer_id: Text | None = None
    processed_at: Text


class TrailEntry(ZakopsModel):
    """One audit event inside an action document."""

    audit_id: Uuid | None = None
    timestamp: Time
    event: Text
    actor: Text
    details: dict[str, Any] | None = None


class ActionDocument(ZakopsModel):
    action_id: Text
    deal_id: Text | None = None
    status: Status
    created_at: Time | None = None
    updated_at: Time | None = None
    retry_count: Count | None = None
    max_retries: Count | None = None
    audit_trail: Annotated[list[TrailEntry], FailFast()]


class EventData(ZakopsModel):
    """What the real writers add to every payload."""

    event_id: str | None = None
    correlation_id: str | None = None
    original_type: str | None = None
    schema_version: int | None = None


class StageChanged(EventData):
    from_stage: str | None = None
    to_stage: str | None = None
    reason: str | None = None


PAYLOADS: Mapping[str, type[ZakopsModel]] = {"EventData": EventData, "StageChanged": StageChanged}
_ROWS: Mapping[str, Any] = {
    "audit": Audit,
    "audit?": AuditRow,
    "agent": AgentEvent,
    "agent!": RequiredEvent,
    "outbox!": RequiredOutbox,
    "inbox!": RequiredInbox,
    "deal": DealEvent,
    "deal-file": DealFileEvent,
    "outbox": OutboxRow,
    "inbox": InboxRow,
    "action": ActionDocument,
}
COLUMNS: Mapping[str, frozenset[str]] = {
    name: frozenset(_ROWS[name].model_fields) for name in ("agent!", "outbox!", "inbox!")
} | {"audit": frozenset((*AuditRow.model_fields, "details"))}
"""Columns of the tables whose columns are prescribed. Another one is a finding."""
TAGS = frozenset({"str", "int", "bool", "constrained-str", "constrained-int", *AUDIT_TYPES})
"""Names that pydantic puts into a path for the member of a union that it tried."""


@cache
def _validate(model: Any) -> Callable[[Any], Any]:
    return TypeAdapter(model).validator.validate_python


def breaches(
    shape: str, row: Mapping[str, Any], payload_model: str | None, payload: Mapping[str, Any] | None
) -> list[tuple[bool, Violation]]:
    """What is wrong with a row of this shape; if nothing is, with its payload, which is True then.

    ``payload_model`` is the name that the registry gives, None if the payload is not to be checked.
    """
    inside = False
    try:
        _validate(_ROWS[shape])(row)
        if payload_model is not None and payload and not JUDGED.isdisjoint(payload):
            inside = True
            _validate(PAYLOADS[payload_model])(payload)
    except ValidationError as error:
        return [(inside, each) for each in violations(error, tags=TAGS)]
    return []
