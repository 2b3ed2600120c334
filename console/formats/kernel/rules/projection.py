"""The states of one deal, made from all its events in the document's order: by createdAt, then by id.

Ledgers mostly hold events in that order, and states are made on the way (``rules.Lives``). Where one does not, all that
moves its state is put in order first, so that every container and every order of lines comes to the same state.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from console.formats.kernel.authority.judge import Act, Judge, act_of
from console.formats.kernel.chain.deals import Deal
from console.formats.kernel.record import PACK, PROOF, TABLE, Entry, layout_of
from console.formats.kernel.rules.schema import brief
from console.formats.kernel.rules.states import SYMBOLS, TYPES, State, move
from console.formats.reading.clock import step_back
from console.formats.reading.findings import Remark
from console.formats.reading.list_order import descends
from console.model.event import NO_TIME, Instant
from console.model.trust import Severity
from console.verify.catalogue import CATALOGUE


class _Timed(NamedTuple):
    """A time that an event names, and the event."""

    instant: Instant
    entry: Entry


class _Acted(NamedTuple):
    """What is kept of an event that has to do with authority, in the order of comparison: by time, else as it came."""

    time: int
    at: int
    act: Act
    entry: Entry


class _Moved(NamedTuple):
    """What is kept of an event that may move the state, in the order of comparison."""

    time: int
    id: str
    ordinal: int
    symbol: int
    stage: str
    start: str
    offset: int
    length: int
    sequence: int | None


def stage_of(entry: Entry, name: str = "toState") -> str:
    """The state that a row of the portal, or a line of its pack, says to be in after it; '' for none."""
    stage = (entry.document or {}).get(name)
    return stage if isinstance(stage, str) else ""


def leaves(stage: str, start: str) -> Remark | None:
    """What is to be found of a row that leaves the state ``start``, where the rows before lead to ``stage``."""
    if not stage or not start or stage == start:
        return None
    text = f"The row leaves {brief(start)}, and the one before it led to {brief(stage)}."
    return Remark("lifecycle.illegal-transition", text, "fromState", brief(stage), brief(start))


class Projection:
    """The events of one deal that move its state, or that rules ask in their order. Those of the portal name the state
    themselves."""

    def __init__(self, judge: Judge, shape: str) -> None:
        self._staged = shape in (TABLE, PACK, PROOF)
        self._time_field = layout_of(shape).name("time")
        self._judge = judge
        self._acts: list[_Acted] = []
        self._links: list[_Timed] = []
        self._others: list[_Timed] = []
        self.marks: dict[int, Severity] = {}
        """How bad each event is, by ordinal."""
        self._moved: list[_Moved] = []
        self._time = NO_TIME

    def add(self, entry: Entry, worst: Severity) -> None:
        """Take one event, which is so bad already; those without a time follow the one that was taken before."""
        self.marks[entry.ordinal] = worst
        light = _light(entry)
        if entry.instant is not None:
            self._time = entry.instant.micros
            if worst < Severity.CRITICAL:  # where a link is broken, events are not in their places
                (self._links if entry.chained and entry.sequence else self._others).append(_Timed(entry.instant, light))
        if not self._staged and entry.type in self._judge.types:
            self._acts.append(_Acted(self._time, len(self._acts), act_at(entry), light))
        symbol, stage = (0, stage_of(entry)) if self._staged else (SYMBOLS.get(entry.type, 0), "")
        if symbol or stage:
            place = (
                entry.ordinal,
                symbol,
                stage,
                stage_of(entry, "fromState"),
                entry.offset,
                entry.length,
                entry.sequence,
            )
            self._moved.append(_Moved(self._time, entry.event_id or "", *place))

    def run(self, deal: Deal, whole: Callable[[int], bool]) -> State:
        """Make the states; what a state or a rule did not allow is counted at the deal. The last state. ``whole`` is
        true for ordinals before which nothing of the deal is missing."""
        state = State()
        for each in sorted(self._moved, key=_in_time) if self._staged else sorted(self._moved):
            if each.stage:
                remark = leaves(deal.stage, each.start)
                if remark is not None:
                    self._note(deal, remark, "", _entry(each))
                deal.stage = each.stage
                continue
            type = TYPES[each.symbol]
            state, code = move(state, type)
            if code:
                self.marks[each.ordinal] = max(self.marks[each.ordinal], CATALOGUE[code].severity)
                deal.disallow(code, type, lambda each=each: _entry(each))  # type: ignore[misc]  # bound now
        for acted in sorted(self._acts):
            _, remarks = self._judge.take(deal.authority, acted.act, whole=whole(acted.entry.ordinal))
            for each_remark in remarks:
                self._note(deal, each_remark, acted.act.type, acted.entry)
        self._check_times(deal)
        return state

    def _check_times(self, deal: Deal) -> None:
        """Times that go back along the chain; beside it along the ledger, which may be a list written newest first."""
        others = [] if descends(each.instant for each in self._others) else self._others
        for events in (self._links, others):
            for before, each in pairwise(events):
                back = before.instant.micros - each.instant.micros
                if back > 0:
                    text = f"{each.instant.text} comes after {before.instant.text}."
                    naive = not each.instant.zone or not before.instant.zone
                    remark = step_back(back, text, naive=naive, field=self._time_field, actual=each.instant.text)
                    self._note(deal, remark._replace(expected=None), "", each.entry)

    def _note(self, deal: Deal, remark: Remark, about: str, entry: Entry) -> None:
        worst = deal.note(remark, about, lambda: entry)
        self.marks[entry.ordinal] = max(self.marks[entry.ordinal], worst)


def act_at(entry: Entry) -> Act:
    """The act of an event of the API."""
    context = (entry.document or {}).get("authorityContext")
    return act_of(entry.type, entry.event_id or "", entry.actor or "", context, entry.payload)


def _in_time(moved: _Moved) -> int:
    return moved.time


def _light(entry: Entry) -> Entry:
    """The event as far as a finding needs it."""
    light = Entry(entry.ordinal, entry.offset, entry.length, None, ())
    light.sequence, light.event_id = entry.sequence, entry.event_id
    return light


def _entry(moved: _Moved) -> Entry:
    """The event as far as a finding needs it."""
    entry = Entry(moved.ordinal, moved.offset, moved.length, None, ())
    entry.sequence, entry.event_id = moved.sequence, moved.id or None
    return entry
