"""Turns events into the columns of a batch, one by one or many at once, interning names on the way."""

from array import array
from collections.abc import Hashable, Sequence
from typing import Any, cast

from console.formats.reading.findings import Place
from console.model.batch import EventBatch, Names
from console.model.event import NO_TIME, StreamKey
from console.model.record import RecordBatch
from console.model.trust import Severity, Trust


class Columns:
    """The rows of the batch at hand, and a reader's name lists; one for the life of the reader."""

    __slots__ = ("actors", "batch", "further", "out", "streams", "types")

    def __init__(self) -> None:
        self.types = Names()
        self.actors = Names()
        self.streams = Names()
        self.further = Names()

    def begin(self, batch: RecordBatch) -> None:
        """What follows are rows of this batch, in its records' order."""
        self.batch = batch
        self.out = EventBatch(batch.first)

    def place(self, index: int) -> Place:
        """Where a record of the batch is."""
        return Place(self.batch.first + index, self.batch.offsets[index], self.batch.lengths[index])

    def stream(self, kind: str, key: str) -> int:
        """The code of a stream; 0 for an empty key."""
        code = self.streams.codes.get((kind, key))
        if code is None:
            return self.streams.code(StreamKey(kind, key)) if key else 0
        return code

    def set_of(self, streams: Sequence[int]) -> int:
        """The code of a set of streams' codes; 0 for none."""
        return self.further.code(tuple(streams)) if streams else 0

    def row(  # noqa: PLR0913 - one a column
        self,
        place: Place,
        *,
        time: int = NO_TIME,
        sequence: int | None = None,
        type: str = "",
        actor: str = "",
        stream: int = 0,
        further: int = 0,
        key: int = 0,
        alias: int = 0,
        mention: int = 0,
        parent: int = 0,
        trust: int = Trust.UNCHECKED,
        worst: int = Severity.NONE,
    ) -> None:
        """Append one row; see ``EventBatch``. ``stream`` and ``further`` are codes, ``type`` and ``actor`` texts."""
        self.out.add(
            place[1],
            place[2],
            time=time,
            sequence=-1 if sequence is None else sequence,
            type=self.types.code(type) if type else 0,
            actor=self.actors.code(actor) if actor else 0,
            stream=stream,
            further=further,
            key=key,
            alias=alias,
            mention=mention,
            parent=parent,
            trust=trust,
            worst=worst,
        )

    def rows(  # noqa: PLR0913 - one a column
        self,
        rows: slice,
        *,
        time: Sequence[int],
        type: "Sequence[str] | array[int]",
        stream: Sequence[int],
        trust: Sequence[int],
        actor: "Sequence[str | None] | array[int]" = (),
        key: Sequence[int] = (),
        parent: Sequence[int] = (),
        sequence: Sequence[int] = (),
        worst: Sequence[int] = (),
        further: Sequence[int] = (),
        alias: Sequence[int] = (),
        mention: Sequence[int] = (),
    ) -> None:
        """Append the rows of several records of the batch, in columns; one that is not given is empty in all of them.

        ``stream`` and ``further`` are codes; ``type`` and ``actor`` are texts, or codes in an array.
        """
        out, count = self.out, len(time)
        out.extend_late(out.further, further)
        out.extend_late(out.alias, alias)
        out.extend_late(out.mention, mention)
        out.offset.extend(self.batch.offsets[rows])
        out.length.extend(self.batch.lengths[rows])
        out.time.extend(time)
        out.sequence.extend(sequence or [-1] * count)
        out.type.extend(type if isinstance(type, array) else _codes(self.types, type))
        out.actor.extend(actor if isinstance(actor, array) else _codes(self.actors, actor or [""] * count))
        out.stream.extend(stream)
        _extend(out.key, key, count)
        _extend(out.parent, parent, count)
        out.trust.extend(trust)
        out.worst.extend(worst or bytes(count))

    def finish(self) -> EventBatch:
        """The batch's rows, with the names that came new with them."""
        out = self.out
        out.new_types = cast("list[str]", self.types.fresh)
        out.new_actors = cast("list[str]", self.actors.fresh)
        out.new_streams = cast("list[StreamKey]", self.streams.fresh)
        out.new_further = cast("list[tuple[int, ...]]", self.further.fresh)
        self.types.fresh, self.actors.fresh, self.streams.fresh, self.further.fresh = [], [], [], []
        return out


class NoRows(Columns):
    """For readers that only count: no rows are made, and no names handed over. Of the rows only the marks of their ids
    are kept (``mark_of``), by which ids that stand twice are found."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        super().__init__()
        self.marks = array("q")
        """One for each record, 0 where it has no id."""

    def row(self, place: Place, *, key: int = 0, **columns: Any) -> None:
        """Keep the mark, given as ``key``."""
        self.marks.append(key)

    def rows(self, rows: slice, *, key: Sequence[int] = (), **columns: Any) -> None:
        """Keep the marks, given as ``key``."""
        self.marks.extend(key)

    def finish(self) -> EventBatch:
        """The batch's findings alone."""
        return self.out


def _codes(names: Names, keys: Sequence[Hashable]) -> list[int]:
    """Their codes; 0 for what is empty."""
    known = names.codes
    for key in dict.fromkeys(keys):
        if key and key not in known:
            names.code(key)
    return [known[key] if key else 0 for key in keys]


def _extend(column: "array[int]", values: Sequence[int], count: int) -> None:
    """Values, or zeros where there are none."""
    if values:
        column.extend(values)
    else:
        column.frombytes(bytes(column.itemsize * count))
