"""A SWARM log, the runs of SMVM and the history of Maysano's objectives."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from console.library import swarm as library
from console.samples.drill.planted import DrillLedger, Planted
from console.samples.pen import Dice, Document, compact, millis
from console.samples.smvm import STAGES, ledger_event, metadata_of, payload_of
from console.samples.swarm import TOOLS


class TracesDrill:
    """Chains of message, tool call, artifact and audit."""

    def __init__(self, root: Path, dice: Dice, clock: Callable[[], datetime]) -> None:
        self._dice, self._clock = dice, clock
        self._ledger = DrillLedger(root, "swarm/provenance.jsonl", "swarm", json.dumps)
        self._events = self._chains()

    def healthy(self) -> None:
        self._ledger.write(next(self._events).to_dict())

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        return {"id": self._wrong_id, "parent": self._orphan, "past": self._edited_past}

    def _chains(self) -> Iterator[library.LoggedEvent]:
        while True:
            agent = self._dice.pick(("desk_assistant", "research_assistant"))
            asked = library.agent_message_event(agent, "assistant", "Looking into it", **self._context())
            yield asked
            tool, rows = self._dice.pick(TOOLS), {"rows": self._dice.below(40)}
            call = library.tool_call_executed_event(
                agent, tool, {"question": 1}, rows, True, asked.provenance_id, **self._context()
            )
            yield call
            note = f"note_{self._dice.hex(6)}"
            kept = library.artifact_created_event(
                agent, note, "memory", {"title": "Answer"}, call.provenance_id, **self._context()
            )
            yield kept
            risk = {"decision": "approve", "risk": self._dice.share(0.1, 0.6)}
            yield library.audit_event("auditor", "safety", risk, kept.event_id, kept.provenance_id, **self._context())

    def _context(self) -> library.EventContext:
        """A new id and the time, without a zone: as the clock of this machine shows it."""
        return {"timestamp": self._clock().replace(tzinfo=None), "event_id": self._dice.uuid()}

    def _wrong_id(self) -> Planted:
        event = library.tool_call_executed_event("desk_assistant", "read_title_report", {}, {}, **self._context())
        changed = replace(event, payload={**event.payload, "tool_name": "update_amount"})
        return self._ledger.plant(changed.to_dict(), "provenance.id-mismatch", "the tool's name was changed")

    def _orphan(self) -> Planted:
        parent = self._dice.hex(12)
        event = library.agent_message_event("desk_assistant", "assistant", "Done", None, parent, **self._context())
        return self._ledger.plant(event.to_dict(), "reference.orphan-parent", "the event that caused it was left out")

    def _edited_past(self) -> Planted:
        what = "what an agent wrote was changed afterwards; no id covers it"
        return self._ledger.edit(b"Looking into it", b"Looked into it ", what)


class RunsDrill:
    """Validation runs, one after the other, each in its folder."""

    def __init__(self, root: Path, dice: Dice, clock: Callable[[], datetime]) -> None:
        self._root, self._dice, self._clock = root, dice, clock
        self._events = self._runs()
        self._ledger: DrillLedger
        self._written: list[Document] = []

    def healthy(self) -> None:
        event = next(self._events)
        self._ledger.write(event)
        self._written.append(event)

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        return {"twice": self._twice, "time": self._earlier, "hash": self._no_hash}

    def _runs(self) -> Iterator[Document]:
        while True:
            start = self._clock()
            run = f"RUN-{start:%Y%m%d-%H%M%S}-{self._dice.hex(8)}"
            self._ledger = DrillLedger(self._root, f"smvm/runs/{run}/events.jsonl", "smvm", json.dumps)
            self._written = []
            for kind in STAGES:
                if kind != "FLAGGED":
                    metadata = metadata_of(kind, "drill", "", self._written, self._dice)
                    payload = payload_of(kind, "drill", metadata, self._dice)
                    yield ledger_event(kind, self._clock(), run, metadata, payload, self._dice)

    def _last(self) -> Document:
        if not self._written:
            self.healthy()
        return self._written[-1]

    def _twice(self) -> Planted:
        event = self._last() | {"timestamp": self._stamp(self._clock())}
        return self._ledger.plant(event, "identity.duplicate-event-id", "an event was written twice")

    def _earlier(self) -> Planted:
        time = self._clock() - timedelta(minutes=20)
        event = self._last() | {"event_id": f"EVT-{time:%Y%m%d-%H%M%S}-{self._dice.hex(12)}"}
        return self._ledger.plant(
            event | {"timestamp": self._stamp(time)}, "order.time-regression", "the time went back by 20 minutes"
        )

    def _no_hash(self) -> Planted:
        time = self._clock()
        event = self._last() | {"event_id": f"EVT-{time:%Y%m%d-%H%M%S}-{self._dice.hex(12)}"}
        event |= {"timestamp": self._stamp(time), "data_hash": "g" * 64}
        return self._ledger.plant(event, "data.hash-malformed", "the hash of the data is none")

    @staticmethod
    def _stamp(time: datetime) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ObjectivesDrill:
    """Objectives whose target moves, each change from where the last one left it."""

    def __init__(self, root: Path, dice: Dice, clock: Callable[[], datetime]) -> None:
        self._dice, self._clock = dice, clock
        self._ledger = DrillLedger(root, "maysano/objective-history.jsonl", "maysano", compact)
        self._values: dict[str, int] = {}

    def healthy(self) -> None:
        objective = self._dice.pick(("obj-occupancy", "obj-close-days", "obj-data-quality"))
        if objective not in self._values:
            self._values[objective] = self._dice.between(60, 90)
            self._ledger.write(self._change(objective, "created", None, None, None))
            return
        old = self._values[objective]
        self._values[objective] = old + self._dice.pick((-2, -1, 1, 2))
        self._ledger.write(self._change(objective, "updated", "target", old, self._values[objective]))

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        return {"value": self._another_value, "who": self._nobody, "twice": self._created_again}

    def _change(self, objective: str, action: str, field: str | None, old: int | None, new: int | None) -> Document:
        return {
            "objectiveId": objective,
            "action": action,
            "field": field,
            "oldValue": old,
            "newValue": new,
            "summary": f"{action} {field or ''}".strip(),
            "performedBy": self._dice.pick(("maren.oduya", "priya.raman")),
            "createdAt": millis(self._clock()),
        }

    def _moved(self) -> tuple[str, int]:
        """An objective whose target was changed before."""
        objective = next(iter(self._values))
        old = self._values[objective]
        self._ledger.write(self._change(objective, "updated", "target", old, old))
        return objective, old

    def _another_value(self) -> Planted:
        objective, old = self._moved()
        self._values[objective] = old + 5
        change = self._change(objective, "updated", "target", old + 4, old + 5)
        return self._ledger.plant(change, "replay.value-discontinuity", "a change before it was left out")

    def _nobody(self) -> Planted:
        objective, old = self._moved()
        change = self._change(objective, "updated", "target", old, old) | {"performedBy": None}
        return self._ledger.plant(change, "schema.missing-field", "nobody is named who made the change")

    def _created_again(self) -> Planted:
        objective, _ = self._moved()
        change = self._change(objective, "created", None, None, None)
        return self._ledger.plant(change, "lifecycle.illegal-transition", "an objective was created twice")
