"""The smallest reader on the base: lines with an id, a kind and a time, of which some are notable."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from console.formats.json.scan import Fields
from console.formats.json.times import moments, parse
from console.formats.protocol import Context, key64, keys64
from console.formats.reading.findings import Place
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.runs import Run, Typed
from console.formats.reading.streams import Streams
from console.model.event import NO_TIME, StreamKey
from console.model.ledger import StreamFacts
from console.model.record import RecordBatch
from console.model.trust import Trust

FUTURE, BACK = "order.future-timestamp", "order.time-regression"


class Line(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    kind: str
    at: str


class Lane(msgspec.Struct, array_like=True):
    events: int = 0
    last: int = NO_TIME


class LineRun(Run):
    """Lines in columns."""

    __slots__ = ("times",)

    def __init__(self, batch: RecordBatch, scan: Any, start: int, objects: Sequence[Any]) -> None:
        super().__init__(batch, scan, start, objects)
        self.times, _ = moments([each.at for each in objects])


class LineReader(LedgerReader[LineRun]):
    """``lost`` counts the records that could not be read."""

    fields = Fields("id", "kind", "at")
    types = (Typed(Line),)
    run_type = LineRun

    def __init__(self, context: Context) -> None:
        super().__init__(context, causes=3)
        self.lanes = Streams(self.columns, lambda kind: Lane)
        self.lost_records = 0

    def notable(self, run: LineRun) -> Iterator[int]:
        lasts: dict[str, int] = {}
        for row, (line, time) in enumerate(zip(run.objects, run.times, strict=True)):
            last = lasts.get(line.kind)
            if last is None:
                last = self.lanes.follow("lane", line.kind).state.last if line.kind else NO_TIME
            if not line.kind or time == NO_TIME or time > self.clock.latest or time < last:
                yield row
                lasts.clear()
            else:
                lasts[line.kind] = time

    def quiet(self, run: LineRun, low: int, high: int) -> None:
        lines = run.objects[low:high]
        codes = []
        for line, time in zip(lines, run.times[low:high], strict=True):
            lane = self.lanes.follow("lane", line.kind)
            state = self.lanes.touch(lane)
            state.events += 1
            state.last = time
            codes.append(lane.code)
        self.columns.rows(
            run.part(low, high),
            time=run.times[low:high],
            type=[line.kind for line in lines],
            stream=codes,
            key=keys64([line.id for line in lines]),
            trust=bytes((Trust.UNCHAINED,)) * len(lines),
        )

    def look(self, record: Look) -> None:
        document = record.document
        event_id, kind, at = (document.get(name) for name in ("id", "kind", "at"))
        event_id = event_id if isinstance(event_id, str) else ""
        self.findings.begin(record.place, event_id or None)
        self.problems(record.problems)
        for name, value in (("id", event_id), ("kind", kind)):
            if not isinstance(value, str):
                self.findings.count("schema.wrong-type", f"{name} is no text.", name)
        for name in document.keys() - {"id", "kind", "at"}:
            self.findings.count("schema.unknown-field", "Keys that are not known.", name)
        instant = parse(at)
        time = NO_TIME if instant is None else instant.micros
        code = 0
        if isinstance(kind, str) and kind:
            lane = self.lanes.follow("lane", kind)
            state, code = self.lanes.touch(lane), lane.code
            state.events += 1
            if time > self.clock.latest:
                self.findings.count(FUTURE, "Later than now.")
            if time != NO_TIME:
                if time < state.last:
                    self.findings.add(BACK, "Back.", group=kind, each=2, stream=kind)
                state.last = time
        self.row(
            record.place,
            time=time,
            type=kind if isinstance(kind, str) else "",
            stream=code,
            key=key64(event_id) if event_id else 0,
            trust=Trust.UNCHAINED,
        )

    def lost(self, place: Place) -> None:
        self.lost_records += 1

    def facts(self) -> list[StreamFacts]:
        return [StreamFacts(each.kind, each.key, {"events": str(each.state.events)}) for each in self.lanes.changed()]

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield from self.lanes.save()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self.lanes.restore(name, data)
