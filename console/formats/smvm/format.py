"""SMVM as a format: recognition and description; reading, panels and proofs are imported when they are asked for."""

from collections.abc import Iterable, Mapping, Sequence

from console.formats.protocol import Claim, Context, Format, Reader, Sample
from console.formats.relations import Relations
from console.formats.replayer import Replayer
from console.formats.report import Report
from console.formats.smvm.hashes.companions import PATTERNS, listed
from console.formats.smvm.hashes.proof import PROFILE, prove
from console.formats.smvm.recognise import sniff
from console.formats.smvm.record import decode
from console.formats.smvm.rules.partitions import ids_of, is_run_folder
from console.formats.smvm.rules.retention import due_text
from console.formats.smvm.views.readiness import READINESS
from console.formats.smvm.views.retention_report import RETENTION
from console.formats.smvm.views.run_diff import RUN_DIFF
from console.formats.smvm.views.span_tree import SPANS
from console.formats.summary import summary
from console.model.event import Event, Panel, StreamKey
from console.model.ledger import Profile
from console.model.proof import Proof
from console.model.record import Record


class SmvmFormat(Format):
    """Ledgers of the Synthetic Market Validation Module; see ``Format``."""

    name = "smvm"
    title = "SMVM: Synthetic Market Validation Module"
    description = (
        "Ledger events of market validation runs, the step logs of the command line, and the memory service's store."
        " There is no chain between events: data_hash covers each stage's payload alone."
        " The document's base schema forbids every key of metadata and provenance, and then defines five to seven of"
        " them for each event type: the models of the types are checked. Its own example has a data_hash of 52"
        " characters with letters beyond f: that is a finding here."
        " Its retention table is read as ages from an event's time; between the end of cold storage and the deletion an"
        " event stays cold. It names no envelope for encrypted events: JWE (dir, A256GCM) is opened with the operator's"
        " key. Event ids are compared with those of files beside the ledger, and of the runs whose folders come before"
        " its own: the 128 nearest, up to 1 MiB each."
    )
    ledgers = "validation runs, step logs, the memory store"
    stream_kinds = ("run", "entity")
    flags = ("high", "critical")
    profiles: Sequence[Profile] = (PROFILE,)
    companions: Sequence[str] = PATTERNS
    encrypted = True
    reports: Sequence[Report] = (RETENTION, READINESS, SPANS, RUN_DIFF)

    def partitioned(self, path: str) -> bool:
        return is_run_folder(path)

    def siblings(self, shape: str) -> Sequence[str]:
        return ()

    def extract(self, name: str, raws: Iterable[bytes]) -> bytes:
        return ids_of(raws)

    def listed(self, companions: Mapping[str, bytes]) -> Sequence[str]:
        return [path for path in listed(companions) if path not in companions]

    def sniff(self, sample: Sample) -> Claim | None:
        return sniff(sample)

    def reader(self, context: Context) -> Reader:
        from console.formats.smvm.reader import SmvmReader

        return SmvmReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record, context.key)

    def summary(self, event: Event) -> str:
        from console.formats.smvm.views.summary import SUMMARIES

        document = event.document
        parts = {"m": document.get("metadata"), "p": document.get("provenance"), "e": document}
        return summary(SUMMARIES, event.type, parts)

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        from console.formats.smvm.views.panels import panels

        return panels(event, context)

    def kept_until(self, event: Event) -> str | None:
        return due_text(event.type, event.instant.micros) or None if event.instant is not None else None

    def replayer(self, stream: StreamKey, context: Context) -> Replayer | None:
        from console.formats.smvm.views.replay import EntityReplayer, RunReplayer

        return EntityReplayer() if stream.kind == "entity" else RunReplayer(context.now)

    def relations(self, event: Event) -> Relations:
        from console.formats.smvm.views.relations import relations

        return relations(event)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        return prove(record, context)
