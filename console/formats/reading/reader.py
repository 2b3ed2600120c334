"""The base of all readers of ledgers: what every system needs, once; a system adds its columns and its rules.

Most records of a ledger are healthy and alike, and a few are not. So a batch is scanned once; records that are plain go
into columns in bulk, and what is notable among them, and all that is not plain, is looked at one by one, in the order
of the ledger. Both ways must come to the same rows and findings, wherever batches begin and end: the contract test of
formats holds every reader to it.

    class ToyReader(LedgerReader[ToyRun]):
        fields = Fields("id", "kind", "at")             # asked of the scanner
        types = (Typed(ToyLine),)                       # optional: decoded objects beside the columns
        run_type = ToyRun                               # a Run with the system's own columns

        def plain(self, scan): ...                      # optional: narrow what may go in bulk
        def notable(self, run): ...                     # rows of the run to look at, rising; a generator may be lazy
        def quiet(self, run, low, high): ...            # self.columns.rows(run.part(low, high), time=…, …)
        def look(self, record): ...                     # rules: self.findings.add(…), then self.row(record, …)
        def lost(self, place): ...                      # optional: a record that cannot be read stands in the chain
        def state(self): ...                            # optional: what changed, by name or StreamKey, of plain types
        def restore(self, name, data): ...              # unpack(data, type)
        def restored(self): ...                         # optional: all items are there
        def facts(self): ...                            # StreamFacts that changed

What a format cannot do it does not have: a reader whose chains are walked again has the three methods of
``RewalkingReader``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar, cast

import msgspec

from console.formats.json import strict
from console.formats.json.scan import Fields, Flag, Scan, scan_batch
from console.formats.protocol import Context, key64
from console.formats.reading.clock import Clock
from console.formats.reading.columns import Columns
from console.formats.reading.findings import Place, Recorder
from console.formats.reading.holes import Holes
from console.formats.reading.runs import Run, Typed, decoded, stretches_of
from console.formats.reading.saved_state import pack
from console.model.batch import EventBatch
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import RecordBatch
from console.model.trust import Severity, Trust

R = TypeVar("R", bound=Run)


class Look:
    """One record to look at: its place and bytes, what is wrong with its JSON, and its document.

    ``plain``: it stood in a run, so that its JSON is proved, and what ``LedgerReader.plain`` asks of it. ``typed`` is
    then its object, where the reader has types.
    """

    __slots__ = ("_document", "place", "plain", "problems", "raw", "typed")

    def __init__(
        self,
        place: Place,
        raw: bytes,
        document: dict[str, Any] | None = None,
        problems: Sequence[strict.Problem] = (),
        *,
        plain: bool = False,
        typed: Any = None,
    ) -> None:
        self.place = place
        self.raw = raw
        self.problems = problems
        self.plain = plain
        self.typed = typed
        self._document = document

    @property
    def document(self) -> dict[str, Any]:
        """The record's object."""
        if self._document is None:
            self._document = _decode(self.raw)
        return self._document


_decode = msgspec.json.Decoder(dict[str, Any]).decode


