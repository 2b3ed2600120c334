"""Plain records of the three shapes in columns: what each holds by itself, before any rule looks at it.

A type per shape accepts what the models of ``schema`` accept (a test holds them to it); all else is looked at one by
one and validated there, which words what is wrong.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from console.formats.json.scan import Fields, Scan
from console.formats.maysano.record import (
    ACTIVITY,
    LONGEST,
    OBJECTIVE,
    STRUCTURAL,
    ThingStep,
    actor_of,
    object_of,
)
from console.formats.maysano.rules.fields import lacking, unnamed
from console.formats.protocol import keys64
from console.formats.reading.runs import Run, Typed
from console.model.record import RecordBatch

FIELDS = Fields("createdAt", "entityType", "activityType")
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
_Text = str | UnsetType | None
_Id = _Name | int
Plain = tuple[ThingStep, tuple[tuple[str, str], ...], bool, tuple[str, ...]]
"""What a record does, its streams (the one whose rules apply first), True if nothing is wrong inside, and fields that
it lacks."""


class PlainChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What all three may have. What is not written is ``UNSET``."""

    createdAt: _Name  # noqa: N815 - the system's own names
    id: _Id | UnsetType | None = UNSET
    performedBy: Any = UNSET  # noqa: N815


class Structural(PlainChange, kw_only=True, forbid_unknown_fields=True, gc=False):
    entityType: _Name  # noqa: N815
    entityId: _Id  # noqa: N815
    entityName: _Text = UNSET  # noqa: N815
    eventType: _Name  # noqa: N815
    metadata: dict[str, Any] | str | UnsetType | None = UNSET

    def plain(self) -> Plain:
        kind, key = self.entityType, str(self.entityId)
        extra, problems = object_of(self.metadata)
        further = ((kind, key),) if kind == "product" or kind == "objective" else ()
        step = ThingStep(kind, self.eventType, STRUCTURAL, self.entityName or None, extra)
        lacks: tuple[str, ...] = ()
        if self.entityName is UNSET or self.metadata is UNSET:
            lacks = tuple(lacking(STRUCTURAL, _given(self, ("entityName", "metadata"))))
        return step, (("entity", f"{kind}/{key}"), *further), not problems, lacks


class Activity(PlainChange, kw_only=True, forbid_unknown_fields=True, gc=False):
    productId: _Id  # noqa: N815
    productName: _Text = UNSET  # noqa: N815
    activityType: _Name  # noqa: N815
    description: _Text = UNSET
    details: dict[str, Any] | str | UnsetType | None = UNSET

    def plain(self) -> Plain:
        extra, problems = object_of(self.details)
        step = ThingStep("product", self.activityType, ACTIVITY, self.productName or None, extra)
        lacks: tuple[str, ...] = ()
        if self.productName is UNSET or self.description is UNSET or self.details is UNSET:
            lacks = tuple(lacking(ACTIVITY, _given(self, ("productName", "description", "details"))))
        return step, (("product", str(self.productId)),), not problems, lacks


class Objective(PlainChange, kw_only=True, forbid_unknown_fields=True, gc=False):
    objectiveId: _Id  # noqa: N815
    action: _Name
    field: _Text = UNSET
    oldValue: Any = UNSET  # noqa: N815
    newValue: Any = UNSET  # noqa: N815
    summary: _Text = UNSET

    def plain(self) -> Plain:
        lacks: tuple[str, ...] = ()
        sound = True
        if self.field and UNSET not in (self.oldValue, self.newValue, self.summary):
            extra = {"field": self.field, "oldValue": self.oldValue, "newValue": self.newValue}
        else:
            extra = _given(self, ("action", "field", "oldValue", "newValue", "summary"))
            lacks, sound = tuple(lacking(OBJECTIVE, extra)), not unnamed(extra)
        step = ThingStep("objective", self.action, OBJECTIVE, None, extra)
        return step, (("objective", str(self.objectiveId)),), sound, lacks


def _given(record: PlainChange, names: tuple[str, ...]) -> dict[str, Any]:
    """Of these fields those that are written."""
    values = [(name, getattr(record, name)) for name in names]
    return {name: value for name, value in values if value is not UNSET}


TYPES = (Typed(Structural), Typed(Activity), Typed(Objective))


def type_of(scan: Scan) -> list[int]:
    """Which of ``TYPES`` each record may be, by the keys that tell shapes apart."""
    structural, activity = scan.kinds("entityType"), scan.kinds("activityType")
    return [0 if entity else 1 if product else 2 for entity, product in zip(structural, activity, strict=True)]


class Changes(Run):
    """``times`` and ``zoned`` are of createdAt; ``plain`` holds what each record does; ``actors`` are '' for nobody."""

    __slots__ = ("actors", "ids", "keys", "plain", "times", "zoned")

    def __init__(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> None:
        super().__init__(batch, scan, start, objects)
        self.times, self.zoned = scan.instants("createdAt")
        self.plain: list[Plain] = [record.plain() for record in objects]
        makers = [record.performedBy for record in objects]
        self.actors = ["" if maker is UNSET else actor_of(maker) or "" for maker in makers]
        self.ids = ["" if record.id is None or record.id is UNSET else str(record.id) for record in objects]
        named = zip(self.plain, self.ids, strict=True)
        self.keys = keys64([f"{plain[0].shape} {each}" if each else "" for plain, each in named], scan.salt)
