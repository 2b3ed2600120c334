"""What a Maysano event is about: its own thing, and others that its values name. Nothing says what caused it."""

from collections.abc import Iterator, Mapping
from typing import Any

from console.formats.maysano.record import STRUCTURAL, read_record, shape_of, text
from console.formats.maysano.rules.capture import items_of
from console.formats.maysano.rules.changes import changes, verb
from console.formats.maysano.views.replay import data_of
from console.formats.relations import Relations
from console.model.event import Event

MOST = 50
"""Further things of one event."""
_RELATED = ("relatedEntities", "related_entities", "related", "entities")


def relations(event: Event) -> Relations:
    """Names of the event itself, and of the things that it shares with others, by their kinds."""
    ids = (event.event_id,) if event.event_id else ()
    shape = shape_of(event.document)
    if shape is None:
        return Relations((), (), tuple(("table", name) for name in items_of(data_of(event))[:MOST]))
    record = read_record(event.document, shape)
    found: dict[tuple[str, str], None] = dict.fromkeys(record.streams)
    if shape == STRUCTURAL and (key := text(event.document.get("entityId"))):
        found[record.kind, key] = None
    found |= dict.fromkeys(_linked(record.type, record.kind, record.extra))
    found |= dict.fromkeys(_named(record.extra))
    return Relations(ids, (), tuple(found)[:MOST])


def _linked(type: str, kind: str, extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """``kpi_linked`` with the KPI's id as its value."""
    what = verb(type, kind)
    other, _, end = what.rpartition("_")
    if not other or end not in ("linked", "unlinked"):
        return
    values = [each.new if each.has_new and each.new else each.old for each in changes({**extra, "field": other}, what)]
    yield from ((other, value) for value in values if value)


def _named(extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Ids of other things in metadata and details: ``kpiId``, and lists of related entities."""
    for key, value in list(extra.items())[:MOST]:
        kind = key.removesuffix("Id").removesuffix("_id")
        if kind and kind != key and (name := text(value)):
            yield kind, name
        if key in _RELATED and isinstance(value, list):
            for each in value[:MOST]:
                if isinstance(each, dict):
                    kind, name = text(each.get("entityType")) or "entity", text(each.get("entityId"))
                    if name:
                        yield kind, name
                elif name := text(each):
                    yield "entity", name
