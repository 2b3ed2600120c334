"""The states of one deal, made from all its events in the document's order: by createdAt, then by id.

Ledgers mostly hold events in that order, and states are made on the way (``rules.Lives``). Where one does not, all that
moves its state is put in order first, so that every container and every order of lines comes to the same state.
"""

from typing import NamedTuple

from console.formats.kernel.chain.deals import Deal
from console.formats.kernel.record import Entry
from console.formats.kernel.rules.states import SYMBOLS, TYPES, State, move
from console.model.event import NO_TIME
from console.model.trust import Severity
from console.verify.catalogue import CATALOGUE


class _Moved(NamedTuple):
    """What is kept of an event that may move the state, in the order of comparison."""

    time: int
    id: str
    ordinal: int
    symbol: int
    stage: str
    offset: int
    length: int
    sequence: int | None


def stage_of(entry: Entry) -> str:
    """The state that a row of the portal, or a line of its pack, says to be in after it; '' for none."""
    stage = (entry.document or {}).get("toState")
    return stage if isinstance(stage, str) else ""


class Projection:
    """The events of one deal that move its state. ``staged``: they name the state themselves."""

    def __init__(self, *, staged: bool) -> None:
        self._staged = staged
        self.marks: dict[int, Severity] = {}
        """How bad each event is, by ordinal."""
        self._moved: list[_Moved] = []
        self._time = NO_TIME

    def add(self, entry: Entry, worst: Severity) -> None:
        """Take one event, which is so bad already; those without a time follow the one that was taken before."""
        self.marks[entry.ordinal] = worst
        if entry.instant is not None:
            self._time = entry.instant.micros
        symbol, stage = (0, stage_of(entry)) if self._staged else (SYMBOLS.get(entry.type, 0), "")
        if symbol or stage:
            place = entry.ordinal, symbol, stage, entry.offset, entry.length, entry.sequence
            self._moved.append(_Moved(self._time, entry.event_id or "", *place))

    def run(self, deal: Deal) -> State:
        """Make the states; what a state did not allow is counted at the deal. The last state."""
        state = State()
        for each in sorted(self._moved):
            if each.stage:
                deal.stage = each.stage
                continue
            type = TYPES[each.symbol]
            state, code = move(state, type)
            if code:
                self.marks[each.ordinal] = max(self.marks[each.ordinal], CATALOGUE[code].severity)
                deal.disallow(code, type, lambda each=each: _entry(each))  # type: ignore[misc]  # bound now
        return state


def _entry(moved: _Moved) -> Entry:
    """The event as far as a finding needs it."""
    entry = Entry(moved.ordinal, moved.offset, moved.length, None, ())
    entry.sequence, entry.event_id = moved.sequence, moved.id or None
    return entry
