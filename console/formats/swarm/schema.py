"""SWARM's lines, the payloads that its factories define, and the episode log: unions by ``event_type``."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, TypeAdapter, ValidationError

from console.formats.json.validation import Violation, path, shown, violations
from console.formats.swarm.profiles import Recipe
from console.formats.swarm.record import ENTRY_TYPES, INTEGERS

Table = dict[str, Any]
Filled = Annotated[str, Field(min_length=1)]


class Open(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", defer_build=True)


class LineFields(BaseModel):
    """A line's fields beside its payload, in any of the three shapes: unset is null or absent."""

    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)

    event_id: Filled
    timestamp: str
    event_type: Filled
    interaction_id: str | None = None
    agent_id: str | None = None
    initiator_id: str | None = None
    counterparty_id: str | None = None
    epoch: int | None = None
    step: int | None = None
    scenario_id: str | None = None
    replay_k: int | None = None
    seed: int | None = None
    provenance_id: str | None = None
    parent_event_id: str | None = None
    tool_call_id: str | None = None
    artifact_id: str | None = None
    audit_id: str | None = None
    intervention_id: str | None = None


class OpenLine(LineFields):
    """A line whose payload is open."""

    payload: Table = Field(default_factory=dict)


class ToolPayload(Open):
    tool_name: str
    arguments: Table
    result: Any
    success: bool


class ArtifactPayload(Open):
    artifact_type: str
    artifact_data: Table


class AuditPayload(Open):
    audit_type: str
    audit_result: Table
    audited_event_id: str | None


class InterventionPayload(Open):
    intervention_type: str
    intervention_action: str
    intervention_reason: str
    affected_agents: Annotated[list[str], FailFast()]


class MessagePayload(Open):
    message_role: str
    message_content: str
    tool_calls: list[Any]


class ToolCall(LineFields):
    event_type: Literal["awm_tool_call_executed"]
    payload: ToolPayload


class Artifact(LineFields):
    event_type: Literal["memory_written"]
    payload: ArtifactPayload


class Audit(LineFields):
    event_type: Literal["council_audit"]
    payload: AuditPayload


class Intervention(LineFields):
    event_type: Literal["governance_cost_applied"]
    payload: InterventionPayload


class Message(LineFields):
    event_type: Literal["agent_state_updated"]
    payload: MessagePayload


class ApiCallPayload(Open):
    domain: str
    endpoint: str
    params: Table
    cost: int | float
    irreversible: bool
    high_cost: bool
    response: Table


class ProposedPayload(Open):
    request_id: str
    endpoint: str
    params: Table


class VotePayload(Open):
    request_id: str
    approve: bool
    evidence_ids: Annotated[list[str], FailFast()]


class EntryFields(BaseModel):
    """The fields of an entry of the hash-linked episode log, beside its payload."""

    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)

    event_hash: str
    event_type: Filled
    timestamp: str
    agent_id: str | None
    parent_event_hash: str | None
    provenance_id: str


class OpenEntry(EntryFields):
    """An entry whose payload is open."""

    payload: Table


class ApiCall(EntryFields):
    event_type: Literal["api_call"]
    payload: ApiCallPayload


class Proposed(EntryFields):
    event_type: Literal["irreversible_proposed"]
    payload: ProposedPayload


class Vote(EntryFields):
    event_type: Literal["irreversible_vote"]
    payload: VotePayload


PAYLOADS: Mapping[str, type[Open]] = {
    "awm_tool_call_executed": ToolPayload,
    "memory_written": ArtifactPayload,
    "council_audit": AuditPayload,
    "governance_cost_applied": InterventionPayload,
    "agent_state_updated": MessagePayload,
}
"""What each factory puts into its lines, by their type."""
_TAGS = frozenset((*ENTRY_TYPES, *PAYLOADS, "int", "float"))


@cache
def line_adapter() -> TypeAdapter[Any]:
    return TypeAdapter(OpenLine)


@cache
def made_adapter() -> TypeAdapter[Any]:
    """Lines that a factory made: their payload is defined."""
    return TypeAdapter(
        Annotated[ToolCall | Artifact | Audit | Intervention | Message, Field(discriminator="event_type")]
    )


@cache
def entry_adapter(known: bool) -> TypeAdapter[Any]:
    """Entries of the three documented types, or of others."""
    if not known:
        return TypeAdapter(OpenEntry)
    return TypeAdapter(Annotated[ApiCall | Proposed | Vote, Field(discriminator="event_type")])


@cache
def _lenient() -> TypeAdapter[int | None]:
    return TypeAdapter(int | None)


def line_violations(document: Table, recipe: Recipe | None) -> list[Violation]:
    """What is wrong with a line; an integer that SWARM's own reader would convert is ``schema.coerced``."""
    return list(_violations(line_adapter() if recipe is None else made_adapter(), document))


def entry_violations(document: Table) -> list[Violation]:
    """What is wrong with an entry of the episode log."""
    kind = document.get("event_type")
    return list(_violations(entry_adapter(isinstance(kind, str) and kind in ENTRY_TYPES), document))


def _violations(adapter: TypeAdapter[Any], document: Table) -> Iterator[Violation]:
    try:
        adapter.validate_python(document)
    except ValidationError as error:
        converted = {
            path(each["loc"], _TAGS)
            for each in error.errors(include_url=False, include_context=False)
            if each["loc"][-1:] and each["loc"][-1] in INTEGERS and _converts(each["input"])
        }
        for each in violations(error, tags=_TAGS):
            if each.field in converted:
                written = shown(document[each.field])
                message = f"{each.field} is written as {written!r}; SWARM's reader makes an integer of it."
                yield Violation("schema.coerced", each.field, message, each.actual)
            else:
                yield each


def _converts(value: object) -> bool:
    try:
        _lenient().validate_python(value)
    except ValidationError:
        return False
    return True
