"""ZakOps as a format: recognition and description; reading is imported when it is asked for."""

from collections.abc import Iterable, Sequence

from console.formats.json import strict
from console.formats.json.times import parse
from console.formats.protocol import Claim, Context, Format, Reader, ReferenceCodes, Sample
from console.formats.relations import Relations, of_envelope
from console.formats.replayer import Replayer
from console.formats.summary import object_of, summary
from console.formats.zakops import panels as tabs
from console.formats.zakops.beside import siblings
from console.formats.zakops.migration import ACTIONS, AGENT_EVENTS, deals_of
from console.formats.zakops.recognise import sniff
from console.formats.zakops.record import deal_of, default_shape, event_of, read_record, shape_of
from console.formats.zakops.relations import relations
from console.formats.zakops.reports.delivery import DELIVERY
from console.formats.zakops.reports.gaps import GAPS
from console.model.event import Event, Panel, StreamKey
from console.model.record import Record

DESCRIPTION = """\
Reads action_audit_events, agent_events (and its archive), deal_events, outbox and inbox as SQLite tables or as JSON,
action documents with their audit_trail, and per-deal event files.
No ZakOps event is hashed or linked: "append-only" is a convention there, and only the console's own witness notices a
change. Events are therefore never more than unchained.
The documents ask for trace, correlation and causation ids and a schema version on every event; the real
action_audit_events has none of them, which is one finding for a ledger. The document's agent_events (id, payload,
schema_version) and the real table (event_id, event_data, other type names) differ: both are read. The real deal_id
column cuts ids to 20 characters, so that it differs from correlation_id; that is one finding.
The audit's timestamps have whole seconds: ties are normal, and the row id orders them. Outbox rows are changed in place
by their publisher: what is shown is each row as it was read. A list that is written newest first is not checked for
order or for the life of actions and runs. Double processing is noticed among the last 4,096 rows of an inbox by
consumer, and over the whole ledger as an id that stands twice.
A row of agent_events, outbox or inbox without any column of the real tables is held to the required schema to the
letter: UUIDs, lengths, NOT NULL, no further column. Ids as the real system makes them (DEAL-2026-006) are a note there.
Lives of deals, actions, jobs, emails, runs and tool calls are followed. One whose beginning is not in the ledger is a
note, and so is what happens to a job or email that no id (job_id, task_id, email_id, message_id) names. A tool call
without an answer counts as open too long after 600 s, as an action in PROCESSING does.
Tables of one database, and files of one folder that have their names (agent_events, agent_events_archive, deal_events,
outbox, inbox), are joined by the ids of events, as the others stood when the ledger was opened; up to 1,000,000 rows
each. Where no message has the id of an event they are joined by type, trace and correlation, and the real outbox, whose
messages have ids of their own, is not judged.
Payloads of most types are not documented: only what the real writers put into them is checked."""


class Zakops(Format):
    """The format; see ``console.formats.protocol.Format``."""

    name = "zakops"
    title = "ZakOps"
    description = DESCRIPTION
    ledgers = "action audit, agent and deal events, outbox, inbox"
    stream_kinds = ("action", "run", "deal", "trace", "aggregate", "consumer")
    changed_in_place = ("outbox", "action documents")
    reference_codes = ReferenceCodes(orphan="correlation.broken-causation", late="correlation.broken-causation")

    reports = (DELIVERY, GAPS)
    exports = (AGENT_EVENTS,)

    def siblings(self, shape: str) -> Sequence[str]:
        """The archive of events, and the tables between which messages go."""
        return siblings.wanted(shape)

    def extract(self, name: str, raws: Iterable[bytes]) -> bytes:
        """What readers need of the table of this name."""
        return deals_of(raws) if name == ACTIONS else siblings.extract(name, raws)

    def sniff(self, sample: Sample) -> Claim | None:
        return sniff(sample)

    def reader(self, context: Context) -> Reader:
        from console.formats.zakops.reader import ZakopsReader  # pydantic is imported only to read

        return ZakopsReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        document = strict.decode(record.raw).document
        shape = None if document is None else shape_of(document) or default_shape(context.shape)
        if document is None or shape is None:
            return Event(record.ordinal, record.offset, record.length, "", document=document or {})
        row = read_record(document, shape, deal_of(context.shape))
        return event_of(record, row, parse(row.time), document)

    def replayer(self, stream: StreamKey, context: Context) -> Replayer | None:
        from console.formats.zakops.replay import replayer

        return replayer(stream, context.shape)

    def relations(self, event: Event) -> Relations:
        shape = shape_of(event.document)
        return of_envelope(event) if shape is None else relations(event.document, read_record(event.document, shape))

    def summary(self, event: Event) -> str:
        from console.formats.zakops.views.summary import SUMMARIES

        found = next((event.document[name] for name in _PAYLOADS if event.document.get(name)), None)
        return summary(SUMMARIES, event.type, object_of(found))

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        shape = shape_of(event.document) or default_shape(context.shape)
        return tabs.panels(event, shape, deal_of(context.shape))


_PAYLOADS = ("payload", "event_data", "details", "data")
"""Fields that hold what an event is about, in one shape or another."""
FORMAT = Zakops()
