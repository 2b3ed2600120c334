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
    """A record of the ledger of this name; ``of`` are its format and that ledger's context. ``raw`` are its bytes, and
    ``place`` its ordinal, offset and length. All else is made when it is first asked for."""

    __slots__ = ("_document", "_event", "ledger", "of", "place", "raw")

    def __init__(self, ledger: str, raw: bytes, place: tuple[int, int, int], of: tuple[Format, Context]) -> None:
        self.ledger = ledger
        self.raw = raw
        self.place = place
        self.of = of
        self._document: dict[str, Any] | None = None
        self._event: Event | None = None

    @property
    def format(self) -> Format:
        """Its ledger's format."""
        return self.of[0]

    @property
    def context(self) -> Context:
        """What its format needs to know of its ledger."""
        return self.of[1]

    @property
    def record(self) -> Record:
        """The record itself."""
        return Record(*self.place, self.raw)

    @property
    def document(self) -> dict[str, Any] | None:
        """Its object as the writing system's own reader has it (the last of equal keys counts, NaN is a number); that
        of the event where records are no JSON. None for one that cannot be read."""
        if self._document is None:
            try:
                self._document = _decode(self.raw)
            except (msgspec.DecodeError, RecursionError):
                self._document = strict.decode(self.raw).document or dict(self.event.document) or None
        return self._document

    @property
    def event(self) -> Event:
        """The common envelope, with its document; of type '' where it cannot be read."""
        if self._event is None:
            self._event = event_of(self.of[0], self.record, self.of[1])
        return self._event

    @property
    def relations(self) -> Relations:
        """What it says of other events."""
        return relations_of(self.of[0], self.event)
