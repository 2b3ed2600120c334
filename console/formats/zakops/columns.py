"""Plain agent events in columns: what each holds by itself, before any rule looks at it.

Rows of other tables, and what the type refuses, are decoded as they are and looked at one by one.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from console.formats.json.scan import Fields, Scan
from console.formats.protocol import keys64
from console.formats.reading.runs import Run, Typed
from console.formats.zakops.record import LONGEST, read_payload, text
from console.model.record import RecordBatch

FIELDS = Fields("event_type", "created_at")
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
_Given = _Name | UnsetType | None


class PlainAgentEvent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A row of agent_events or deal_events whose columns hold what their names say; see ``schema.AgentEvent`` and
    ``schema.DealEvent``. What is not written is ``UNSET``, which counts as false like None."""

    event_type: _Name
    created_at: _Name
    id: _Name | int | UnsetType | None = UNSET
    event_id: _Given = UNSET
    run_id: _Given = UNSET
    thread_id: _Given = UNSET
    trace_id: _Given = UNSET
    correlation_id: _Given = UNSET
    causation_id: _Given = UNSET
    deal_id: _Given = UNSET
    action_id: _Given = UNSET
    tool_call_id: _Given = UNSET
    idempotency_key: _Given = UNSET
    source: _Given = UNSET
    actor: _Given = UNSET
    actor_id: _Given = UNSET
    actor_type: _Given = UNSET
    event_source: _Given = UNSET
    schema_version: int | UnsetType | None = UNSET
    sequence_number: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | UnsetType | None = UNSET
    payload: dict[str, Any] | str | UnsetType | None = UNSET
    event_data: dict[str, Any] | str | UnsetType | None = UNSET
    details: dict[str, Any] | str | UnsetType | None = UNSET
    data: dict[str, Any] | str | UnsetType | None = UNSET


class Judged(msgspec.Struct, gc=False):
    """What all models of payloads ask together; see ``schema.PAYLOADS``."""

    event_id: str | None = None
    correlation_id: str | None = None
    original_type: str | None = None
    schema_version: int | None = None
    from_stage: str | None = None
    to_stage: str | None = None
    reason: str | None = None


def holds(payload: Mapping[str, Any]) -> bool:
    """True if a payload is as every model of payloads wants it."""
    try:
        msgspec.convert(payload, Judged)
    except msgspec.ValidationError:
        return False
    return True


TYPES = (Typed(PlainAgentEvent), Typed(dict[str, Any]))


def type_of(scan: Scan) -> list[int]:
    """Which of ``TYPES`` each record may be."""
    kinds = zip(scan.kinds("event_type"), scan.kinds("created_at"), strict=True)
    return [0 if event and created else 1 for event, created in kinds]


class AgentEventRows(Run):
    """Columns of the rows that are agent events; of others they are empty.

    ``zones`` are 0 for times without one. ``payloads`` holds None where one cannot be read. ``versions`` are whatever
    stands for a schema version.
    """

    __slots__ = (
        "actors", "causes", "correlations", "ids", "keys", "parents", "payloads", "sequences", "times", "traces",
        "versions", "zones",
    )  # fmt: skip

    def __init__(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> None:
        super().__init__(batch, scan, start, objects)
        self.times, self.zones = scan.instants("created_at")
        events = [each if type(each) is PlainAgentEvent else _NO_EVENT for each in objects]
        self.payloads = [_payload(event) for event in events]
        pairs = [(event, payload or {}) for event, payload in zip(events, self.payloads, strict=True)]
        self.versions = [event.schema_version or _version(event, inner) for event, inner in pairs]
        self.traces = [event.trace_id or text(inner.get("trace_id")) for event, inner in pairs]
        self.correlations = [event.correlation_id or text(inner.get("correlation_id")) for event, inner in pairs]
        self.ids = [event.event_id or text(inner.get("event_id") or event.id) or "" for event, inner in pairs]
        self.keys = keys64(self.ids, scan.salt)
        known = {**dict(zip(self.ids, self.keys, strict=True)), "": 0}
        self.causes = [event.causation_id or text(inner.get("causation_id")) or "" for event, inner in pairs]
        earlier = [parent for parent in self.causes if parent not in known]
        known.update(zip(earlier, keys64(earlier, scan.salt), strict=True))
        self.parents = [known[parent] for parent in self.causes]
        given = [event.sequence_number for event in events]
        self.sequences = [-1 if each is None or each is UNSET else each for each in given]
        self.actors = [event.actor or event.actor_id or event.source or event.event_source or "" for event in events]


_NO_EVENT = PlainAgentEvent(event_type="-", created_at="-")


def _payload(event: PlainAgentEvent) -> Mapping[str, Any] | None:
    """As ``record.read_record`` finds it: of the first field that is there."""
    for found in (event.payload, event.event_data, event.details, event.data):
        if found is not UNSET:
            payload, problems = (found, ()) if type(found) is dict else read_payload(found)
            return None if problems else payload
    return {}


def _version(event: PlainAgentEvent, payload: Mapping[str, Any]) -> Any:
    """What stands for a schema version that is not a number other than 0."""
    return 0 if event.schema_version == 0 else payload.get("schema_version")
