"""Which ledgers are SMVM's: by the keys that only its records have."""

from console.formats.json import strict
from console.formats.protocol import Claim, Sample
from console.formats.smvm.record import KEYS, LEDGER, STEP, STORE, is_encrypted, shape_of

_WHY = {
    LEDGER: "event_id, run_id, span_id and data_hash, as the SMVM specification has them",
    STEP: "run_id, step_name, event_type and level, as SMVM's command line logs its steps",
    STORE: "entity_type, entity_id, data_hash and stored_at, as SMVM's memory service stores them",
}
_TELLING = {
    LEDGER: frozenset(("event_id", "event_type", "run_id", "span_id", "data_hash")),
    STEP: frozenset(("run_id", "step_name", "event_type", "level")),
    STORE: frozenset(("id", "entity_type", "entity_id", "data_hash", "stored_at")),
}


def sniff(sample: Sample) -> Claim | None:
    """Sure by the share of the sample's records that have one shape's telling keys, all but one of them."""
    votes = dict.fromkeys(KEYS, 0)
    read = 0
    for raw in sample.records:
        document = strict.decode(raw).document
        if not raw.strip() or (document is None and is_encrypted(raw)):
            continue
        read += 1
        if document is not None:
            shape = shape_of(document)
            if len(_TELLING[shape] - document.keys()) <= 1 and _own(document, shape):
                votes[shape] += 1
    shape = max(votes, key=lambda each: votes[each])
    if not votes[shape]:
        return None
    most = {LEDGER: 95, STEP: 88, STORE: 88}[shape]
    return Claim(max(1, most * votes[shape] // read), shape, _WHY[shape])


def _own(document: dict[str, object], shape: str) -> bool:
    """A key that no other system's events have beside the others."""
    return any(
        name in document for name in {LEDGER: ("span_id", "run_id"), STEP: ("step_name",), STORE: ("stored_at",)}[shape]
    )
