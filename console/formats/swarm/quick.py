"""The types of sound lines: one msgspec type per shape, and one per payload that a factory makes.

What they accept is sound by the models of ``schema`` too (tests hold them to it); what they refuse is read again with
suspicion and validated with pydantic, which says exactly what is wrong.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from console.formats.reading.lines import Decoder, OpenObject, SafeInteger
from console.formats.swarm.vocabulary import INTEGERS, NEEDED, V1, V2, V3


class Tool(msgspec.Struct, gc=False):
    tool_name: str
    arguments: dict[str, Any]
    result: Any
    success: Any


class Artifact(msgspec.Struct, gc=False):
    artifact_type: str
    artifact_data: dict[str, Any]


class Audit(msgspec.Struct, gc=False):
    audit_type: str
    audit_result: dict[str, Any]
    audited_event_id: str | None


class Intervention(msgspec.Struct, gc=False):
    intervention_type: str
    intervention_action: str
    intervention_reason: str
    affected_agents: list[str]


class Message(msgspec.Struct, gc=False):
    message_role: str
    message_content: Any
    tool_calls: list[Any]


MADE: Mapping[str, type[msgspec.Struct]] = {
    "awm_tool_call_executed": Tool,
    "memory_written": Artifact,
    "council_audit": Audit,
    "governance_cost_applied": Intervention,
    "agent_state_updated": Message,
}
"""Payloads by the type of their line."""
_lists = {kind: list[made] for kind, made in MADE.items()}  # type: ignore[valid-type]  # made at run time


def _type(field: str) -> Any:
    if field == "payload":
        return OpenObject
    return str if field in NEEDED else SafeInteger | None if field in INTEGERS else str | None


def _shape(name: str, fields: tuple[str, ...]) -> type[msgspec.Struct]:
    """Fields that this shape does not have are None."""
    others = dict.fromkeys(field for field in V3 if field not in fields)
    types = [(field, _type(field)) for field in fields]
    return msgspec.defstruct(name, types, namespace=others, forbid_unknown_fields=True, gc=False)


def decoders() -> list[Decoder]:
    """For the three shapes of a line, the newest first."""
    return [Decoder(_shape(*shape)) for shape in (("V3", V3), ("V2", V2), ("V1", V1))]


def are_made(event_type: str, payloads: list[dict[str, Any]]) -> bool:
    """Whether all these payloads are as the factory of this type makes them."""
    try:
        msgspec.convert(payloads, _lists[event_type])
    except msgspec.ValidationError:
        return False
    return True
