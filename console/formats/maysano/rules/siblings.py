"""What the reader of one answer knows of the others beside it: when each product and objective was created and deleted.

Structural events, activities and history come from three endpoints, and so mostly stand in three files.
"""

from collections.abc import Iterable, Mapping, Sequence

from console.formats.json import strict
from console.formats.maysano.record import (
    ACTIVITY,
    OBJECTIVE,
    STRUCTURAL,
    default_shape,
    instant_of,
    read_record,
    shape_of,
)
from console.formats.maysano.rules.across import Late, Whole, live
from console.formats.maysano.rules.changes import verb
from console.formats.maysano.rules.things import ALIVE
from console.formats.reading.saved_state import pack, unpack
from console.model.event import NO_TIME

Things = dict[tuple[str, str], Whole]
NAMES: Mapping[str, Sequence[str]] = {
    STRUCTURAL: ("structural-events", "structural_events"),
    ACTIVITY: ("product-activities", "product_activities", "activities"),
    OBJECTIVE: ("objective-history", "objective_history", "history"),
}
"""Names of files, without their endings, that answers of each endpoint go by."""
_LIFE = (b'created"', b'deleted"', b'restored"', b'recovered"', b'reactivated"', b"\\u")
"""What stands in a record that begins or ends a life, or may: most records do neither, and are not decoded."""


def wanted(words: str) -> Sequence[str]:
    """Names of the files that help to check a ledger, by a claim's words on it."""
    shape = default_shape(words)
    if shape is None:
        return ()
    return (*NAMES[ACTIVITY], *NAMES[OBJECTIVE]) if shape == STRUCTURAL else NAMES[STRUCTURAL]


def extract(raws: Iterable[bytes]) -> bytes:
    """Lives of products and objectives, as far as records tell them."""
    found: Things = {}
    for raw in raws:
        lower = raw.lower()
        if not any(word in lower for word in _LIFE):
            continue
        document = strict.decode(raw).document
        shape = None if document is None else shape_of(document)
        if document is None or shape is None:
            continue
        row, moment = read_record(document, shape), instant_of(document)
        what = verb(row.type, row.kind)
        if moment is None or (what != "deleted" and what not in ALIVE):
            continue
        for stream in row.streams if shape != STRUCTURAL else row.streams[1:]:
            whole = found.setdefault(stream, Whole())
            live(whole, shape, what, Late(moment.micros, row.type, 0, 0, 0), alive=what in ALIVE)
    return pack([(*key, each.created, each.deleted, each.by, each.revived) for key, each in found.items()])


def load(companions: Mapping[str, bytes]) -> Things:
    """The lives that ledgers beside this one tell, joined."""
    found: Things = {}
    names = [name for each in NAMES.values() for name in each]
    for name in names:
        for kind, key, created, deleted, by, revived in _rows(companions.get(name)):
            whole = found.setdefault((kind, key), Whole())
            earlier = [time for time in (whole.created, created) if time != NO_TIME]
            whole.created = min(earlier, default=NO_TIME)
            whole.revived = max(whole.revived, revived)
            if deleted != NO_TIME:
                whole.deleted, whole.by = deleted, by
    return found


def _rows(packed: bytes | None) -> list[tuple[str, str, int, int, str, int]]:
    return unpack(packed, list[tuple[str, str, int, int, str, int]]) if packed else []
