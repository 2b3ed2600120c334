"""Which ledgers are Maysano's: its answers by their keys, its captures by the names of their events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.json import strict
from console.formats.maysano.record import ACTIVITY, OBJECTIVE, SSE, STRUCTURAL, instant_of, read_record, shape_of
from console.formats.maysano.rules.capture import PHASES, name_and_data
from console.formats.maysano.rules.changes import verb
from console.formats.maysano.rules.things import CREATED, DELETED
from console.formats.protocol import Claim, Sample
from console.formats.reading.list_order import NEWEST_FIRST, OLDEST_FIRST, descends
from console.sources.text.sse import parse_block

_SHARE = 4
"""One in so many records must have the keys of ours: the first may be damaged, or of something else."""
_SURE = 5
"""Fields of a shape that one record at least has all of: fewer are what any log of changes may have."""
_OWN = {ACTIVITY: {"productId", "activityType"}, OBJECTIVE: {"objectiveId", "action"}, STRUCTURAL: set[str]()}
"""Keys that stand together in no other log: with them, one field fewer is enough."""
_FIELDS = {
    STRUCTURAL: frozenset(("entityType", "entityId", "entityName", "eventType", "metadata", "createdAt")),
    ACTIVITY: frozenset(
        ("productId", "productName", "activityType", "description", "details", "performedBy", "createdAt")
    ),
    OBJECTIVE: frozenset(
        ("objectiveId", "action", "field", "oldValue", "newValue", "summary", "performedBy", "createdAt")
    ),
}


def sniff(sample: Sample) -> Claim | None:
    """By the names of a capture's events, else by the keys of the first records."""
    if sample.container == "sse":
        names = [name_and_data(parse_block(raw))[0] for raw in sample.records[:50]]
        known = sum(name in PHASES for name in names)
        if not known:
            return None
        return Claim(
            90 if known * 2 >= len(names) else 40, SSE, f"{known} of {len(names)} events are of the auto-setup"
        )
    if sample.container == "sqlite":
        return None
    documents = [each for each in (strict.decode(raw).document for raw in sample.records) if each is not None]
    shaped = [(shape, each) for each in documents if (shape := shape_of(each))]
    shapes = Counter(shape for shape, _ in shaped)
    if not shapes or shapes.total() * _SHARE < len(documents):
        return None
    sure = {shape for shape, each in shaped if _of_shape(shape, each) >= _SURE}
    if not sure:
        why = f"records have some keys of {' and '.join(shapes)}, as many logs of changes have"
        return Claim(1, shapes.most_common(1)[0][0], why, alike=True)
    words = shapes.most_common(1)[0][0] if len(shapes) == 1 else "mixed"
    if sample.container == "json":
        # Each shape is a sequence of its own, whatever stands between its records.
        rows = {shape: [each for other, each in shaped if other == shape] for shape in shapes}
        times = {shape: [instant_of(each) for each in rows[shape]] for shape in shapes}
        turned = [shape for shape in shapes if descends(times[shape]) and not lives_forward(shape, rows[shape])]
        if turned:
            others = [f"{shape} {OLDEST_FIRST}" for shape in shapes if descends(times[shape][::-1])]
            words = ", ".join([words, NEWEST_FIRST, *others])
    return Claim(90, words, "records have the keys of " + " and ".join(shapes))


def _of_shape(shape: str, document: Mapping[str, Any]) -> int:
    """How many of a shape's fields a record has."""
    own = _OWN[shape]
    return len(_FIELDS[shape] & document.keys()) + (bool(own) and own <= document.keys())


def lives_forward(shape: str, documents: Sequence[Mapping[str, Any]]) -> bool:
    """True if things are created before they change, in the order of the list: falling times are then what is wrong."""
    lives: dict[str, list[str]] = {}
    for each in documents:
        row = read_record(each, shape)
        for kind, key in row.streams[:1]:
            lives.setdefault(f"{kind} {key}", []).append(verb(row.type, kind))
    ends = [(life[0], life[-1]) for life in lives.values() if len(life) > 1]
    forward = sum((first == CREATED) + (last == DELETED) for first, last in ends)
    backward = sum((last == CREATED) + (first == DELETED) for first, last in ends)
    return forward > backward
