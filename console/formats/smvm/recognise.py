"""Which ledgers are SMVM's: by the keys that its records have, and by values where other systems may have such keys."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.protocol import Claim, Sample
from console.formats.smvm.hashes.encrypted import is_encrypted
from console.formats.smvm.record import (
    EVENT_ID,
    KEYS,
    LEDGER,
    REAL_RUN_ID,
    RUN_ID,
    STEP,
    STEP_TYPES,
    STORE,
    shape_of,
    text,
)
from console.formats.smvm.rules.runs import STAGES

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
_TYPES = frozenset((*STAGES, "FLAGGED"))


def sniff(sample: Sample) -> Claim | None:
    """Sure by the share of the sample's records that have one shape's telling keys, all but one of them."""
    votes = dict.fromkeys(KEYS, 0)
    surely = dict.fromkeys(KEYS, 0)
    read = 0
    encrypted = 0
    for raw in sample.records:
        document = strict.decode(raw).document
        if document is None:
            encrypted += is_encrypted(raw)
            continue
        read += 1
        shape = shape_of(document)
        if len(_TELLING[shape] - document.keys()) <= 1 and _own(document, shape):
            votes[shape] += 1
            surely[shape] += _surely(document, shape)
    if not read and encrypted * 2 > len(sample.records):
        return Claim(60, LEDGER, "encrypted events alone (JWE), as the SMVM specification asks for")
    shape = max(votes, key=lambda each: (surely[each] > 0, votes[each]))
    if not votes[shape]:
        return None
    most = {LEDGER: 95, STEP: 88, STORE: 88}[shape]
    if not surely[shape]:
        return Claim(1, shape, f"{_WHY[shape]}, but with other values", alike=True)
    return Claim(max(1, most * votes[shape] // read), shape, _WHY[shape])


def _own(document: Mapping[str, Any], shape: str) -> bool:
    """A key that no other system's events have beside the others."""
    return any(
        name in document for name in {LEDGER: ("span_id", "run_id"), STEP: ("step_name",), STORE: ("stored_at",)}[shape]
    )


def _surely(document: Mapping[str, Any], shape: str) -> bool:
    """True if a record has what a stranger's log has not by chance: nearly all keys, or a value in SMVM's own form."""
    kind, run = text(document, "event_type"), text(document, "run_id")
    if shape != STEP and len(document.keys() & set(KEYS[shape])) >= len(KEYS[shape]) - 1:
        return True
    if shape == STORE:
        return kind == "entity_stored"
    if RUN_ID.fullmatch(run) or REAL_RUN_ID.fullmatch(run):
        return True
    if shape == STEP:
        return kind in STEP_TYPES
    return kind in _TYPES or EVENT_ID.fullmatch(text(document, "event_id")) is not None
