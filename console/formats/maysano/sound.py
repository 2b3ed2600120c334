"""Sound records of the three shapes, many at once: what each says of itself, before any rule looks at it."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from console.formats.json.times import moments
from console.formats.maysano.decode import LONGEST, Told, actor_of, object_of
from console.formats.maysano.shapes import ACTIVITY, OBJECTIVE, STRUCTURAL
from console.formats.protocol import keys64
from console.formats.reading.lines import Decoder, Open, OpenObject, SafeInteger

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
_Text = str | UnsetType | None


class Change(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What all three may have; see the models in ``schema``. What is not written is ``UNSET``."""

    createdAt: _Name  # noqa: N815 - the system's own names
    id: _Name | SafeInteger | UnsetType | None = UNSET
    performedBy: Open | UnsetType = UNSET  # noqa: N815


class Structural(Change, kw_only=True, forbid_unknown_fields=True, gc=False):
    entityType: _Name  # noqa: N815
    entityId: _Name | SafeInteger  # noqa: N815
    entityName: _Text = UNSET  # noqa: N815
    eventType: _Name  # noqa: N815
    metadata: OpenObject | str | UnsetType | None = UNSET

    def told(self) -> tuple[Told, tuple[tuple[str, str], ...], bool]:
        """What the event tells, its streams, and whether nothing is wrong inside."""
        kind, key = self.entityType, str(self.entityId)
        extra, problems = object_of(self.metadata)
        further = ((kind, key),) if kind == "product" or kind == "objective" else ()
        told = Told("entity", self.eventType, STRUCTURAL, self.entityName or None, extra)
        return told, (("entity", f"{kind}/{key}"), *further), not problems


class Activity(Change, kw_only=True, forbid_unknown_fields=True, gc=False):
    productId: _Name | SafeInteger  # noqa: N815
    productName: _Text = UNSET  # noqa: N815
    activityType: _Name  # noqa: N815
    description: _Text = UNSET
    details: OpenObject | str | UnsetType | None = UNSET

    def told(self) -> tuple[Told, tuple[tuple[str, str], ...], bool]:
        extra, problems = object_of(self.details)
        told = Told("product", self.activityType, ACTIVITY, self.productName or None, extra)
        return told, (("product", str(self.productId)),), not problems


class Objective(Change, kw_only=True, forbid_unknown_fields=True, gc=False):
    objectiveId: _Name | SafeInteger  # noqa: N815
    action: _Name
    field: _Text = UNSET
    oldValue: Open | UnsetType = UNSET  # noqa: N815
    newValue: Open | UnsetType = UNSET  # noqa: N815
    summary: _Text = UNSET

    def told(self) -> tuple[Told, tuple[tuple[str, str], ...], bool]:
        given = {"field": self.field, "oldValue": self.oldValue, "newValue": self.newValue}
        extra = {name: value for name, value in given.items() if value is not UNSET}
        return Told("objective", self.action, OBJECTIVE, None, extra), (("objective", str(self.objectiveId)),), True


def decoders() -> list[Decoder]:
    """For the three shapes."""
    return [Decoder(Structural), Decoder(Activity), Decoder(Objective)]


class Sound:
    """Decoded records of one shape that follow each other, in columns."""

    def __init__(self, records: Sequence[Any]) -> None:
        self.records = records
        self.times, self.zones = moments([record.createdAt for record in records])
        self.told = [record.told() for record in records]
        makers = [record.performedBy for record in records]
        self.actors = ["" if maker is UNSET else actor_of(maker) or "" for maker in makers]
        self.ids = ["" if record.id is None or record.id is UNSET else str(record.id) for record in records]
        shape = self.told[0][0].shape
        self.keys = keys64([f"{shape} {each}" if each else "" for each in self.ids])
