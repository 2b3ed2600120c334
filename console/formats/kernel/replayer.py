"""The state of one deal, event by event, in the order in which the kernel's own projection takes them.

Each approval, override and material has a name of its own, so that a step shows what it alone changed. Rows of the
portal name the state themselves, and come in the order of their numbers.
"""

from collections.abc import Mapping
from typing import Any

from console.formats.kernel.authority.judge import Authority, Judge, act_of
from console.formats.kernel.record import PACK, PROOF, TABLE
from console.formats.kernel.rules.projection import leaves
from console.formats.kernel.rules.states import CREATION, State, move
from console.model.event import NO_TIME, Event

_WHY = {
    "lifecycle.illegal-transition": "the state {} does not allow it",
    "lifecycle.event-after-end": "the deal is {}",
    "lifecycle.event-while-frozen": "the deal is {}",
}


class DealReplayer:
    """See ``console.formats.replayer.Replayer``."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._state = State()
        self._begun = False
        self._name = ""
        self._authority = Authority()

    def order(self, event: Event) -> Any:
        return NO_TIME if event.instant is None else event.instant.micros, event.event_id or "", event.ordinal

    def take(self, event: Event) -> str:
        before = self._state.name
        self._begun = True
        payload = event.document.get("payload")
        if event.type == CREATION and isinstance(payload, dict) and isinstance(name := payload.get("name"), str):
            self._name = name
        self._state, code = move(self._state, event.type)
        if event.type in self._judge.types:
            context = event.document.get("authorityContext")
            act = act_of(event.type, event.event_id or "", event.actor or "", context, payload)
            self._judge.take(self._authority, act)
        return _WHY[code].format(before) if code else ""

    def state(self) -> Mapping[str, str]:
        state, authority = self._state, self._authority
        found = {
            "state": state.name if self._begun else "not created",
            "stress mode": state.stress if self._begun else "",
            "before freeze": state.thawed,
            "distressed": "yes" if state.distressed else "no",
            "disputed": "yes" if state.disputed else "no",
            "name": self._name,
        }
        for action, by in authority.grants.items():
            found[f"{action} approvals"] = str(sum(grant.count for grant in by.values()))
        for action, ids in authority.overrides.items():
            found[f"{action} overrides"] = str(len(ids))
        return found | self._materials()

    def _materials(self) -> dict[str, str]:
        """The best truth at hand, by the material's type: what a gate asks for."""
        rank = self._judge.rules.truth.index
        found: dict[str, str] = {}
        for paper in self._authority.papers.values():
            found[paper.type] = max(found.get(paper.type, paper.truth), paper.truth, key=rank)
        return found


class PortalReplayer:
    """The same for the portal's rows."""

    def __init__(self) -> None:
        self._stage = ""

    def order(self, event: Event) -> Any:
        return -1 if event.sequence is None else event.sequence, event.ordinal

    def take(self, event: Event) -> str:
        start, stage = event.document.get("fromState"), event.document.get("toState")
        remark = None
        if isinstance(stage, str) and stage:
            remark = leaves(self._stage, start) if isinstance(start, str) else None
            self._stage = stage
        return "" if remark is None else f"it leaves {remark.actual}, and the deal was in {remark.expected}"

    def state(self) -> Mapping[str, str]:
        return {"state": self._stage}


def replayer_of(shape: str, judge: Judge) -> DealReplayer | PortalReplayer:
    """A replayer for a ledger of this shape."""
    return PortalReplayer() if shape in (TABLE, PACK, PROOF) else DealReplayer(judge)
