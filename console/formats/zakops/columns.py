"""Plain agent events in columns: what each holds by itself, before any rule looks at it.

Rows of other tables, and what the type refuses, are decoded as they are and looked at one by one.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from console.formats.json.scan import Fields, Scan
from console.formats.protocol import keys64
from console.formats.reading.runs import Run, Typed
from console.formats.zakops.event_types import REGISTRY
from console.formats.zakops.record import LONGEST, PAYLOADS, read_payload, text
from console.model.record import RecordBatch

FIELDS = Fields("event_type", "created_at", "payload", "trace_id", "event_id", "event_data")
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
_Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
_Given = _Name | UnsetType | None


class PlainRequired(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A row of agent_events by its required schema, but for the form of its ids, which is checked for many rows at
    once; see ``schema.RequiredEvent``. What it has no column for is ``UNSET``, which counts as false like None."""

    id: str
    run_id: str
    trace_id: str
    correlation_id: str
    event_type: _Name
    created_at: _Name
    payload: dict[str, Any] | str
    causation_id: str | None = None
    schema_version: int | UnsetType | None = UNSET
    deal_id: str | None = None
    action_id: str | None = None
    event_id: ClassVar[UnsetType] = UNSET
    tool_call_id: ClassVar[UnsetType] = UNSET
    sequence_number: ClassVar[UnsetType] = UNSET
    event_data: ClassVar[UnsetType] = UNSET
    details: ClassVar[UnsetType] = UNSET
    data: ClassVar[UnsetType] = UNSET
    actor: ClassVar[UnsetType] = UNSET
    actor_id: ClassVar[UnsetType] = UNSET
    source: ClassVar[UnsetType] = UNSET
    event_source: ClassVar[UnsetType] = UNSET


class PlainAgentEvent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A row of the real agent_events or deal_events whose columns hold what their names say; see ``schema.AgentEvent``
    and ``schema.DealEvent``. What is not written is ``UNSET``, which counts as false like None."""

    event_type: _Name
    created_at: _Name
    id: _Uuid | Annotated[int, msgspec.Meta(ge=0)] | UnsetType | None = UNSET
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


def holds(payload: Mapping[str, Any], event: "PlainEvent", correlation: str | None) -> bool:
    """True if a payload is as every model of payloads wants it, and says nothing else than the event's columns."""
    try:
        inner = msgspec.convert(payload, Judged)
    except msgspec.ValidationError:
        return False
    version, original = event.schema_version, inner.original_type
    return (
        (inner.correlation_id is None or inner.correlation_id == correlation)
        and (inner.schema_version is None or version is UNSET or version is None or inner.schema_version == version)
        and (original is None or category(original) in (None, category(event.event_type)))
    )


def category(name: str) -> str | None:
    """The type in the words of agent_events; None if the registry does not know it."""
    entry = REGISTRY.get(name)
    return None if entry is None else entry.category


TYPES = (Typed(PlainRequired), Typed(PlainAgentEvent), Typed(dict[str, Any]))
PlainEvent = PlainRequired | PlainAgentEvent
PLAIN = frozenset((PlainRequired, PlainAgentEvent))


def type_of(scan: Scan) -> list[int]:
    """Which of ``TYPES`` each record may be."""
    kinds = zip(*map(scan.kinds, FIELDS.names), strict=True)
    return [
        2 if not (event and created) else 1 if own or data else 0 if payload and trace else 2
        for event, created, payload, trace, own, data in kinds
    ]


