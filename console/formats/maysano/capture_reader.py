"""Reads a capture of the batch auto-setup's event stream: its records are blocks of text, not JSON objects, and all of
them are events of one operation."""

from collections.abc import Iterable, Sequence
from typing import Any

from console.formats.json import strict
from console.formats.json.validation import shown
from console.formats.maysano.reader import VIOLATIONS
from console.formats.maysano.record import BATCH, read_block
from console.formats.maysano.rules.capture import PHASES
from console.formats.maysano.rules.operation import Operation, step
from console.formats.protocol import Context
from console.formats.reading.findings import EACH, Place
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.runs import Run
from console.formats.reading.saved_state import unpack
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Severity, Trust
from console.verify.catalogue import finding

_OPERATION = "operation"


class CaptureReader(LedgerReader[Run]):
    """One capture's reader; see ``LedgerReader``."""

    bulk = False
    json_records = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._operation = Operation()
        self._changed = False

    def look(self, record: Look) -> None:
        self._block(record.place, record.raw)

    def unreadable(self, place: Place, raw: bytes, problems: Sequence[strict.Problem]) -> None:
        self._block(place, raw)

    def _block(self, place: Place, raw: bytes) -> None:
        envelope, document, moment = read_block(raw)
        found = self.findings
        found.begin(place, envelope.event_id)
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            message = f"Byte 0x{raw[error.start]:02x} at position {error.start} is not UTF-8."
            found.add("record.invalid-utf8", message, each=EACH)
        for problem in envelope.problems:
            message = f"data: {problem.message}"
            found.add(problem.code, message, group="data", each=VIOLATIONS, field="data")
        if names := document.get("unknown fields"):
            message = f"The block has a field that no client reads: {shown(names[0])!r}."
            found.add("schema.unknown-field", message, each=EACH, field=shown(names[0]), severity=Severity.NOTE)
        if document["data"] is None and document["event"] != "message":
            message = "The block names an event, but has no data: a client passes it over."
            found.add("schema.missing-field", message, each=EACH, field="data", severity=Severity.NOTE)
        time = NO_TIME if moment is None else moment.micros
        if document["data"] is not None:
            self._step(envelope.type, envelope.extra, place, time)
        self.row(
            place, time=time, type=envelope.type, stream=self.columns.stream(*BATCH), trust=Trust.UNCHAINED
        )  # an id of a block only tells a client where to go on, so it is no event's

    def _step(self, type: str, data: Any, place: Place, time: int) -> None:
        if type not in PHASES:
            message = f"The event {shown(type)!r} is not of the documented ones: it is shown, and changes nothing."
            self.findings.count("schema.unknown-event-type", message, type, severity=Severity.NOTE)
        operation = self._operation
        for remark in step(operation, type, data):
            self.findings.remark(remark, group=BATCH[1], each=EACH, stream=BATCH[1])
        operation.record, operation.offset, operation.length = place
        if time != NO_TIME:
            operation.first = time if operation.first is None else operation.first
            operation.last = time
        self._changed = True

    def standing(self) -> list[Finding]:
        found, operation = super().standing(), self._operation
        if operation.events and not operation.ended:
            phase = operation.phase or "none"
            message = f"The stream has neither 'done' nor 'error' yet; its last phase is {phase}."
            found.append(
                finding(
                    "operation.interrupted",
                    message,
                    stream=BATCH[1],
                    record=operation.record,
                    offset=operation.offset,
                    length=operation.length,
                    standing=True,
                )
            )
        return found

    def facts(self) -> Iterable[StreamFacts]:
        changed, self._changed = self._changed, False
        return [StreamFacts(*BATCH, self._operation.facts())] if changed else []

    def state(self) -> Iterable[tuple[str | StreamKey, Any]]:
        yield _OPERATION, self._operation

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self._operation = unpack(data, Operation)
