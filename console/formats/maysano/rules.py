"""The stateful rules of Maysano's things (entities, products, objectives), and their replay. Pure."""

from dataclasses import dataclass, field

from console.formats.maysano.record import FIELDS, ThingStep, changes, cut
from console.formats.reading.findings import Remark
from console.model.event import NO_TIME

CREATED = "created"
DELETED = "deleted"
ALIVE = frozenset({CREATED, "restored", "undeleted", "recovered", "reactivated"})
"""Types that make a deleted thing alive again; the vocabulary is open."""
SHOWN = 8
"""Fields of a thing that its facts show."""


@dataclass(slots=True)
class Thing:
    """One entity, product or objective. ``life`` is '', 'created', 'changed' or 'deleted'; ``fields`` are its values,
    None for null. ``edges`` are the values at which the next change that is read must join on. ``near`` is the type
    of the event read last, ``partial`` is True once an event before creation was found."""

    life: str = ""
    name: str = ""
    fields: dict[str, str | None] = field(default_factory=dict)
    edges: dict[str, str | None] = field(default_factory=dict)
    near: str = ""
    partial: bool = False
    last: int = NO_TIME

    def facts(self) -> dict[str, str]:
        """Life, name, and the first fields."""
        facts = {"life": self.life}
        if self.name:
            facts["name"] = self.name
        for name, value in list(self.fields.items())[:SHOWN]:
            facts[name] = "null" if value is None else value
        if len(self.fields) > SHOWN:
            facts["…"] = f"{SHOWN} of {len(self.fields)} fields"
        return facts


def step(thing: Thing, event: ThingStep, *, newest_first: bool = False) -> list[Remark]:
    """One event of one thing, read in the order of time, or against it where a list is written newest first."""
    remarks: list[Remark] = []
    if newest_first:
        _life_backwards(thing, event, remarks)
    else:
        _life(thing, event, remarks)
    for name, has_old, old, has_new, new in changes(event):
        joins, value = (has_new, new) if newest_first else (has_old, old)
        if joins and name in thing.edges and thing.edges[name] != value:
            other = "null" if thing.edges[name] is None else thing.edges[name]
            own = "null" if value is None else value
            message = (
                f"{name!r} becomes {own!r}, but the next change starts from {other!r}."
                if newest_first
                else f"{name!r} starts from {own!r}, but the last change left {other!r}."
            )
            remarks.append(Remark("replay.value-discontinuity", message, name, other, own))
        leads, value = (has_old, old) if newest_first else (has_new, new)
        if leads and (name in thing.edges or len(thing.edges) < FIELDS):
            thing.edges[name] = value
        elif not leads:
            thing.edges.pop(name, None)
        if has_new and not (newest_first and name in thing.fields) and len(thing.fields) < FIELDS:
            thing.fields[name] = new
    if event.name and not (newest_first and thing.name):
        thing.name = cut(event.name)
    return remarks


def _life(thing: Thing, event: ThingStep, remarks: list[Remark]) -> None:
    if not thing.life and event.type != CREATED and not thing.partial:
        thing.partial = True
        message = f"The ledger's first event of this {event.kind} is {event.type!r}: its beginning is not here."
        remarks.append(Remark("lifecycle.event-before-creation", message))
    if thing.life == DELETED and event.type not in ALIVE:
        message = f"{event.type!r} comes after the deletion."
        remarks.append(Remark("lifecycle.event-after-deletion", message, actual=event.type))
        return
    thing.life = event.type if event.type in (CREATED, DELETED) else "changed"
    if event.type == CREATED:
        thing.edges.clear()
        thing.fields.clear()


def _life_backwards(thing: Thing, event: ThingStep, remarks: list[Remark]) -> None:
    if event.type == DELETED and thing.near and thing.near not in ALIVE:
        message = f"{thing.near!r} comes after this deletion."
        remarks.append(Remark("lifecycle.event-after-deletion", message, actual=thing.near))
    if thing.near == CREATED:
        thing.edges.clear()
        if event.type != DELETED and not thing.partial:
            thing.partial = True
            remarks.append(Remark("lifecycle.event-before-creation", f"{event.type!r} comes before the creation."))
    if not thing.life:
        thing.life = event.type if event.type in (CREATED, DELETED) else "changed"
    thing.near = event.type
