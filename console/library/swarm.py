"""SWARM's functions: deterministic ids, the five factories, and the event log with its CSV forms.

The ids are those of SWARM's own code, and so are the lines. Two things are better than there: an unreadable line costs
itself and not the replay, and a line that the rules of the log would find is refused. Sources: the document of the
unified provenance trace schema, and ``swarm.models.events``.
"""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypedDict, Unpack
from uuid import uuid4

from console.library.reading import AnyPath, events_of, iterated

__all__ = [
    "EventLog",
    "LoggedEvent",
    "agent_message_event",
    "artifact_created_event",
    "audit_event",
    "generate_deterministic_id",
    "intervention_event",
    "tool_call_executed_event",
]

FORMAT = "swarm"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event of the log: the fields of a line, in their order. ``timestamp`` is the writer's local time, as
    ``datetime.isoformat`` spells it."""

    event_id: str
    timestamp: str
    event_type: str
    interaction_id: str | None = None
    agent_id: str | None = None
    initiator_id: str | None = None
    counterparty_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
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

    def to_dict(self) -> dict[str, Any]:
        """The line's object, in the writer's order."""
        return {name: getattr(self, name) for name in _NAMES}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "LoggedEvent":
        """The event of a line of any of the three shapes; further keys are left out."""
        known = {name: document[name] for name in _NAMES if name in document}
        for name in _NAMES[:3]:
            known.setdefault(name, "")
        if not isinstance(known.get("payload", {}), dict):
            known["payload"] = {}
        return cls(**known)


_NAMES = tuple(each.name for each in fields(LoggedEvent))


class EventContext(TypedDict, total=False):
    """What every factory takes beside its own arguments: the fields of a line that are not given are unset, a time is
    now, an id is new."""

    timestamp: datetime | str | None
    event_id: str | None
    interaction_id: str | None
    initiator_id: str | None
    counterparty_id: str | None
    epoch: int | None
    step: int | None
    scenario_id: str | None
    replay_k: int | None
    seed: int | None


def generate_deterministic_id(
    event_type: str, agent_id: str | None = None, timestamp: datetime | str | None = None, **kwargs: Any
) -> str:
    """The first 12 hex digits of the SHA-256 of what names an event: its type, agent, time and ``kwargs``, as JSON with
    sorted keys. The same arguments give the same id; 48 bits are a checksum, no proof.

    >>> generate_deterministic_id("tool_call", "agent_1", datetime(2024, 1, 1, 12))
    '06f3313a17c4'
    """
    named = {"event_type": event_type, "agent_id": agent_id, "timestamp": _stamp(timestamp), **kwargs}
    return sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def tool_call_executed_event(
    agent_id: str,
    tool_name: str,
    arguments: Mapping[str, Any],
    result: Any = None,
    success: bool = True,
    parent_event_id: str | None = None,
    **context: Unpack[EventContext],
) -> LoggedEvent:
    """A tool was called. Its ``tool_call_id`` and ``provenance_id`` are deterministic.

    >>> event = tool_call_executed_event("agent_1", "query_database", {}, timestamp="2026-02-16T20:49:34.123456")
    >>> event.tool_call_id, event.provenance_id
    ('09351712e596', '6bde46a8ddbf')
    """
    payload = {"tool_name": tool_name, "arguments": dict(arguments), "result": result, "success": success}
    event = _event("awm_tool_call_executed", agent_id, payload, parent_event_id, context)
    own = generate_deterministic_id("tool_call", agent_id, event.timestamp, tool_name=tool_name)
    return _traced(event, "awm_tool_call_executed", tool_call_id=own)


def artifact_created_event(
    agent_id: str,
    artifact_id: str,
    artifact_type: str,
    artifact_data: Mapping[str, Any],
    parent_event_id: str | None = None,
    **context: Unpack[EventContext],
) -> LoggedEvent:
    """An artifact, which the caller names, was made.

    >>> artifact_created_event("agent_1", "artifact_123", "memory", {"title": "Test"}).artifact_id
    'artifact_123'
    """
    payload = {"artifact_type": artifact_type, "artifact_data": dict(artifact_data)}
    event = _event("memory_written", agent_id, payload, parent_event_id, context)
    return _traced(event, "artifact_created", artifact_id=artifact_id)


def audit_event(
    agent_id: str,
    audit_type: str,
    audit_result: Mapping[str, Any],
    audited_event_id: str | None = None,
    parent_event_id: str | None = None,
    **context: Unpack[EventContext],
) -> LoggedEvent:
    """An audit of another event, which ``audited_event_id`` names by its ``event_id``.

    >>> audit_event("auditor", "safety", {"risk": 0.1}, timestamp="2026-02-16T20:49:34.123456").audit_id
    '935ed6b1fed2'
    """
    payload = {"audit_type": audit_type, "audit_result": dict(audit_result), "audited_event_id": audited_event_id}
    event = _event("council_audit", agent_id, payload, parent_event_id, context)
    own = generate_deterministic_id("audit", agent_id, event.timestamp, audit_type=audit_type)
    return _traced(event, "council_audit", audit_id=own)


def intervention_event(
    agent_id: str,
    intervention_type: str,
    intervention_action: str,
    intervention_reason: str,
    affected_agents: Sequence[str] = (),
    parent_event_id: str | None = None,
    **context: Unpack[EventContext],
) -> LoggedEvent:
    """Governance stepped in.

    >>> intervention_event("governance", "freeze", "freeze_agent", "suspicious", ["agent_2"]).event_type
    'governance_cost_applied'
    """
    payload = {
        "intervention_type": intervention_type,
        "intervention_action": intervention_action,
        "intervention_reason": intervention_reason,
        "affected_agents": list(affected_agents),
    }
    event = _event("governance_cost_applied", agent_id, payload, parent_event_id, context)
    own = generate_deterministic_id("intervention", agent_id, event.timestamp, intervention_type=intervention_type)
    return _traced(event, "governance_intervention", intervention_id=own)


def agent_message_event(
    agent_id: str,
    message_role: str,
    message_content: Any,
    tool_calls: Sequence[Any] | None = None,
    parent_event_id: str | None = None,
    **context: Unpack[EventContext],
) -> LoggedEvent:
    """A message of an agent.

    >>> agent_message_event("agent_1", "assistant", "Done").payload["tool_calls"]
    []
    """
    payload = {"message_role": message_role, "message_content": message_content, "tool_calls": list(tool_calls or [])}
    return _traced(_event("agent_state_updated", agent_id, payload, parent_event_id, context), "agent_message")


def _event(
    event_type: str, agent_id: str, payload: dict[str, Any], parent: str | None, context: EventContext
) -> LoggedEvent:
    given = dict(context)
    stamp = _stamp(given.pop("timestamp", None)) or datetime.now().isoformat()
    event_id = given.pop("event_id", None) or str(uuid4())
    own: dict[str, Any] = {"agent_id": agent_id, "payload": payload, "parent_event_id": parent, **given}
    return LoggedEvent(str(event_id), stamp, event_type, **own)


def _traced(event: LoggedEvent, hashed_type: str, **ids: str) -> LoggedEvent:
    own: dict[str, Any] = {**ids}
    return replace(
        event, provenance_id=generate_deterministic_id(hashed_type, event.agent_id, event.timestamp, **ids), **own
    )


def _stamp(timestamp: object) -> str | None:
    return timestamp.isoformat() if isinstance(timestamp, datetime) else None if timestamp is None else str(timestamp)


class EventLog:
    """The log of a simulation: one line an event.

    >>> import tempfile
    >>> log = EventLog(Path(tempfile.mkdtemp()) / "log.jsonl")
    >>> call = log.append(tool_call_executed_event("agent_1", "risky_op", {"danger": "high"}))
    >>> audit = log.append(audit_event("auditor", "safety", {"risk": 0.9}, call.event_id, call.provenance_id))
    >>> [event.event_type for event in log.replay()]
    ['awm_tool_call_executed', 'council_audit']
    """

    def __init__(self, path: AnyPath) -> None:
        self.path = Path(path)
        self._log: Any = None

    def append(self, event: LoggedEvent | Callable[[], LoggedEvent], *, sync: bool = False) -> LoggedEvent:
        """Append one event in one write, with ``sync`` on to the disk. The event.

        Where several write to one log, a function that makes the event is called once the log is locked, so that its
        time is not before that of the line before it.

        Raises ``RefusedError`` where the rules of the log would find something in it (an id that stands there already,
        a parent that does not, an id that does not fit), ``LibraryError`` where it cannot be written.
        """
        if self._log is None:
            from console.library.checked_log import CheckedLog

            self._log = CheckedLog(self.path, FORMAT, lambda document: json.dumps(document).encode())
        made: list[LoggedEvent] = []

        def make() -> list[dict[str, Any]]:
            made.append(event if isinstance(event, LoggedEvent) else event())
            return [made[0].to_dict()]

        self._log.append(make, sync=sync)
        return made[0]

    def replay(
        self,
        event_types: Sequence[str] | None = None,
        *,
        agent_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        epoch: int | None = None,
    ) -> Iterator[LoggedEvent]:
        """Events in the log's order, those that can be read; of these types, of an agent in any part, from a time on
        and before another (of the log's clock), of an epoch."""
        low, high = _stamp(since) or "", _stamp(until) or "~"
        for event in map(LoggedEvent.from_dict, self._documents()):
            who = (event.agent_id, event.initiator_id, event.counterparty_id)
            if (
                (event_types is None or event.event_type in event_types)
                and (agent_id is None or agent_id in who)
                and low <= str(event.timestamp) < high
                and (epoch is None or event.epoch == epoch)
            ):
                yield event

    def areplay(self, event_types: Sequence[str] | None = None, **chosen: Any) -> AsyncIterator[LoggedEvent]:
        """``replay`` for programs that must not wait."""
        return iterated(self.replay(event_types, **chosen))

    def to_csv(self, path: AnyPath, include_payload: bool = False, *, spreadsheet_safe: bool = False) -> int:
        """All events as CSV, byte for byte as SWARM writes it; the file's bytes. It is there whole or not at all, and
        takes the place of one that is there."""
        return self._export("csv", path, {"payload": include_payload, "spreadsheet-safe": spreadsheet_safe})

    def to_provenance_csv(self, path: AnyPath, *, spreadsheet_safe: bool = False) -> int:
        """Events with a provenance id as CSV, in the same way."""
        return self._export("provenance-csv", path, {"spreadsheet-safe": spreadsheet_safe})

    def _documents(self) -> Iterator[Mapping[str, Any]]:
        if not self.path.exists() or not self.path.stat().st_size:
            return iter(())
        return (event.document for event, _, _ in events_of(FORMAT, self.path, past=False))

    def _export(self, name: str, path: AnyPath, chosen: Mapping[str, bool]) -> int:
        from console.export.output_file import OutputError, write_file
        from console.formats.swarm.exports import EXPORTS
        from console.library.errors import LibraryError
        from console.library.reading import export_records

        form = next(each for each in EXPORTS if each.name == name)
        try:
            return write_file(os.fspath(path), form.write(export_records(FORMAT, self.path), chosen), force=True)
        except OutputError as error:
            raise LibraryError(str(error)) from error
