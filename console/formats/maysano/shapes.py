"""Tells Maysano's shapes apart by their keys, and recognises its answers and captures."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from console.formats.json import strict
from console.formats.json.times import from_epoch_ms, parse
from console.formats.maysano.operation import PHASES
from console.formats.maysano.stream import name_and_data
from console.formats.protocol import Claim, Sample
from console.model.event import Instant
from console.sources.sse import parse_block

STRUCTURAL, ACTIVITY, OBJECTIVE = "structural events", "product activities", "objective history"
SSE = "sse"
NEWEST_FIRST = "newest first"


def shape_of(document: Mapping[str, Any]) -> str | None:
    """The shape that a record's keys show, None if none."""
    if "entityType" in document and ("entityId" in document or "eventType" in document):
        return STRUCTURAL
    if "activityType" in document and ("productId" in document or "createdAt" in document):
        return ACTIVITY
    if "objectiveId" in document and ("action" in document or "field" in document):
        return OBJECTIVE
    if "productId" in document and "createdAt" in document and ("performedBy" in document or "details" in document):
        return ACTIVITY
    if "entityId" in document and "eventType" in document and "createdAt" in document:
        return STRUCTURAL
    return None


def default_shape(shape: str) -> str | None:
    """The shape of records that do not show their own, by a claim's words."""
    return next((each for each in (STRUCTURAL, ACTIVITY, OBJECTIVE) if shape.startswith(each)), None)


def instant_of(document: Mapping[str, Any]) -> Instant | None:
    """``createdAt``: ISO text, or milliseconds since 1970."""
    value = document.get("createdAt")
    return from_epoch_ms(value) if type(value) is int else parse(value)


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
    records = sample.records[:50]
    documents = [each for each in (strict.decode(raw).document for raw in records) if each is not None]
    shapes = Counter(shape for shape in map(shape_of, documents) if shape)
    if not shapes or shapes.total() * 2 < len(records):
        return None
    words = shapes.most_common(1)[0][0] if len(shapes) == 1 else "mixed"
    if sample.container == "json" and _descends(documents):
        words += f", {NEWEST_FIRST}"
    return Claim(90, words, "records have the keys of " + " and ".join(shapes))


def _descends(documents: list[dict[str, Any]]) -> bool:
    """Whether times go back at least once and never forward."""
    steps = list(pairwise(moment.micros for moment in map(instant_of, documents) if moment))
    return any(a > b for a, b in steps) and all(a >= b for a, b in steps)
