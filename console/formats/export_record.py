"""One record on its way out. What a form does not ask for is not made: decoding is most of an export's work."""

from typing import Any

import msgspec

from console.formats.guarded import event_of, relations_of
from console.formats.json import strict
from console.formats.protocol import Context, Format
from console.formats.relations import Relations
from console.model.event import Event
from console.model.record import Record

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class ExportRecord:
    """A record of the ledger of this name. ``document`` and ``event`` are made when they are first asked for."""

    __slots__ = ("_document", "_event", "context", "format", "ledger", "record")

    def __init__(self, ledger: str, record: Record, format: Format, context: Context) -> None:
        self.ledger = ledger
        self.record = record
        self.format = format
        self.context = context
        self._document: dict[str, Any] | None = None
        self._event: Event | None = None

    @property
    def document(self) -> dict[str, Any] | None:
        """Its object as the writing system's own reader has it (the last of equal keys counts, NaN is a number); that
        of the event where records are no JSON. None for one that cannot be read."""
        if self._document is None:
            try:
                self._document = _decode(self.record.raw)
            except (msgspec.DecodeError, RecursionError):
                self._document = strict.decode(self.record.raw).document or dict(self.event.document) or None
        return self._document

    @property
    def event(self) -> Event:
        """The common envelope, with its document; of type '' where it cannot be read."""
        if self._event is None:
            self._event = event_of(self.format, self.record, self.context)
        return self._event

    @property
    def relations(self) -> Relations:
        """What it says of other events."""
        return relations_of(self.format, self.event)
