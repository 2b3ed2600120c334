"""The shapes of events as pydantic models, which tell what exactly is wrong with one.

Apart from ``schema``, because pydantic takes longer to import than a small ledger to verify: it is needed only for an
event that has something wrong.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError

from console.formats.json.validation import path, should_be, shown, whole
from console.formats.kernel.record import PACK, TABLE
from console.formats.kernel.rules.schema import brief

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]
Id = Annotated[str, Field(min_length=1)]
Number = Annotated[int, BeforeValidator(whole), Field(ge=0, le=2**53)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class ApiEvent(_Model):
    """An event as the kernel's API returns it; the older form lacks the last three."""

    id: Id
    dealId: Id  # noqa: N815 - the ledger's own names
    type: Id
    payload: dict[Any, Any]
    authorityContext: dict[Any, Any]  # noqa: N815
    evidenceRefs: Annotated[list[str], FailFast()]  # noqa: N815
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


def errors(document: Mapping[str, Any], shape: str) -> Iterator[tuple[str, str, str, str | None]]:
    """Code, field, message and actual value of each thing that is wrong with a document."""
    model = _MODELS.get(shape, ApiEvent)
    names = model.model_fields
    try:
        model.model_validate(document)
    except ValidationError as error:
        seen = set()
        for problem in error.errors(include_url=False):
            name = str(problem["loc"][0]) if problem["loc"] else ""
            code = _CODES.get(problem["type"], "schema.wrong-type")
            if problem["type"] == "string_unicode":
                continue  # half a surrogate pair, which the JSON check has already named
            if (code, name) in seen or name not in names:
                continue
            seen.add((code, name))
            if code == "schema.missing-field":
                yield code, name, f"{name} is missing.", None
            else:
                yield code, name, f"{path(problem['loc'])} {should_be(problem)}.", shown(problem["input"])
    for name in document:
        if name not in names and not name.startswith("_"):
            yield "schema.unknown-field", name, f"{brief(name)} is not a field of this kind of event.", None