class LedgerReader(Generic[R]):
    """Reads one ledger batch after batch; see the module, and ``console.formats.protocol.Reader``."""

    bulk: bool = True
    """False: every record is looked at one by one."""
    json_records: ClassVar[bool] = True
    """False: records are other texts than JSON, and damaged ones are not cut."""
    fields: ClassVar[Fields] = Fields()
    types: ClassVar[Sequence[Typed]] = ()
    tolerated: ClassVar[int] = Flag.WHITE_SPACE | Flag.ESCAPED_KEY
    """Flags of the scanner that records in bulk may have."""
    run_type: ClassVar[type[Run]] = Run
    profile: str | None = None
    """The settled hash profile."""

    def __init__(self, context: Context, *, causes: int | None = None) -> None:
        self.context = context
        self.clock = Clock(context.now)
        self.columns = Columns()
        self.findings = Recorder() if causes is None else Recorder(causes=causes)
        self.holes = Holes()

    def key64(self, text: str) -> int:
        """The key of an id in the index, as ``Scan.keys64`` makes them in bulk; 0 for ''."""
        return key64(text, self.context.salt) if text else 0

    # -- reading

    def read(self, batch: RecordBatch) -> EventBatch:
        """One row for each record, with trust, worst severity and findings. Never raises on content."""
        self.clock.tick()
        self.columns.begin(batch)
        at = 0
        for run in self._runs(batch) if self.bulk else ():
            self._carefully(batch, at, run.start)
            self._run(run)
            at = run.start + len(run)
        self._carefully(batch, at, len(batch))
        return self.columns.finish()

    def _runs(self, batch: RecordBatch) -> Iterator[R]:
        """Stretches of plain records."""
        scan = scan_batch(batch, self.fields, salt=self.context.salt)
        plain, objects = self.plain(scan), list[Any]()
        if self.types:
            objects = decoded(scan, plain, self.types, self.which(scan))
            if None in objects:
                plain = bytearray([each is not None for each in objects])
        for low, high in stretches_of(plain):
            whole = high - low == scan.count
            yield self.run(batch, scan if whole else scan.part(low, high), low, objects[low:high])

    def _run(self, run: R) -> None:
        low = 0
        for row in chain(self.notable(run), [len(run)]):
            if low < row:
                self.quiet(run, low, row)
            if row < len(run):
                typed = run.objects[row] if run.objects else None
                self._look(Look(run.place(row), run.raw(row), plain=True, typed=typed))
            low = row + 1

    def _carefully(self, batch: RecordBatch, low: int, high: int) -> None:
        """Records that are not plain, or whose schema needs a second look."""
        for index in range(low, high):
            place, raw = self.columns.place(index), batch.raws[index]
            if not raw and place.length:  # skipped by the source, which says why
                self.findings.begin(place)
                self.lost(place)
                self.columns.row(place, worst=Severity.ERROR)
                continue
            found = strict.decode(raw)
            if found.document is None:
                self.findings.begin(place)
                self.unreadable(place, raw, found.problems)
            else:
                self._look(Look(place, raw, found.document, found.problems))

    def _look(self, record: Look) -> None:
        self.findings.begin(record.place)
        self.look(record)

    def row(self, place: Place, *, worst: int = Severity.NONE, **columns: Any) -> None:
        """Append the row of the record at hand with its findings; see ``Columns.row``. ``worst`` may mark it worse."""
        found = self.findings
        self.columns.row(place, worst=max(worst, found.worst), **columns)
        if found.found:
            self.columns.out.findings += found.found

    def problems(self, problems: Iterable[strict.Problem], each: int | None = None) -> None:
        """Findings of what is wrong with the JSON of the record at hand; a known position moves the place there."""
        found = self.findings
        event_id, stream = found.event_id, found.stream
        for one in strict.place_problems(problems, *found.place, event_id=event_id, stream=stream):
            found.take(one, each=each)

    # -- what a system adds

    def plain(self, scan: Scan) -> bytearray:
        """Mask of the records that may go in bulk."""
        return scan.plain(self.tolerated)

    def which(self, scan: Scan) -> Sequence[int] | None:
        """Of each record, which of ``types`` it is to be decoded to; None: the first."""
        return None

    def run(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> R:
        """A run with the system's own columns."""
        made: Any = self.run_type(batch, scan, start, objects)
        return cast(R, made)

    def notable(self, run: R) -> Iterable[int]:
        """Rows of the run that need a look, rising. Rows before one are in columns when the next is asked for."""
        raise NotImplementedError

    def quiet(self, run: R, low: int, high: int) -> None:
        """Put rows ``low`` to ``high`` of the run into columns, exactly as ``look`` would one by one."""
        raise NotImplementedError

    def look(self, record: Look) -> None:
        """One record with a document: its rules, its findings, its row."""
        raise NotImplementedError

    def lost(self, place: Place) -> None:
        """A record stands here that cannot be read, or was skipped: links across it are not known."""
        self.holes.add(place)

    def unreadable(self, place: Place, raw: bytes, problems: Sequence[strict.Problem]) -> None:
        """A record without a document: its findings and its row."""
        self.problems(problems)
        if self.findings.worst > Severity.NOTE:
            self.lost(place)
            self.row(place)
        else:  # blank lines: no event is missing where they stand
            self.row(place, trust=Trust.PENDING)

    # -- what holds as of now

    def standing(self) -> list[Finding]:
        """Findings that hold as of now; all have ``standing=True``. What depends on the clock comes behind these."""
        self.clock.tick()
        return [*self.findings.standing()]

    def facts(self) -> Iterable[StreamFacts]:
        """What is known of each stream that changed since this was last asked."""
        return ()

    # -- saved state

    def state(self) -> Iterable[tuple[str | StreamKey, Any]]:
        """What changed since this was last asked: values of plain types, by a name or the stream that they are of."""
        return ()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        """Take back one item of ``state``, with ``unpack``; items come in any order."""

    def restored(self) -> None:
        """All items were taken back."""

    def take_state(self) -> Mapping[str | StreamKey, bytes]:
        """State that changed since it was last taken."""
        saved = [*self.findings.save(), *self.holes.save()]
        return {**dict(saved), **{name: pack(value) for name, value in self.state()}}

    def load_state(self, items: Iterable[tuple[str | StreamKey, bytes]]) -> None:
        """Restore what ``take_state`` gave, all of it, before the first ``read``."""
        for name, data in items:
            if not self.findings.restore(name, data) and not self.holes.restore(name, data):
                self.restore(name, data)
        self.restored()
