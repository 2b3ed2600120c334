"""The state of an entity, a product, an objective or a set-up, event by event.

A product or an objective has two sequences, its own and that of the structural events. Each goes on from itself, so the
rules are asked for each apart; what holds is the latest of both.
"""

from collections.abc import Mapping
from typing import Any

from console.formats.maysano.record import STRUCTURAL, newest_first, read_record, shape_of
from console.formats.maysano.rules.changes import STATUS, changes, value_text, verb
from console.formats.maysano.rules.things import ALIVE, CREATED, DELETED, Thing, step
from console.formats.maysano.views.progress import SetupProgress
from console.model.event import NO_TIME, Event


class ThingReplayer:
    """One entity, product or objective; see ``console.formats.replayer.Replayer``. ``shape`` is the ledger's claim."""

    def __init__(self, shape: str) -> None:
        self._shape = shape
        self._things: dict[str, Thing] = {}
        self._life = ""
        self._name = ""
        self._fields: dict[str, str | None] = {}
        self._seen: dict[str, str] = {}

    def order(self, event: Event) -> Any:
        """By time where a thing has several sequences, else as the ledger stands: forwards, or newest first."""
        shape = shape_of(event.document) or STRUCTURAL
        turned = newest_first(self._shape, shape)
        place = -event.ordinal if turned else event.ordinal
        time = NO_TIME if event.instant is None else event.instant.micros
        return (time if self._shape.startswith("mixed") else 0, place)

    def take(self, event: Event) -> str:
        shape = shape_of(event.document)
        if shape is None:
            return "the record has the keys of none of the three shapes"
        record = read_record(event.document, shape)
        what = verb(record.type, record.kind)
        when = "" if event.instant is None else event.instant.text
        gone = self._life == DELETED and what not in ALIVE and not (what == DELETED and shape not in self._things)
        remarks = step(self._things.setdefault(shape, Thing()), record.step, born=bool(self._life))
        if gone:
            return "it was deleted before"
        if what == CREATED and self._life in ("", DELETED):
            self._fields.clear()
            if STATUS in record.extra:
                self._fields[STATUS] = value_text(record.extra[STATUS])
        self._life = what if what in (CREATED, DELETED) else "changed"
        self._name = record.name or self._name
        for each in changes(record.step.extra, what):
            if each.has_new:
                self._fields[each.field] = each.new
        if what in (CREATED, DELETED):
            self._seen[what] = when
        self._seen["last change"] = when
        if record.actor:
            self._seen["by"] = record.actor
        return "; ".join(each.message.rstrip(".") for each in remarks)

    def state(self) -> Mapping[str, str]:
        facts = {"life": self._life, "name": self._name} | {
            name: "null" if value is None else value for name, value in self._fields.items()
        }
        return {name: value for name, value in (facts | self._seen).items() if value}


class OperationReplayer:
    """One set-up; see ``console.formats.replayer.Replayer``."""

    def __init__(self) -> None:
        self._progress = SetupProgress()

    def order(self, event: Event) -> Any:
        return event.ordinal

    def take(self, event: Event) -> str:
        if event.document.get("data") is None:
            return "it has no data: a client passes it over"
        time = NO_TIME if event.instant is None else event.instant.micros
        return "; ".join(
            each.message.rstrip(".") for each in self._progress.take(event.type, data_of(event), time, event.ordinal)
        )

    def state(self) -> Mapping[str, str]:
        if not self._progress.operation.events:
            return {}
        return self._progress.operation.facts() | {
            f"table {name}": item.words for name, item in self._progress.items.items()
        }


def data_of(event: Event) -> Mapping[str, Any]:
    """The data of a block where it is an object."""
    data = event.document.get("data")
    return data if isinstance(data, dict) else {}
