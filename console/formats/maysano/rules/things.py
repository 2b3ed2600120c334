"""The stateful rules of Maysano's things (entities, products, objectives), and their replay. Pure."""

from dataclasses import dataclass, field

from console.formats.maysano.record import FIELDS, UNNAMED, ThingStep, cut
from console.formats.maysano.rules.across import Whole
from console.formats.maysano.rules.changes import STATUS, changes, value_text, verb
from console.formats.reading.findings import Remark
from console.model.event import NO_TIME

CREATED = "created"
DELETED = "deleted"
ALIVE = frozenset({CREATED, "restored", "undeleted", "recovered", "reactivated"})
"""Types that make a deleted thing alive again; the vocabulary is open."""
SHOWN = 8
"""Fields of a thing that its facts show."""
SAME = 64
"""Rows of one instant that are compared with each other."""
_OF_A_SET = ("linked", "attached", "detached", "added", "removed")
"""Endings of types that change one member of many: the next one does not go on from it."""


@dataclass(slots=True)
class Thing:
    """One entity, product or objective.

    ``life`` is '', 'created', 'changed' or 'deleted'; ``fields`` are its values, None for null. ``edges`` are the
    values at which the next change that is read must join on. ``near`` says what the event read last does. ``partial``
    is True once an event before creation was found, ``born`` once a creation was. ``last`` is the time read last,
    ``same`` are keys of that instant's rows that have no id. ``whole`` is what all sequences say of it.
    """

    life: str = ""
    name: str = ""
    fields: dict[str, str | None] = field(default_factory=dict)
    edges: dict[str, str | None] = field(default_factory=dict)
    near: str = ""
    partial: bool = False
    born: bool = False
    last: int = NO_TIME
    same: list[int] = field(default_factory=list)
    whole: Whole | None = None

    def facts(self) -> dict[str, str]:
        """Life, name, and the first fields."""
        life = "deleted" if self.whole is not None and self.whole.deleted != NO_TIME else self.life
        facts = {"life": life or "created"}
        if self.name:
            facts["name"] = self.name
        for name, value in list(self.fields.items())[:SHOWN]:
            facts[name] = "null" if value is None else value
        if len(self.fields) > SHOWN:
            facts["…"] = f"{SHOWN} of {len(self.fields)} fields"
        return facts


def step(thing: Thing, event: ThingStep, *, newest_first: bool = False, born: bool = False) -> list[Remark]:
    """One event of one thing, read in the order of time, or against it where a list is written newest first.

    ``born``: another sequence has its creation.
    """
    remarks: list[Remark] = []
    what = verb(event.type, event.kind)
    if event.type == UNNAMED:
        pass  # it may be any
    elif newest_first:
        _life_backwards(thing, what, event, remarks)
    else:
        _life(thing, what, event, remarks, born=born)
    for name, has_old, old, has_new, new in changes(event.extra, what):
        if not what.endswith(_OF_A_SET):
            joins, value = (has_new, new) if newest_first else (has_old, old)
            if joins and name in thing.edges and thing.edges[name] != value:
                remarks.append(_break(name, thing.edges[name], value, newest_first=newest_first))
            leads, value = (has_old, old) if newest_first else (has_new, new)
            if leads and (name in thing.edges or len(thing.edges) < FIELDS):
                thing.edges[name] = value
            elif not leads:
                thing.edges.pop(name, None)
        known = name in thing.fields
        if has_new and not (newest_first and known) and (known or len(thing.fields) < FIELDS):
            thing.fields[name] = new
    if event.name and not (newest_first and thing.name):
        thing.name = cut(event.name)
    return remarks


def repeats(thing: Thing, key: int, time: int) -> bool:
    """True if a row without an id stands already, byte for byte, at this instant."""
    if time != thing.last or time == NO_TIME:
        thing.same = [key]
        return False
    if key in thing.same:
        return True
    if len(thing.same) < SAME:
        thing.same.append(key)
    return False


def _break(name: str, edge: str | None, value: str | None, *, newest_first: bool) -> Remark:
    other = "null" if edge is None else edge
    own = "null" if value is None else value
    message = (
        f"{name!r} becomes {own!r}, but the next change starts from {other!r}."
        if newest_first
        else f"{name!r} starts from {own!r}, but the last change left {other!r}."
    )
    return Remark("replay.value-discontinuity", message, name, other, own)


def _life(thing: Thing, what: str, event: ThingStep, remarks: list[Remark], *, born: bool) -> None:
    if not thing.life and what != CREATED and not thing.partial and not born:
        thing.partial = True
        message = f"The ledger's first event of this {event.kind} is {event.type!r}: its beginning is not here."
        remarks.append(Remark("lifecycle.event-before-creation", message))
    if thing.life == DELETED and what not in ALIVE:
        message = f"{event.type!r} comes after the deletion."
        remarks.append(Remark("lifecycle.event-after-deletion", message, actual=event.type))
        return
    if what == CREATED:
        if thing.born and thing.life != DELETED:
            remarks.append(_twice(event))
        thing.born = True
        thing.edges.clear()
        thing.fields.clear()
        if STATUS in event.extra:  # shown; nothing says that the first change must start from it
            thing.fields[STATUS] = value_text(event.extra[STATUS])
    thing.life = what if what in (CREATED, DELETED) else "changed"


def _life_backwards(thing: Thing, what: str, event: ThingStep, remarks: list[Remark]) -> None:
    if what == DELETED and thing.near and thing.near not in ALIVE:
        message = f"{thing.near!r} comes after this deletion."
        remarks.append(Remark("lifecycle.event-after-deletion", message, actual=thing.near))
    if thing.near == CREATED:
        thing.edges.clear()
        if what == CREATED:
            remarks.append(_twice(event))
        elif what != DELETED and not thing.partial:
            thing.partial = True
            remarks.append(Remark("lifecycle.event-before-creation", f"{event.type!r} comes before the creation."))
    if not thing.life:
        thing.life = what if what in (CREATED, DELETED) else "changed"
    thing.near = what


def _twice(event: ThingStep) -> Remark:
    message = f"This {event.kind} is created twice, without a deletion in between."
    return Remark("lifecycle.illegal-transition", message, actual=event.type)
