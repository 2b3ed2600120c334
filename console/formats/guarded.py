"""Questions to a format that never fail: about one record, for the screen and for words of findings, and for a reader.

A format of another package may do so on records that it did not expect, and an index may name one that is not installed
any more. Then the record is shown as far as that goes, and why there is no more.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from console.formats.protocol import Claim, Context, Format, Reader, Sample, SearchingFormat
from console.formats.registry import UnknownFormatError, by_name
from console.formats.relations import Relations, of_envelope
from console.formats.replayer import Replayer
from console.model.batch import EventBatch
from console.model.event import Event, Field, Panel, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.proof import Proof, SearchStep
from console.model.record import Record, RecordBatch
from console.model.trust import Trust

_REASON = 300
"""Characters of an error that are repeated."""


class AbsentFormat(Format):
    """In the place of a format that an index names and that cannot be used: it reads nothing."""

    name = ""
    title = "a format that is not there"
    description = ledgers = title
    stream_kinds = ()

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    def sniff(self, sample: Sample) -> Claim | None:
        return None

    def reader(self, context: Context) -> Reader:
        raise UnknownFormatError(self._why)

    def decode(self, record: Record, context: Context) -> Event:
        raise UnknownFormatError(self._why)


def named(name: str) -> Format:
    """The format of this name, or one in its place that reads nothing."""
    try:
        return by_name(name)
    except UnknownFormatError as error:
        return AbsentFormat(name, str(error))


class FailedReader:
    """In the place of a reader that could not be made: it fails at the first record, where that is made a finding."""

    profile = None

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, batch: RecordBatch) -> EventBatch:
        raise self._error

    def standing(self) -> list[Finding]:
        return []

    def facts(self) -> Iterable[StreamFacts]:
        return ()

    def take_state(self) -> Mapping[str, bytes]:
        return {}

    def load_state(self, items: Iterable[tuple[Any, bytes]]) -> None:
        pass


def reader_of(make: Callable[[], Reader]) -> Reader:
    """The reader that is made; one that fails at the first record where that fails."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - see the module
        return FailedReader(error)


def event_of(form: Format, record: Record, context: Context) -> Event:
    """``Format.decode``; an event of type '' where that fails."""
    try:
        return form.decode(record, context)
    except Exception:  # noqa: BLE001 - see the module
        return Event(record.ordinal, record.offset, record.length, "")


def replayer_of(form: Format, stream: StreamKey, context: Context) -> Replayer | None:
    """``Format.replayer``; None where that fails: the stream has no state that could be shown."""
    try:
        return form.replayer(stream, context)
    except Exception:  # noqa: BLE001 - see the module
        return None


def judged_by(form: Format, event: Event, context: Context) -> Collection[str]:
    """``Format.judged_by``; nothing where that fails."""
    try:
        return form.judged_by(event, context)
    except Exception:  # noqa: BLE001 - see the module
        return ()


def panels_of(form: Format, event: Event, context: Context, stream: Sequence[Event] | None = None) -> Sequence[Panel]:
    """``Format.panels``, or ``Format.panels_in`` where the event's stream is given; one panel that says why where that
    fails."""
    try:
        if isinstance(form, AbsentFormat):
            form.reader(context)
        return form.panels(event, context) if stream is None else form.panels_in(event, stream, context)
    except Exception as error:  # noqa: BLE001 - see the module
        return [Panel("Envelope", (Field("format", form.name, _words(error)),))]


def summary_of(form: Format, event: Event) -> str:
    """``Format.summary``; '' where that fails."""
    try:
        return form.summary(event)
    except Exception:  # noqa: BLE001 - see the module
        return ""


def relations_of(form: Format, event: Event) -> Relations:
    """``Format.relations``; what the envelope holds where that fails."""
    try:
        return form.relations(event)
    except Exception:  # noqa: BLE001 - see the module
        return of_envelope(event)


def search_of(form: Format, record: Record, before: Record | None, context: Context) -> Iterator[SearchStep]:
    """``SearchingFormat.search``; of a format that has none, or that fails, ``proof_of`` as its only step."""
    if isinstance(form, SearchingFormat):
        try:
            yield from form.search(record, before, context)
            return
        except Exception as error:  # noqa: BLE001 - a format's failure costs this event's proof alone
            failed = f"The format {form.name} failed to search: {_words(error)}"
            yield SearchStep(0, 0, Proof("", Trust.UNCHECKED, failed))
            return
    yield SearchStep(0, 0, proof_of(form, record, before, context))


def kept_until(form: Format, event: Event) -> str | None:
    """``Format.kept_until``; None where that fails."""
    try:
        return form.kept_until(event)
    except Exception:  # noqa: BLE001 - see the module
        return None


def proof_of(form: Format, record: Record, before: Record | None, context: Context) -> Proof | None:
    """``Format.prove``; where that fails, a proof that says why and proves nothing."""
    try:
        return form.prove(record, before, context)
    except Exception as error:  # noqa: BLE001 - see the module
        return Proof("", Trust.UNCHECKED, f"The format {form.name} failed to prove this event: {_words(error)}")


def _words(error: Exception) -> str:
    if isinstance(error, UnknownFormatError):
        return str(error)
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:_REASON]
