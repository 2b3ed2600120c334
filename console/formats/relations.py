"""What an event says of other events: by which names they may call it, what caused it, and what it is about.

Causality crosses ledgers and systems by equal names only. Each system says where its events hold them.
"""

import json
from typing import NamedTuple

from console.model.event import Event


class Relations(NamedTuple):
    """``ids``: names under which other events mean this one. ``causes``: (how, id) of what caused it, such as
    ``("parent", "6f1a…")`` or ``("approval", …)``. ``about``: (kind, id) of things that it shares with other events,
    in other ledgers too: a deal, a trace, a run, an artifact, a tool call."""

    ids: tuple[str, ...] = ()
    causes: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, str], ...] = ()


def is_made_up(raw: bytes, id: str) -> bool:
    """True for the name of a cause that its record does not hold: its system made it of other values, such as those of
    a gate. All events of that name before it are causes, and one that nobody bears is not missed."""
    escaped = json.dumps(id)[1:-1]
    forms = (id.encode("utf-8", "surrogatepass"), escaped.encode(), escaped.replace("/", "\\/").encode())
    return all(form not in raw for form in forms)


def of_envelope(event: Event) -> Relations:
    """What the common envelope holds of it."""
    ids = (event.event_id,) if event.event_id else ()
    causes = (("parent", event.parent),) if event.parent else ()
    return Relations(ids, causes, tuple((each.kind, each.key) for each in event.streams))
