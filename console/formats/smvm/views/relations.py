"""What an SMVM event says of others: the stage before it, what it flags, and what it shares with other events.

No event names the one that caused it. Within a run, a stage rests on the one before it; SANITIZED is missing in real
runs, so that a stage behind it rests on the one before that, too. A decision leads back to what was ingested that way.
"""

from collections.abc import Iterator

from console.formats.relations import Relations
from console.formats.smvm.record import EVENT_ID, LEDGER, STORE, shape_of, text
from console.formats.smvm.rules.runs import RANKS, STAGES, entities_of
from console.model.event import Event

MOST = 50
"""Entities of one event."""


def relations(event: Event) -> Relations:
    """Ids of the event and of its stage, its causes, and what it is about."""
    document, shape = event.document, shape_of(event.document)
    ids: tuple[str, ...] = (event.event_id,) if event.event_id else ()
    about = {(each.kind, each.key): None for each in event.streams}
    if data_hash := text(document, "data_hash"):
        about["payload", data_hash] = None
    if shape == STORE:
        return Relations(ids, (), tuple(about))
    run = text(document, "run_id")
    if shape != LEDGER:
        context = document.get("context")
        for name in ("correlation", "session", "user"):
            if isinstance(context, dict) and (value := text(context, f"{name}_id")):
                about[name, value] = None
        return Relations(ids, (), tuple(about))
    if span := text(document, "span_id"):
        about["span", span] = None
    causes = dict.fromkeys(_stages_before(event.type, run))
    metadata = document.get("metadata")
    affected = metadata.get("affected_entities") if isinstance(metadata, dict) else None
    for entity in [*entities_of(affected)][:MOST] if event.type == "FLAGGED" else ():
        if EVENT_ID.fullmatch(entity):
            causes["flags", entity] = None
        else:
            about["entity", entity] = None
    if run and event.type in RANKS:
        ids += (_stage(run, event.type),)
    return Relations(ids, tuple(causes), tuple(about))


def _stages_before(kind: str, run: str) -> Iterator[tuple[str, str]]:
    rank = RANKS.get(kind, 0)
    if run and rank > 1:
        yield "stage before", _stage(run, STAGES[rank - 2])
        if STAGES[rank - 2] == "SANITIZED":
            yield "stage before", _stage(run, STAGES[rank - 3])


def _stage(run: str, kind: str) -> str:
    return f"{run}/{kind}"
