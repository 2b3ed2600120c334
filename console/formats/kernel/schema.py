"""What an event of each shape must look like."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from console.formats.json.validation import path, should_be, shown
from console.formats.kernel.record import PACK, TABLE, Entry, layout_of
from console.formats.kernel.rules import KNOWN
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]
Id = Annotated[str, Field(min_length=1)]
Number = Annotated[int, Field(ge=0, le=2**53)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class ApiEvent(_Model):
    """An event as the kernel's API returns it; the older form lacks the last three."""

    id: Id
    dealId: Id  # noqa: N815 - the ledger's own names
    type: Id
    payload: dict[Any, Any]
    authorityContext: dict[Any, Any]  # noqa: N815
    evidenceRefs: list[str]  # noqa: N815
    createdAt: Id  # noqa: N815
    actorId: str | None = None  # noqa: N815
    sequenceNumber: Number | None = None  # noqa: N815
    previousEventHash: Hash | None = None  # noqa: N815
    eventHash: Hash | None = None  # noqa: N815


class TableRow(_Model):
    """A row of the portal's DealEvent table."""

    id: Id
    dealId: Id  # noqa: N815
    eventType: Id  # noqa: N815
    eventData: str  # noqa: N815
    actorId: str  # noqa: N815
    actorName: str  # noqa: N815
    actorRole: str  # noqa: N815
    authorityContext: str  # noqa: N815
    evidenceRefs: str | None = None  # noqa: N815
    sequenceNumber: Number  # noqa: N815
    occurredAt: str | int  # noqa: N815
    fromState: str | None = None  # noqa: N815
    toState: str | None = None  # noqa: N815
    previousEventHash: Hash | None = None  # noqa: N815
    eventHash: Hash | None = None  # noqa: N815


class PackLine(_Model):
    """A line of an evidence pack's event_ledger.jsonl."""

    seq: Number
    type: Id
    ts: Id
    data: dict[Any, Any]
    actor: str | None = None
    actorName: str | None = None  # noqa: N815
    fromState: str | None = None  # noqa: N815
    toState: str | None = None  # noqa: N815
    prevHash: Hash | None = None  # noqa: N815
    hash: Hash | None = None


_MODELS: dict[str, type[_Model]] = {TABLE: TableRow, PACK: PackLine}
_CODES = {
    "missing": "schema.missing-field",
    "string_pattern_mismatch": "schema.bad-pattern",
    "string_too_long": "schema.bad-pattern",
    "string_too_short": "schema.bad-pattern",
    "greater_than_equal": "schema.out-of-range",
    "less_than_equal": "schema.out-of-range",
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")


def check(entry: Entry, shape: str) -> list[Finding]:
    """Findings of the schema for one decoded event."""
    document = entry.document
    if document is None:
        return []
    found = [
        finding(code, message, **{**entry.place(), "field": name, "actual": actual})
        for code, name, message, actual in _errors(document, shape)
    ]
    time, number = layout_of(shape).name("time"), layout_of(shape).name("sequence")
    if entry.instant is None and ((isinstance(entry.time, str) and entry.time) or type(entry.time) is int):
        dated = type(entry.time) is int or _DATE.match(str(entry.time))
        found.append(
            finding(
                "schema.impossible-date" if dated else "schema.bad-pattern",
                f"{time} names no instant.",
                **{**entry.place(), "field": time, "actual": _short(entry.time)},
            )
        )
    if entry.chained and entry.sequence is None and document.get(number) is None:
        found.append(
            finding(
                "schema.missing-field",
                "The event has a hash but no sequence number: it has no place in the chain.",
                **{**entry.place(), "field": number},
            )
        )
    if shape not in _MODELS and entry.type and entry.type not in KNOWN:
        found.append(
            finding(
                "schema.unknown-event-type",
                f"{_short(entry.type)} is none of the kernel's event types.",
                severity=Severity.WARNING,
                **{**entry.place(), "field": "type", "actual": _short(entry.type)},
            )
        )
    return found


def _errors(document: Mapping[str, Any], shape: str) -> Iterator[tuple[str, str, str, str | None]]:
    model = _MODELS.get(shape, ApiEvent)
    names = model.model_fields
    try:
        model.model_validate(document)
    except ValidationError as error:
        seen = set()
        for problem in error.errors(include_url=False):
            name = str(problem["loc"][0]) if problem["loc"] else ""
            code = _CODES.get(problem["type"], "schema.wrong-type")
            if (code, name) in seen or name not in names:
                continue
            seen.add((code, name))
            if code == "schema.missing-field":
                yield code, name, f"{name} is missing.", None
            else:
                yield code, name, f"{path(problem['loc'])} {should_be(problem)}.", shown(problem["input"])
    for name in document:
        if name not in names and not name.startswith("_"):
            yield "schema.unknown-field", name, f"{_short(name)} is not a field of this kind of event.", None


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
