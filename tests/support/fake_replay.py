"""States of the fake session's deals: what some types do, and why one of them does nothing."""

from typing import TYPE_CHECKING

from console.engine.api import StateAfter
from console.store.rows import EventRow

if TYPE_CHECKING:
    from tests.support.fake_session import FakeSession

BECOMES = {"DealCreated": "Draft", "ReviewOpened": "UnderReview", "ApprovalGranted": "Approved"}


class FakeReplay:
    """Replays ``step`` events with each advance; see ``console.engine.session.protocol.Replay``."""

    names = ("state", "actor")
    edition = 0

    def __init__(self, session: "FakeSession", stream: int, step: int = 1000) -> None:
        self._session, self._stream, self._step = session, stream, step
        self._after: list[StateAfter] = []
        self.count = self.done = 0
        self.closed = False

    async def advance(self) -> bool:
        await self._session.asked("advance")
        rows = [entry.row for entry in self._session.entries if entry.row.stream == self._stream]
        self._after = []
        state = {"state": "", "actor": ""}
        for number, row in enumerate(sorted(rows, key=lambda row: (row.time or 0, row.id)), 1):
            before, why = state, _why(state, row)
            if row.type in BECOMES and not why:
                state = {"state": BECOMES[row.type], "actor": row.actor}
            changed = {name: before[name] for name in state if state[name] != before[name]}
            self._after.append(StateAfter(number, row, state, changed, why))
        self.count = len(rows)
        self.done = min(self.count, self.done + self._step)
        return self.done < self.count

    async def steps(self, start: int, stop: int) -> list[StateAfter]:
        await self._session.asked("steps")
        return self._after[start : min(stop, self.done)]

    async def place(self, event: int) -> int | None:
        return next((at for at, each in enumerate(self._after[: self.done]) if each.row.id == event), None)

    def as_of(self, micros: int) -> int:
        return sum((each.row.time or 0) < micros for each in self._after[: self.done])

    async def close(self) -> None:
        self.closed = True


def _why(state: dict[str, str], row: EventRow) -> str:
    if row.type == "ApprovalGranted" and state["state"] == "Approved":
        return "the deal is approved already [/x]"
    return ""
