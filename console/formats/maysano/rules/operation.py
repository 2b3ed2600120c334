"""The life of one batch auto-setup: phases, their totals, tables that run at once, and how it ended. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.formats.maysano.rules.capture import PHASES, items_of, odd_total, total_of
from console.formats.reading.findings import Remark

_START = {"recommend": "recommend_phase_start", "create": "create_phase_start", "run": "run_start"}
_END = {"recommend": "recommend_phase_done", "create": "create_phase_done", "run": "run_complete"}
_BEGINS = {kind: name.partition("_")[2] for kind, name in _START.items()}
_ORDER = "operation.phase-order"
_UNFINISHED = "operation.interrupted"
_NAMED = 5
"""Tables under way that a message names."""
_OPEN = 4096
"""Tables that are followed by name at one time; more are counted without one."""


@dataclass(slots=True)
class Phase:
    """One phase: announced ``total`` (-1: none), done, failed, and how often each name is under way.

    ``others`` are further names of those under way, ``unnamed`` how many of them have none.
    """

    started: bool = False
    ended: bool = False
    total: int = -1
    done: int = 0
    failed: int = 0
    open: dict[str, int] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    unnamed: int = 0

    @property
    def words(self) -> str:
        return f"{self.done + self.failed}/{'?' if self.total < 0 else self.total}"

    @property
    def empty(self) -> bool:
        """True if it ended with nothing to go on with."""
        return self.ended and self.done == 0

    @property
    def under_way(self) -> int:
        """Items that were started and have no end."""
        return sum(self.open.values()) + self.unnamed

    def lacks(self) -> Iterator[str]:
        """What is missing for it to be complete, in words."""
        ends = self.done + self.failed
        if 0 <= ends < self.total:
            yield f"{self.total - ends} of {self.total} have no end"
        if self.under_way:
            names = ", ".join(list(self.open)[:_NAMED])
            yield f"{self.under_way} under way{f' ({names})' if names else ''}"


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

    @property
    def phases(self) -> tuple[tuple[str, Phase], ...]:
        """In their order, by name."""
        return ("recommend", self.recommend), ("create", self.create), ("run", self.run)

    def facts(self) -> dict[str, str]:
        """Status, phase, progress, errors and the seconds between the first and the last time that is named."""
        facts = {"status": {"done": "done", "error": "failed"}.get(self.ended, "running"), "phase": self.phase}
        for name, phase in self.phases[:2]:
            if phase.started or phase.done or phase.failed:
                facts[name] = phase.words
        if under_way := self.recommend.under_way:
            facts["under way"] = str(under_way)
        if failed := self.recommend.failed + self.create.failed:
            facts["errors"] = str(failed)
        if self.first is not None and self.last is not None:
            facts["elapsed"] = f"{(self.last - self.first) / 1_000_000:g} s"
        return facts

    def lacks(self) -> list[str]:
        """What is missing for all of it to be done, in words. Where nothing was recommended no check is created, and
        where none was created none runs."""
        found = []
        wanted = True
        for name, phase in self.phases:
            if wanted or phase.started:
                if not phase.started:
                    found.append(f"the {name} phase did not begin")
                elif not phase.ended:
                    found.append(f"the {name} phase has no end")
                found += [f"{name}: {lack}" for lack in phase.lacks()]
            wanted = wanted and not phase.empty
        return found


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
        if name == "done" and (lacks := operation.lacks()):
            message = f"The operation is reported as done, but {'; '.join(lacks)}."
            remarks.append(Remark(_UNFINISHED, message, actual=name))
        return remarks
    if place < operation.reached:
        message = f"{name!r} comes after a later phase ({operation.phase}) began."
        remarks.append(Remark(_ORDER, message, expected=operation.phase, actual=name))
    else:
        operation.reached = place
        operation.phase = name.partition("_")[0]
    kind, _, what = name.partition("_")
    phases = operation.phases
    number = [each for each, _ in phases].index(kind)
    phase = phases[number][1]
    begins = what == _BEGINS[kind]
    ready = not number or phases[number - 1][1].ended or any(each.empty for _, each in phases[:number])
    if begins and not phase.started and not ready:
        before = phases[number - 1][0]
        message = f"{name!r} comes before the end of the {before} phase."
        remarks.append(Remark(_ORDER, message, expected=_END[before], actual=name))
    if begins and phase.started:
        remarks.append(Remark(_ORDER, f"The {kind} phase begins twice.", actual=name))
    elif not begins and not phase.started:
        remarks.append(Remark("operation.unstarted", f"{name!r} without a '{_START[kind]}' before it."))
    elif name == _END[kind] and phase.ended:
        remarks.append(Remark(_ORDER, f"The {kind} phase ends twice.", actual=name))
    phase.started = True
    if name == _END[kind]:
        phase.ended = True
        if kind != "run" and (missing := "; ".join(phase.lacks())):
            message = f"The {kind} phase is reported as done, but {missing}."
            remarks.append(Remark(_UNFINISHED, message, actual=name))
    elif begins and kind != "run":
        total = total_of(data, kind)
        phase.total = -1 if total is None else total
        odd = odd_total(data, kind)
        if odd is not None:
            remarks.append(odd)
    elif not begins:
        _item(phase, kind, name, data, remarks)
    return remarks


def _item(phase: Phase, kind: str, name: str, data: Mapping[str, Any], remarks: list[Remark]) -> None:
    """A table or check begins or ends."""
    items, what = items_of(data), name.partition("_")[2]
    if what == "start":
        _begin(phase, items)
        return
    if kind == "recommend" and not _finish(phase, items):
        item = items[0] if items else None
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


def _begin(phase: Phase, items: Sequence[str]) -> None:
    """One more item under way, by its first name; it may end by another."""
    if not items or (items[0] not in phase.open and len(phase.open) >= _OPEN):
        phase.unnamed += 1
        return
    phase.open[items[0]] = phase.open.get(items[0], 0) + 1
    for other in items[1:]:
        phase.others[other] = items[0]


def _finish(phase: Phase, items: Sequence[str]) -> bool:
    """Take one item off those under way: itself, or where names are missing any; False if there is none."""
    known = (each if each in phase.open else phase.others.get(each, "") for each in items)
    name = next((each for each in known if each in phase.open), None)
    if name is None and phase.unnamed:
        phase.unnamed -= 1
        return True
    if name is None and not items and phase.open:
        name = next(iter(phase.open))
    if name is None:
        return False
    phase.open[name] -= 1
    if not phase.open[name]:
        del phase.open[name]
    if not phase.open:
        phase.others.clear()
    return True
