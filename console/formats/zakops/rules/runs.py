"""The life of an agent's run: started before its tools, each call answered, paused before resumed, nothing after."""

import msgspec

from console.formats.reading.findings import Place, Remark
from console.formats.reading.runs import Run
from console.formats.zakops.rules.actions import CANCELLED, COMPLETED, FAILED
from console.model.event import NO_TIME
from console.model.trust import Severity

ENDED = (COMPLETED, FAILED, CANCELLED)
"""Where a run ends."""
RUNNING, PAUSED, BEGINS = "RUNNING", "PAUSED", ("run.created", "run.started")
"""A run in its middle, one that waits, and the types that begin one."""
CALL_TTL = 600
"""Seconds after which a call without an answer counts as open too long: the time that the runner gives an action."""
_OPEN_CALLS = 256


class OpenCall(msgspec.Struct, array_like=True, gc=False):
    """A tool call without an answer: its id ('' if it has none), where it is, and when it was made."""

    name: str
    record: int
    offset: int
    length: int
    time: int = NO_TIME


class RunLife(msgspec.Struct, array_like=True):
    """``calls`` are tool calls without an answer; those beyond ``_OPEN_CALLS`` are only counted.

    ``partial``: the ledger begins in the middle of this run. ``deal`` is the first that it named.
    """

    status: str = ""
    partial: bool = False
    calls: list[OpenCall] = []
    beyond: int = 0
    last: int = NO_TIME
    deal: str = ""

    @property
    def unanswered(self) -> int:
        return len(self.calls) + self.beyond

    def facts(self) -> dict[str, str]:
        status = {"status": self.status} if self.status else {}
        return {**status, "open calls": str(self.unanswered)} if self.unanswered else status


_RUN_ENDS = {"run.completed": COMPLETED, "run.failed": FAILED, "run.cancelled": CANCELLED}
_EVENTS = frozenset(
    {
        *("run.created", "run.started", "run.paused", "run.resumed", *_RUN_ENDS),
        *("run.tool_called", "run.tool_completed", "run.tool_failed"),
        *("run.approval_required", "run.approval_granted", "run.approval_denied"),
        *("run.stream_start", "run.stream_token", "run.stream_end", "run.stream_error"),
    }
)
_NO_PLACE = Place(0, 0, 0)


def step_run(
    state: RunLife, category: str, call: str | None, place: Place = _NO_PLACE, time: int = NO_TIME
) -> list[Remark]:
    """One event of one run, by its type in the words of agent_events. Other types are no part of a run's life."""
    remarks: list[Remark] = []
    if category not in _EVENTS:
        return remarks
    before = state.status
    if before in ENDED:
        message = f"{category!r} comes after the run was {before}."
        remarks.append(Remark("lifecycle.event-after-end", message, actual=category))
        return remarks
    if category in BEGINS:
        fitting = ("",) if category == "run.created" else ("", "CREATED")
        if before not in fitting:
            remarks.append(_illegal(before, category, "not yet started"))
        state.status = "CREATED" if category == "run.created" else "STARTED"
        return remarks
    if not before:
        state.partial = True
        message = f"The ledger's first event of this run is {category!r}."
        remarks.append(Remark("lifecycle.event-before-creation", message))
    if category.startswith("run.tool_"):
        _tool(state, category, call, place, time, remarks)
    elif category == "run.resumed" and before != PAUSED and not (state.partial and before in ("", RUNNING)):
        remarks.append(_illegal(before, category, PAUSED))
    if before == PAUSED and category in ("run.paused", "run.tool_called"):
        remarks.append(_illegal(before, category, "resumed"))
    elif before == "CREATED" and category not in ("run.failed", "run.cancelled"):
        remarks.append(_illegal(before, category, "STARTED"))
    ended = _RUN_ENDS.get(category)
    if ended is not None:
        state.status = ended
    elif category == "run.paused" or (before == PAUSED and category != "run.resumed"):
        state.status = PAUSED
    else:
        state.status = RUNNING
    return remarks


TOOLS = frozenset(("run.tool_called", "run.tool_completed", "run.tool_failed"))


def step_plainly(state: RunLife, category: str, call: str, run: Run, row: int, time: int) -> bool:
    """``step_run`` for a tool call with an id, or its answer: True if it is as it should be; else nothing was done."""
    status, calls = state.status, state.calls
    if status not in (RUNNING, "STARTED"):
        return False
    if category == "run.tool_called":
        if len(calls) >= _OPEN_CALLS or any(each.name == call for each in calls):
            return False
        calls.append(OpenCall(call, *run.place(row), time))
    elif len(calls) == 1 and calls[0].name == call:
        calls.clear()
    else:
        for at, each in enumerate(calls):
            if each.name == call:
                del calls[at]
                break
        else:
            return False
    state.status = RUNNING
    return True


def _tool(state: RunLife, category: str, call: str | None, place: Place, time: int, remarks: list[Remark]) -> None:
    """A call, or an answer to one: by the call's id, else any call without one."""
    name = call or ""
    if category == "run.tool_called":
        if name and any(each.name == name for each in state.calls):
            message = "A tool call of this id is open already."
            remarks.append(Remark("lifecycle.illegal-transition", message, "tool_call_id", None, name))
        elif len(state.calls) >= _OPEN_CALLS:
            state.beyond += 1
        else:
            state.calls.append(OpenCall(name, *place, time))
        return
    if category not in ("run.tool_completed", "run.tool_failed"):
        return
    found = next((each for each in state.calls if each.name == name), None)
    if found is None:
        # An answer that names no call answers the oldest; one to a call without an id may be to that one.
        found = next((each for each in state.calls if not (name and each.name)), None)
    if found is not None:
        state.calls.remove(found)
    elif state.beyond:
        state.beyond -= 1
    elif not state.partial:
        message = "A tool's answer without a call before it."
        remarks.append(Remark("lifecycle.illegal-transition", message, "tool_call_id", None, call))


def _illegal(before: str, category: str, expected: str) -> Remark:
    return Remark(
        "lifecycle.illegal-transition",
        f"{category!r} does not fit a run that is {before}.",
        expected=expected,
        actual=before,
    )


def name_deal(state: RunLife, deal: str, *, written: bool) -> Remark | None:
    """A run is about one deal. ``written``: the row has a column for it that must hold it; else the real system's
    rehearsals are known to share runs, and it is a warning."""
    if not state.deal:
        state.deal = deal
        return None
    if state.deal == deal:
        return None
    message = "The events of one run name different deals."
    severity = None if written else Severity.WARNING
    return Remark("correlation.mismatch", message, "correlation_id", state.deal, deal, severity)
