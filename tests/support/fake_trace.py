"""Traces of the fake session: events of a stream cause one another, and the last of them one in another ledger."""

from typing import TYPE_CHECKING

from console.engine.trace.tree import BranchEnd, EventTrace, SharedThing, TraceNode

if TYPE_CHECKING:
    from tests.support.fake_session import Entry, FakeSession


def trace_of(session: "FakeSession", event: int) -> EventTrace:
    """The two events before it and all that come after it in its stream, one below the other."""
    entries = {entry.row.id: entry for entry in session.entries}
    if event not in entries:
        raise LookupError("The event is not in the index any more.")
    here = entries[event]
    alike = sorted(
        (each for each in session.entries if each.row.stream == here.row.stream), key=lambda each: each.row.id
    )
    at = alike.index(here)
    up: list[TraceNode] = []
    for entry in reversed(alike[max(0, at - 2) : at]):
        _last(up).append(_node("parent", entry, session))
    if at > 2:
        _last(up).append(TraceNode("approval", "gone-\x1b[31m", ending=BranchEnd.ABSENT))
    down: list[TraceNode] = []
    for entry in alike[at + 1 : at + 4]:
        _last(down).append(_node("parent", entry, session))
    other = next(each for each in session.entries if each.row.ledger == 3)
    if other.row.ledger != here.row.ledger:
        down.append(_node("gate", other, session, elsewhere=True))
    return EventTrace(
        _node("", here, session),
        tuple(up),
        tuple(down),
        (SharedThing("deal", here.row.stream_key, session.ledger_names[3], False, 12, (other.row,), None),),
        notes=("Only the nearest 500 events are shown.",),
    )


def _last(nodes: list[TraceNode]) -> list[TraceNode]:
    """What the last event of a branch causes."""
    return _last(nodes[-1].below) if nodes else nodes


def _node(how: str, entry: "Entry", session: "FakeSession", *, elsewhere: bool = False) -> TraceNode:
    return TraceNode(how, f"event-{entry.row.id}", entry.row, session.ledger_names[entry.row.ledger], elsewhere)
