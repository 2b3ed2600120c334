"""Fields that a record should have though nothing can be checked without them: the documents name them, and no example
shows if they are always there."""

from collections.abc import Iterator, Mapping
from typing import Any

from console.formats.maysano.record import OBJECTIVE, STRUCTURAL
from console.formats.maysano.rules.changes import verb

_UPDATED = ("field", "oldValue", "newValue")


def lacking(shape: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Documented fields that a record of this shape has not, and on which nothing depends."""
    if shape == OBJECTIVE:
        if verb(str(document.get("action")), "objective") == "updated":
            yield from (name for name in _UPDATED if name not in document)
        if "summary" not in document:
            yield "summary"
        return
    names = ("entityName", "metadata") if shape == STRUCTURAL else ("productName", "description", "details")
    yield from (name for name in names if name not in document)


def unnamed(document: Mapping[str, Any]) -> bool:
    """True for an objective's update that has values, but names no field."""
    values = [document.get("oldValue"), document.get("newValue")]
    return (
        not document.get("field")
        and any(each is not None and type(each) is not dict for each in values)
        and verb(str(document.get("action")), "objective") == "updated"
    )
