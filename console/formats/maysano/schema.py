"""What Maysano's three shapes must be. Its documents name fields and no types: little is demanded."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from console.formats.json.validation import Violation, violations
from console.formats.maysano.record import ACTIVITY, OBJECTIVE, STRUCTURAL

Text = Annotated[str, Field(min_length=1)]
Id = Text | int
Time = Text | int | float
"""ISO text, or seconds or milliseconds since 1970."""


class MaysanoModel(BaseModel):
    """No value is converted, further keys are not judged."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Id | None = None


class StructuralEvent(MaysanoModel):
    entityType: Text  # noqa: N815 - the system's own names
    entityId: Id  # noqa: N815
    entityName: str | None = None  # noqa: N815
    eventType: Text  # noqa: N815
    metadata: dict[str, Any] | str | None = None
    createdAt: Time  # noqa: N815


class ProductActivity(MaysanoModel):
    productId: Id  # noqa: N815
    productName: str | None = None  # noqa: N815
    activityType: Text  # noqa: N815
    description: str | None = None
    details: dict[str, Any] | str | None = None
    createdAt: Time  # noqa: N815


class ObjectiveChange(MaysanoModel):
    objectiveId: Id  # noqa: N815
    action: Text
    field: str | None = None
    summary: str | None = None
    createdAt: Time  # noqa: N815


CHANGES: Mapping[str, type[MaysanoModel]] = {
    STRUCTURAL: StructuralEvent,
    ACTIVITY: ProductActivity,
    OBJECTIVE: ObjectiveChange,
}
"""The three shapes. What tells them apart are their keys, not a value, so the caller names the shape."""
TAGS = frozenset({"str", "int", "float", "dict[str,any]", "constrained-str"})
"""Names that pydantic puts into a path for the member of a union that it tried."""


def breaches(shape: str, document: Mapping[str, Any]) -> list[Violation]:
    """What is wrong with a record of this shape."""
    try:
        _change(shape)(document)
    except ValidationError as error:
        return list(violations(error, tags=TAGS))
    return []


@cache
def _change(shape: str) -> Callable[[Any], Any]:
    return TypeAdapter(CHANGES[shape]).validator.validate_python