class AgentEventRows(Run):
    """Columns of the rows that are agent events; of others they are empty.

    ``zones`` are 0 for times without one. ``payloads`` holds None where one cannot be read. ``versions`` are whatever
    stands for a schema version. ``unlike`` are rows of the required schema with an id that is no UUID.
    ``whole``: none lacks its version, zone, trace or correlation.
    """

    __slots__ = (
        "actors", "causes", "correlations", "fields", "ids", "keys", "parents", "payloads", "sequences", "times",
        "traces", "unlike", "versions", "whole", "zones",
    )  # fmt: skip

    def __init__(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> None:
        super().__init__(batch, scan, start, objects)
        self.times, self.zones = scan.instants("created_at")
        kinds = set(map(type, objects))
        events: Sequence[Any] = (
            objects if kinds <= PLAIN else [each if type(each) in PLAIN else _NO_EVENT for each in objects]
        )
        if kinds == {PlainRequired}:
            payloads = [event.payload for event in events]
            self.payloads = [each if type(each) is dict else _read(each) for each in payloads]
        else:
            self.payloads = [_payload(event) for event in events]
        pairs: list[tuple[Any, Mapping[str, Any]]] = [
            (event, payload or {}) for event, payload in zip(events, self.payloads, strict=True)
        ]
        self.versions = [event.schema_version or _version(event, inner) for event, inner in pairs]
        if kinds == {PlainRequired}:
            self.fields = ["payload"] * len(events)
            self.traces = [event.trace_id for event in events]
            self.correlations = [event.correlation_id for event in events]
            self.ids = [event.id for event in events]
            self.causes = [event.causation_id or text(inner.get("causation_id")) or "" for event, inner in pairs]
            self.sequences = [-1] * len(events)
            self.actors = [""] * len(events)
        else:
            self.fields = [_field(event) for event in events]
            self.traces = [event.trace_id or text(inner.get("trace_id")) for event, inner in pairs]
            self.correlations = [event.correlation_id or text(inner.get("correlation_id")) for event, inner in pairs]
            self.ids = [_id(event, inner) for event, inner in pairs]
            self.causes = [event.causation_id or text(inner.get("causation_id")) or "" for event, inner in pairs]
            given = [event.sequence_number for event in events]
            self.sequences = [-1 if each is None or each is UNSET else each for each in given]
            self.actors = [
                event.actor or event.actor_id or event.source or event.event_source or "" for event in events
            ]
        self.keys = keys64(self.ids, scan.salt)
        known = {**dict(zip(self.ids, self.keys, strict=True)), "": 0}
        earlier = [parent for parent in self.causes if parent not in known]
        known.update(zip(earlier, keys64(earlier, scan.salt), strict=True))
        self.parents = [known[parent] for parent in self.causes]
        self.unlike = _unlike(events)
        ties = (self.versions, self.traces, self.correlations)
        self.whole = 0 not in self.zones and not any(None in each for each in ties)


_NO_EVENT = PlainAgentEvent(event_type="-", created_at="-")
_HEX = bytes.maketrans(b"0123456789abcdefABCDEF", b"x" * 22)
_FORM = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"


def _unlike(events: Sequence[PlainEvent]) -> frozenset[int]:
    """Rows of the required schema with an id that is no UUID: all of them are compared at once."""
    required = [event for event in events if type(event) is PlainRequired]
    ids = [event.id for event in required]
    others: set[str | None] = {event.run_id for event in required}
    others |= {event.trace_id for event in required} | {event.correlation_id for event in required}
    others |= {event.causation_id for event in required} | {event.deal_id for event in required}
    others |= {event.action_id for event in required}
    ids += [each for each in others if each is not None]
    if _uuids(ids):
        return frozenset()
    return frozenset(row for row, event in enumerate(events) if type(event) is PlainRequired and not _all_uuids(event))


def _all_uuids(event: PlainRequired) -> bool:
    given = (event.causation_id, event.deal_id, event.action_id)
    ids = [event.id, event.run_id, event.trace_id, event.correlation_id]
    return _uuids([*ids, *(each for each in given if each is not None)])


def _uuids(ids: Sequence[str]) -> bool:
    """True if each is a UUID."""
    if not {*map(len, ids)} <= {len(_FORM)}:
        return False
    return "".join(ids).encode("utf-8", "surrogatepass").translate(_HEX) == _FORM * len(ids)


def _id(event: PlainEvent, payload: Mapping[str, Any]) -> str:
    """As ``record.read_record`` finds it."""
    if type(event) is PlainRequired:
        return event.id
    return event.event_id or text(payload.get("event_id") or event.id) or ""


def _field(event: PlainEvent) -> str:
    """The name of the first payload that is there; '' for none."""
    return next((name for name in PAYLOADS if getattr(event, name) is not UNSET), "")


def _payload(event: PlainEvent) -> Mapping[str, Any] | None:
    """As ``record.read_record`` finds it: of the first field that is there."""
    for found in (event.payload, event.event_data, event.details, event.data):
        if found is not UNSET:
            return found if type(found) is dict else _read(found)
    return {}


def _read(found: Any) -> Mapping[str, Any] | None:
    payload, problems = read_payload(found)
    return None if problems else payload


def _version(event: PlainEvent, payload: Mapping[str, Any]) -> Any:
    """What stands for a schema version that is not a number other than 0."""
    return 0 if event.schema_version == 0 else payload.get("schema_version")
