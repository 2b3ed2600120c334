"""The deal's state machine, as the kernel's own projection runs it, and how far it has come with one deal."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from console.formats.kernel.record import Entry, Group
from console.model.trust import Severity
from console.verify.catalogue import CATALOGUE

START = "Draft"
_LEGAL = {
    "ReviewOpened": {"Draft": "UnderReview"},
    "DealApproved": {"UnderReview": "Approved"},
    "ClosingReadinessAttested": {"Approved": "ReadyToClose"},
    "ClosingFinalized": {"ReadyToClose": "Closed"},
    "OperationsActivated": {"Closed": "Operating", "Resolved": "Operating"},
    "MaterialChangeDetected": {"Operating": "Changed"},
    "ChangeReconciled": {"Changed": "Operating"},
    "DistressDeclared": {"Operating": "Distressed", "Changed": "Distressed"},
    "DistressResolved": {"Distressed": "Resolved"},
}
STATES = (
    "Draft",
    "UnderReview",
    "Approved",
    "ReadyToClose",
    "Closed",
    "Operating",
    "Changed",
    "Distressed",
    "Resolved",
    "Frozen",
    "Exited",
    "Terminated",
)
MOVING = (*_LEGAL, "FreezeImposed", "FreezeLifted", "ExitFinalized", "DealTerminated")
"""Types that change the state, where it allows them."""
RESTING = ("DataDisputed", "ApprovalGranted", "ApprovalDenied", "OverrideAttested")
DOCUMENTED = (*MOVING, *RESTING)
UNDOCUMENTED = ("DealCreated", "ActorAdded", "RoleAssigned", "MaterialCreated", "MaterialUpdated", "ArtifactUploaded")
KNOWN = frozenset((*DOCUMENTED, *UNDOCUMENTED))
TRACED = {type: code for code, type in enumerate((*MOVING, "DataDisputed"))}
"""Codes of the types that move a deal's state or its stress mode."""


class State(NamedTuple):
    """Where a deal stands. ``thawed`` is the state before a freeze; ``distressed`` and ``disputed`` feed the stress."""

    name: str = START
    thawed: str = ""
    distressed: bool = False
    disputed: bool = False

    @property
    def stress(self) -> str:
        if self.name == "Frozen":
            return "SM-3"
        return "SM-2" if self.distressed else "SM-1" if self.disputed else "SM-0"


class Move(NamedTuple):
    """What one event does: the state after it, and a finding's code where the state did not allow it."""

    state: State
    code: str = ""
    name: str = ""
    """Code and type, for grouping; set in ``MOVES``."""


def move(state: State, type: str) -> Move:
    """One step of the projection. An illegal event changes no state, but it may still change the stress."""
    name = state.name
    if type == "DataDisputed":
        return Move(state._replace(disputed=True))
    if type == "DistressDeclared":
        state = state._replace(distressed=True)
    elif type == "DistressResolved":
        state = state._replace(distressed=False)
    if type == "FreezeImposed":
        if name in ("Exited", "Terminated"):
            return Move(state, "lifecycle.event-after-end")
        return Move(state if name == "Frozen" else state._replace(name="Frozen", thawed=name))
    if type == "FreezeLifted" and name == "Frozen":
        return Move(state._replace(name=state.thawed, thawed=""))
    if type == "ExitFinalized" and name != "Terminated":
        return Move(state._replace(name="Exited", thawed=""))
    if type == "DealTerminated":
        return Move(state._replace(name="Terminated", thawed=""))
    legal = _LEGAL.get(type)
    if legal is None and type not in MOVING:
        return Move(state)
    after = (legal or {}).get(name)
    if after is not None:
        return Move(state._replace(name=after))
    if name == "Frozen":
        return Move(state, "lifecycle.event-while-frozen")
    return Move(
        state, "lifecycle.event-after-end" if name in ("Exited", "Terminated") else "lifecycle.illegal-transition"
    )


class _Moves(dict[State, Mapping[str, Move | None]]):
    def __missing__(self, state: State) -> Mapping[str, Move | None]:
        found: dict[str, Move | None] = dict.fromkeys(KNOWN)
        for type in KNOWN:
            step = move(state, type)
            if step.code or step.state != state:
                found[type] = step._replace(name=f"{step.code}:{type}" if step.code else "")
        self[state] = found
        return found


MOVES: Mapping[State, Mapping[str, Move | None]] = _Moves()
"""By state, what each known type does in it: None where it is allowed and changes nothing."""


def project(types: Iterable[str]) -> list[tuple[str, str]]:
    """State and stress mode after each event, from the start of a deal."""
    state = State()
    result = []
    for type in types:
        state = move(state, type).state
        result.append((state.name, state.stress))
    return result


class Trace:
    """What moves a deal's state where its start is not known: a type's code, ordinal and offset for each event."""

    __slots__ = ("kinds", "offsets", "ordinals")

    def __init__(self) -> None:
        self.kinds = bytearray()
        self.ordinals = array("q")
        self.offsets = array("q")


class Life(msgspec.Struct, array_like=True):
    """How far the state machine has come with one deal. ``groups`` are of events that it did not allow, by
    ``code:type``. ``trace`` is set in a segment of a ledger, whose start is not known: what moves is kept for later."""

    state: State = State()
    groups: dict[str, Group] = msgspec.field(default_factory=dict)
    trace: Trace | None = None

    def step(self, type: str, ordinal: int, offset: int, entry: Callable[[], Entry]) -> Severity:
        """One event, and how bad it is. ``entry`` gives it whole, which only the first of its kind needs."""
        trace = self.trace
        if trace is not None:
            code = TRACED.get(type)
            if code is not None:
                trace.kinds.append(code)
                trace.ordinals.append(ordinal)
                trace.offsets.append(offset)
            return Severity.NONE
        step = MOVES[self.state].get(type)
        if step is None:
            return Severity.NONE
        self.state = step.state
        return self._note(step, entry) if step.code else Severity.NONE

    def join(self, after: "Life", by: int, entry: Callable[[int, int], Entry]) -> None:
        """Go on with what a neighbouring segment left open; its ordinals grow by ``by``. ``entry`` gives the event of
        an ordinal and an offset."""
        trace = after.trace
        if trace is None:
            return
        ordinals = array("q", [ordinal + by for ordinal in trace.ordinals])
        if self.trace is not None:
            self.trace.kinds += trace.kinds
            self.trace.ordinals += ordinals
            self.trace.offsets += trace.offsets
            return
        moves = MOVES[self.state]
        for at, code in enumerate(trace.kinds):
            step = moves[_TRACED[code]]
            if step is None:
                continue
            self.state = step.state
            moves = MOVES[step.state]
            if step.code:
                place = ordinals[at], trace.offsets[at]
                self._note(step, lambda place=place: entry(*place))  # type: ignore[misc]  # bound now

    def _note(self, step: Move, entry: Callable[[], Entry]) -> Severity:
        group = self.groups.get(step.name)
        if group is None:
            group = self.groups[step.name] = Group()
            group.add(entry())
        else:
            group.count += 1
        return CATALOGUE[step.code].severity


_TRACED = tuple(TRACED)
