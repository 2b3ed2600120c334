"""Maysano as a format: recognition and description; reading is imported when it is asked for."""

from collections.abc import Iterable, Sequence

from console.formats.maysano import panels as tabs
from console.formats.maysano.recognise import sniff
from console.formats.maysano.record import SSE, decode
from console.formats.protocol import Claim, Context, Format, Reader, Sample
from console.formats.relations import Relations
from console.formats.replayer import Replayer
from console.formats.report import Report
from console.formats.summary import filled
from console.model.event import Event, Panel, StreamKey
from console.model.record import Record

DESCRIPTION = """\
Reads structural events, product activities and objective history as saved answers of the API (JSON or JSONL, also mixed
in one file), and captures of the batch auto-setup's event stream.
The document says that events are immutable and append-only; nothing in them proves it: there is no hash, no link and no
sequence. Only the console's own witness notices a change; events are never more than unchained.
The document says that every change is attributed to a user, but structural events have no field for one: who is asked
of activities and history alone. Types, ids, time zones and the order of lists are not documented: ids may be texts or
numbers, times ISO text, seconds or milliseconds, vocabularies are open, and old and new values are read in every usual
spelling. A list whose first events go back in time, and whose things do not begin at its top, is read as newest first,
and its rules run backwards. Values are compared as text: 5 and "5" are the same.
A list may begin in the middle of a thing's life: the first ones of these are listed, the rest is counted. When a
product or an objective was created and deleted is also taken from the answers beside it in its folder, by their names:
structural-events, product-activities, objective-history.
The data of stream events is not documented: totals, tables and checks are taken from the obvious keys, and the data is
always shown as it is. Counts and trends are the console's own."""


class Maysano(Format):
    """The format; see ``console.formats.protocol.Format``."""

    name = "maysano"
    title = "Maysano"
    description = DESCRIPTION
    ledgers = "structural events, activities, objective history, set-up streams"
    stream_kinds = ("product", "objective", "entity", "batch")

    def sniff(self, sample: Sample) -> Claim | None:
        return sniff(sample)

    def reader(self, context: Context) -> Reader:
        if context.shape == SSE:
            from console.formats.maysano.capture_reader import CaptureReader

            return CaptureReader(context)
        from console.formats.maysano.reader import MaysanoReader

        return MaysanoReader(context)

    def decode(self, record: Record, context: Context) -> Event:
        return decode(record, context.shape)

    def siblings(self, shape: str) -> Sequence[str]:
        from console.formats.maysano.rules import siblings

        return siblings.wanted(shape)

    def extract(self, name: str, raws: Iterable[bytes]) -> bytes:
        from console.formats.maysano.rules import siblings

        return siblings.extract(raws)

    @property
    def reports(self) -> Sequence[Report]:
        from console.formats.maysano.views.operations import OPERATIONS

        return (OPERATIONS,)

    def replayer(self, stream: StreamKey, context: Context) -> Replayer | None:
        from console.formats.maysano.views.replay import OperationReplayer, ThingReplayer

        return OperationReplayer() if context.shape == SSE else ThingReplayer(context.shape)

    def relations(self, event: Event) -> Relations:
        from console.formats.maysano.views.relations import relations

        return relations(event)

    def summary(self, event: Event) -> str:
        from console.formats.maysano.views.summary import TEMPLATES

        return next(filter(None, (filled(each, event.document) for each in TEMPLATES)), "")

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        return tabs.panels(event, sse=context.shape == SSE)


FORMAT = Maysano()
