"""One event's ``data_hash`` laid open: what was hashed, what came out, what it does not cover."""

from console.formats.json import strict
from console.formats.protocol import Context
from console.formats.smvm.hashes import companions
from console.formats.smvm.hashes.integrity import RULES, HashState, canonical, check, spans
from console.formats.smvm.record import plain_of
from console.model.ledger import OTHERS, Coverage, Profile
from console.model.proof import Proof, Span
from console.model.record import Record
from console.model.trust import Trust

PROFILE = Profile(
    "smvm-data/1",
    "SHA-256 of the stage's payload as JSON with sorted keys, by Python's default separators or the compact ones; only"
    " DECIDED carries its payload, in metadata, the others need the payload's file beside the ledger.",
    Coverage(
        ("metadata (of DECIDED)", "data_hash (of DECIDED, and where the payload is at hand)"),
        (
            *("event_id", "event_type", "timestamp", "run_id", "span_id", "service", "agent_id"),
            *("metadata (of all others)", "data_hash (of all others)", "provenance"),
            *("id", "entity_type", "entity_id", "stored_at", OTHERS),
        ),
    ),
    links=False,
)
_APART = "Events are not linked: removing, adding or reordering events leaves every data_hash as it was."
_COVERS = "Id, type, time, run, span, service, agent and provenance are not covered."


def prove(record: Record, context: Context) -> Proof | None:
    """None where the event has no ``data_hash``."""
    document = strict.decode(plain_of(record.raw, context.key)).document
    if document is None or "data_hash" not in document:
        return None
    stored = document["data_hash"] if isinstance(document["data_hash"], str) else None
    verdict = check(document, companions.payload_names(context.companions))
    if verdict.state is HashState.MALFORMED:
        return Proof(
            PROFILE.name,
            Trust.BROKEN,
            "data_hash is not a SHA-256, so it protects nothing.",
            stored=stored,
            notes=(_APART,),
        )
    if document.get("event_type") == "DECIDED" and isinstance(document.get("metadata"), dict):
        metadata = document["metadata"]
        good = verdict.state is HashState.VERIFIED
        name, separators = next((rule for rule in RULES if verdict.rule.endswith(rule[0])), RULES[0])
        return Proof(
            PROFILE.name,
            Trust.VERIFIED if good else Trust.BROKEN,
            f"data_hash is the hash of metadata ({name})."
            if good
            else "data_hash is not the hash of metadata, by neither documented form.",
            canonical(metadata, separators),
            spans(metadata, separators),
            verdict.recomputed,
            stored,
            notes=(f"Only metadata is covered. {_COVERS}", _APART),
        )
    found = companions.payload_bytes(context.companions, stored or "")
    if found is None:
        return Proof(
            PROFILE.name,
            Trust.UNCHECKED,
            "The payload that data_hash covers is not at hand, so nothing was recomputed.",
            stored=stored,
            notes=("Put the run's inputs and outputs beside the ledger to check it.", _APART),
        )
    name, data = found
    return Proof(
        PROFILE.name,
        Trust.VERIFIED,
        f"data_hash is the hash of {name}.",
        data,
        (Span(0, len(data), name),),
        verdict.recomputed,
        stored,
        notes=(f"Only the payload is covered. Metadata is not, either. {_COVERS}", _APART),
    )
