"""Which ledgers are Maysano's: its answers by their keys, its captures by the names of their events."""

from collections import Counter

from console.formats.json import strict
from console.formats.maysano.capture import name_and_data
from console.formats.maysano.operation import PHASES
from console.formats.maysano.record import SSE, instant_of, shape_of
from console.formats.protocol import Claim, Sample
from console.formats.reading.list_order import NEWEST_FIRST, descends
from console.sources.text.sse import parse_block


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
    if sample.container == "json" and descends(map(instant_of, documents)):
        words += f", {NEWEST_FIRST}"
    return Claim(90, words, "records have the keys of " + " and ".join(shapes))
