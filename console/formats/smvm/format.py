"""SMVM as a format: recognition and description; reading, panels and proofs are imported when they are asked for."""

from collections.abc import Sequence

from console.formats.json import strict
from console.formats.protocol import Claim, Context, Reader, Sample
from console.formats.smvm.companions import PATTERNS
from console.formats.smvm.decode import KEYS, LEDGER, STEP, STORE, decode, shape_of
from console.formats.smvm.encrypted import is_encrypted
from console.formats.smvm.proof import PROFILE, prove
from console.model.event import Event, Panel
from console.model.ledger import Profile
from console.model.proof import Proof
from console.model.record import Record

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


class SmvmFormat:
    """Ledgers of the Synthetic Market Validation Module; see ``Format``."""

    name = "smvm"
    title = "SMVM: Synthetic Market Validation Module"
    description = (
        "Ledger events of market validation runs, the step logs of the command line, and the memory service's store."
        " There is no chain between events: data_hash covers each stage's payload alone."
        " The document's base schema forbids every key of metadata and provenance, and then defines five to seven of"
        " them for each event type: the models of the types are checked. Its own example has a data_hash of 52"
        " characters with letters beyond f: that is a finding here."
    )
    profiles: Sequence[Profile] = (PROFILE,)
    companions: Sequence[str] = PATTERNS
    reference_codes = ("identity.duplicate-event-id", "reference.orphan-parent")

    def sniff(self, sample: Sample) -> Claim | None:
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

    def reader(self, context: Context) -> Reader:
        from console.formats.smvm.reader import SmvmReader

        return SmvmReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record)

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        from console.formats.smvm.panels import panels

        return panels(event, context)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        return prove(record, context)


def _own(document: dict[str, object], shape: str) -> bool:
    """A key that no other system's events have beside the others."""
    return any(
        name in document for name in {LEDGER: ("span_id", "run_id"), STEP: ("step_name",), STORE: ("stored_at",)}[shape]
    )
