"""The life of one batch auto-setup: phases, their totals, tables that run at once, and how it ended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.maysano.rules.capture import item_of, total_of
from console.formats.reading.findings import Remark

PHASES = {
    "recommend_phase_start": 0,
    "recommend_start": 1,
    "recommend_complete": 1,
    "recommend_error": 1,
    "recommend_phase_done": 2,
    "create_phase_start": 3,
    "create_progress": 4,
    "create_error": 4,
    "create_phase_done": 5,
    "run_start": 6,
    "run_complete": 7,
    "done": 8,
    "error": 8,
}
"""The documented events in the documented order; those of one number may interleave."""
_OPEN = 4096
"""Tables that are followed by name at one time; more are counted without one."""


@dataclass(slots=True)
class Phase:
    """One phase: announced ``total`` (-1: none), done, failed, and how often each name is under way.

    ``unnamed`` are those under way without a name.
    """

    started: bool = False
    total: int = -1
    done: int = 0
    failed: int = 0
    open: dict[str, int] = field(default_factory=dict)
    unnamed: int = 0

    @property
    def words(self) -> str:
        return f"{self.done + self.failed}/{'?' if self.total < 0 else self.total}"


@dataclass(slots=True)
class Operation:
    """``reached`` is the furthest place in ``PHASES``; ``ended`` is 'done', 'error' or ''. ``first`` and ``last`` are
    times (UTC microseconds); ``record``, ``offset`` and ``length`` are the last event's place."""

    events: int = 0
    reached: int = -1
    phase: str = ""
    ended: str = ""
    recommend: Phase = field(default_factory=Phase)
    create: Phase = field(default_factory=Phase)
    run: Phase = field(default_factory=Phase)
    first: int | None = None
    last: int | None = None
    record: int = 0
    offset: int = 0
    length: int = 0

    def facts(self) -> dict[str, str]:
        """Status, phase, progress, errors and the seconds between the first and the last time that is named."""
        facts = {"status": {"done": "done", "error": "failed"}.get(self.ended, "running"), "phase": self.phase}
        for name, phase in (("recommend", self.recommend), ("create", self.create)):
            if phase.started or phase.done or phase.failed:
                facts[name] = phase.words
        if under_way := sum(self.recommend.open.values()) + self.recommend.unnamed:
            facts["under way"] = str(under_way)
        if failed := self.recommend.failed + self.create.failed:
            facts["errors"] = str(failed)
        if self.first is not None and self.last is not None:
            facts["elapsed"] = f"{(self.last - self.first) / 1_000_000:g} s"
        return facts


def step(operation: Operation, name: str, data: Mapping[str, Any]) -> list[Remark]:
    """One event of the capture. Names that are not documented change nothing."""
    remarks: list[Remark] = []
    operation.events += 1
    if operation.ended:
        message = f"{name!r} comes after the operation ended with {operation.ended!r}."
        remarks.append(Remark("lifecycle.event-after-end", message, actual=name[:200]))
        return remarks
    place = PHASES.get(name)
    if place is None:
        return remarks
    if name in ("done", "error"):
        operation.ended = name
        return remarks
    if place < operation.reached:
        message = f"{name!r} comes after a later phase ({operation.phase}) began."
        remarks.append(Remark("operation.phase-order", message, expected=operation.phase, actual=name))
    else:
        operation.reached = place
        operation.phase = name.partition("_")[0]
    if name.startswith("run_"):
        _run(operation.run, name, remarks)
    else:
        _phase(operation.recommend if name.startswith("recommend_") else operation.create, name, data, remarks)
    return remarks


def _run(run: Phase, name: str, remarks: list[Remark]) -> None:
    if name == "run_start":
        run.started = True
    elif not run.started:
        run.started = True
        remarks.append(Remark("operation.unstarted", "'run_complete' without a 'run_start' before it."))


def _phase(phase: Phase, name: str, data: Mapping[str, Any], remarks: list[Remark]) -> None:
    kind, _, what = name.partition("_")
    if what == "phase_start":
        phase.started = True
        total = total_of(data)
        phase.total = -1 if total is None else total
        return
    if not phase.started:
        phase.started = True
        remarks.append(Remark("operation.unstarted", f"{name!r} without a '{kind}_phase_start' before it."))
    if what == "phase_done":
        return
    item = item_of(data)
    if what == "start":
        if item is None or (item not in phase.open and len(phase.open) >= _OPEN):
            phase.unnamed += 1
        else:
            phase.open[item] = phase.open.get(item, 0) + 1
        return
    if kind == "recommend" and not _finish(phase, item):
        message = f"{name!r} of {item or 'a table'} without its 'recommend_start'."
        remarks.append(Remark("operation.unstarted", message, "data", None, item))
    if what == "error":
        phase.failed += 1
    else:
        phase.done += 1
    if 0 <= phase.total < phase.done + phase.failed:
        message = f"The {kind} phase has more ends than it announced."
        remarks.append(
            Remark("operation.over-total", message, expected=str(phase.total), actual=str(phase.done + phase.failed))
        )


def _finish(phase: Phase, item: str | None) -> bool:
    """Take one item off those under way: itself, or where names are missing any; False if there is none."""
    if item is not None and item in phase.open:
        name = item
    elif phase.unnamed:
        phase.unnamed -= 1
        return True
    elif item is None and phase.open:
        name = next(iter(phase.open))
    else:
        return False
    phase.open[name] -= 1
    if not phase.open[name]:
        del phase.open[name]
    return True
