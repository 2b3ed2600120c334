"""The deal's state machine, as the kernel's own projection runs it, and how far it has come with each deal."""

from array import array
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import compress
from typing import NamedTuple

from console.formats.json.columns import Machines

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
STRESS = ("SM-0", "SM-1", "SM-2", "SM-3")
MOVING = (*_LEGAL, "FreezeImposed", "FreezeLifted", "ExitFinalized", "DealTerminated")
"""Types that change the state, where it allows them."""
RESTING = ("DataDisputed", "ApprovalGranted", "ApprovalDenied", "OverrideAttested")
DOCUMENTED = (*MOVING, *RESTING)
CREATION = "DealCreated"
"""The type of a deal's first event."""
UNDOCUMENTED = (CREATION, "ActorAdded", "RoleAssigned", "MaterialCreated", "MaterialUpdated", "ArtifactUploaded")
KNOWN = frozenset((*DOCUMENTED, *UNDOCUMENTED))
SYMBOLS = {type: symbol for symbol, type in enumerate((*MOVING, "DataDisputed"), 1)}
"""Numbers of the types that move a deal's state or its stress mode."""


TYPES = ("", *SYMBOLS)
"""The types by their numbers."""


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


def project(types: Iterable[str]) -> list[tuple[str, str]]:
    """State and stress mode after each event, from the start of a deal."""
    state = State()
    result = []
    for type in types:
        state = move(state, type).state
        result.append((state.name, state.stress))
    return result


class _Table(NamedTuple):
    """All states that a deal can be in, its first one first, and for each what each symbol does in it."""

    states: list[State]
    numbers: dict[State, int]
    moves: list[list[Move]]


@cache
def _table() -> _Table:
    states = [State()]
    for state in states:
        states += dict.fromkeys(after for type in SYMBOLS if (after := move(state, type).state) not in states)
    numbers = {state: number for number, state in enumerate(states)}
    return _Table(states, numbers, [[move(state, type) for type in SYMBOLS] for state in states])


class Lives:
    """The states of deals, by their code."""

    def __init__(self) -> None:
        self._table = table = _table()
        self._machines = Machines(
            [bytes([at, *(table.numbers[each.state] for each in row)]) for at, row in enumerate(table.moves)],
            [bytes([0, *(each.code != "" for each in row)]) for row in table.moves],
        )

    def get(self, code: int) -> State:
        """The state of one deal."""
        return self._table.states[self._machines.states[code]]

    def put(self, code: int, state: State) -> None:
        """Set the state of one deal."""
        self._machines.put(code, self._table.numbers[state])

    def take(self, codes: "array[int]", symbols: bytearray) -> Iterator[tuple[int, str]]:
        """Let events, in their order, move the states of their deals. Rows that a state did not allow, with the
        finding's code."""
        noted = self._machines.run(codes, symbols)
        for row in compress(range(len(noted)), noted):
            yield row, self._table.moves[noted[row] - 1][symbols[row] - 1].code


class Trace:
    """The events that move states in a segment of a ledger whose deals began before it: what moves is kept for later.

    A column each: codes of deals, symbols, and the events' ordinals and offsets.
    """

    __slots__ = ("codes", "offsets", "ordinals", "symbols")

    def __init__(self) -> None:
        self.codes = array("q")
        self.symbols = bytearray()
        self.ordinals = array("q")
        self.offsets = array("q")

    def keep(self, codes: Iterable[int], symbols: bytearray, ordinals: Iterable[int], offsets: Iterable[int]) -> None:
        """Keep events. ``symbols`` may also hold 0 for others, which the columns do not have."""
        self.codes.extend(codes)
        self.symbols += symbols.translate(None, b"\0")
        self.ordinals.extend(ordinals)
        self.offsets.extend(offsets)

    def extend(self, more: "Trace") -> None:
        """Take in what a segment behind kept."""
        self.codes += more.codes
        self.symbols += more.symbols
        self.ordinals += more.ordinals
        self.offsets += more.offsets
