"""The state of an action, a deal or a run, event by event: the same rules as the checks apply, kept for showing."""

from collections.abc import Iterable, Mapping
from typing import Any

from console.formats.reading.findings import Place, Remark
from console.formats.replayer import Replayer
from console.formats.zakops.record import (
    ACTION,
    AUDIT,
    INBOX,
    OUTBOX,
    ZakopsEnvelope,
    deal_of,
    default_shape,
    read_record,
    shape_of,
    text,
)
from console.formats.zakops.rules.actions import ActionLife, step_action, step_action_event
from console.formats.zakops.rules.lives import DEAL_EVENTS, Subject, step_deal
from console.formats.zakops.rules.runs import RunLife, step_run
from console.formats.zakops.rules.trail import walk_trail
from console.model.event import NO_TIME, Event, StreamKey
from console.model.trust import Severity


def replayer(stream: StreamKey, shape: str) -> Replayer | None:
    """What rebuilds a stream of this kind; None for those that have no state."""
    if default_shape(shape) in (OUTBOX, INBOX):
        return None
    match stream.kind:
        case "action":
            return ActionReplay(shape)
        case "deal":
            return DealReplay(shape)
        case "run":
            return RunReplay(shape)
    return None


class _Replay(Replayer):
    """What the three have in common: an event is read as the reader does."""

    def __init__(self, shape: str) -> None:
        self._shape = shape

    def take(self, event: Event) -> str:
        shape = shape_of(event.document) or default_shape(self._shape)
        if shape is None or not event.type:
            return "it cannot be read"
        row = read_record(event.document, shape, deal_of(self._shape))
        return _words(self._step(event, row))

    def _step(self, event: Event, row: ZakopsEnvelope) -> Iterable[Remark]:
        raise NotImplementedError


class ActionReplay(_Replay):
    """The status machine of an action, with what its events say beside."""

    def __init__(self, shape: str) -> None:
        super().__init__(shape)
        self._life = ActionLife()
        self._beside: dict[str, str] = {}

    def _step(self, event: Event, row: ZakopsEnvelope) -> Iterable[Remark]:
        details = row.payload
        if row.shape == ACTION:
            found, remarks = walk_trail(event.document)
            self._life = found
            self._life.status = text(event.document.get("status")) or found.status
            return remarks
        self._note(row.type.removeprefix("action."), row)
        if row.shape == AUDIT:
            return step_action(self._life, row.type, details)
        return step_action_event(self._life, row.category, details, row.payload_field)

    def _note(self, event: str, row: ZakopsEnvelope) -> None:
        """What an event says beside its effect: who works on it, when it is tried again, why it failed."""
        get = (row.payload or {}).get
        for name, words in _BESIDE.items():
            if (found := text(get(name))) is not None:
                self._beside[words] = found
        if event in ("approved", "rejected", "cancelled") and row.actor:
            self._beside[f"{event} by"] = row.actor
        if event in ("completed", "created", "requeued"):
            for words in ("next attempt", "error"):
                self._beside.pop(words, None)

    def state(self) -> Mapping[str, str]:
        life = self._life
        found = {"status": life.status or "not created", "retries": str(life.retries)}
        return {**found, **self._beside}


_BESIDE = {
    "type": "type",
    "source": "source",
    "owner_id": "owner",
    "next_attempt_at": "next attempt",
    "error_code": "error",
    "reason": "reason",
}


class DealReplay(_Replay):
    """The stage of a deal, and whose events touched it."""

    def __init__(self, shape: str) -> None:
        super().__init__(shape)
        self._life = Subject()
        self._beside: dict[str, str] = {}

    def _step(self, event: Event, row: ZakopsEnvelope) -> Iterable[Remark]:
        if row.category not in DEAL_EVENTS:
            return ()
        get = (row.payload or {}).get
        if row.category == "deal.scored" and (score := text(get("score"))) is not None:
            self._beside["score"] = score
        if row.category == "deal.stage_changed" and (reason := text(get("reason"))) is not None:
            self._beside["reason"] = reason
        return step_deal(self._life, row.category, row.payload, row.payload_field)

    def state(self) -> Mapping[str, str]:
        life = self._life
        found = {"status": life.status or "not created", "stage": life.stage or "not known"}
        return {**found, **self._beside}


class RunReplay(_Replay):
    """Where a run stands, and which of its tool calls are open."""

    def __init__(self, shape: str) -> None:
        super().__init__(shape)
        self._life = RunLife()
        self._calls = 0

    def _step(self, event: Event, row: ZakopsEnvelope) -> Iterable[Remark]:
        get, inner = event.document.get, row.payload or {}
        call: Any = get("tool_call_id") or inner.get("tool_call_id") or inner.get("call_id")
        self._calls += row.category == "run.tool_called"
        if not self._life.deal:
            self._life.deal = row.correlation or row.deal or ""
        place = Place(event.ordinal, event.offset, event.length)
        time = NO_TIME if event.instant is None else event.instant.micros
        return step_run(self._life, row.category, text(call), place, time)

    def state(self) -> Mapping[str, str]:
        life = self._life
        calls = [each.name or f"in record {each.record}" for each in life.calls]
        found = {"status": life.status or "not started", "deal": life.deal or "not named"}
        found["tool calls"] = str(self._calls)
        found["open calls"] = ", ".join(calls[:_SHOWN]) or "none"
        if life.unanswered > _SHOWN:
            found["open calls"] += f" and {life.unanswered - _SHOWN} more"
        return found


_SHOWN = 5


def _words(remarks: Iterable[Remark]) -> str:
    """What was not as it should be, as one clause; notes are left out."""
    wrong = [each.message.rstrip(".") for each in remarks if each.severity is not Severity.NOTE]
    return "; ".join(f"{each[:1].lower()}{each[1:]}" for each in wrong)
