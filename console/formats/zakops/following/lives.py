"""The rules of lives, applied: each event to the streams that it is of, with findings at its record."""

from collections.abc import Iterable, Mapping
from typing import Any

from console.formats.reading.clock import step_back
from console.formats.reading.findings import EACH, Recorder, Remark
from console.formats.reading.streams import Followed
from console.formats.zakops.beside.siblings import Sibling
from console.formats.zakops.following.streams import OpenStreams, State
from console.formats.zakops.record import AUDIT, DEAL_FILE, TIMES, text
from console.formats.zakops.rules.actions import PROCESSING, ActionLife, step_action_event
from console.formats.zakops.rules.lives import Subject, step_deal, step_email, step_job, thing_of
from console.formats.zakops.rules.runs import BEGINS, RUNNING, RunLife, name_deal, step_run
from console.model.event import NO_TIME
from console.model.trust import Severity


class LivesInLedger:
    """The lives in one ledger. ``streams`` and ``findings`` are the reader's, ``past`` is the ledger's archive."""

    def __init__(self, streams: OpenStreams, findings: Recorder, past: Sibling | None) -> None:
        self._streams = streams
        self._findings = findings
        self._past = past

    def step_run(
        self,
        stream: Followed[State],
        state: RunLife,
        category: str,
        call: Any,
        payload: Mapping[str, Any] | None,
        time: int,
    ) -> None:
        """One event of a run."""
        if self._past and not state.status and category not in BEGINS and self._past.holds_run(stream.key):
            state.status, state.partial = RUNNING, True
        if category.startswith("run.tool_"):
            get = (payload or {}).get
            call = text(call or get("tool_call_id") or get("call_id"))
        remarks = step_run(state, category, call, self._findings.place, time)
        if remarks:
            self.remarks(remarks, stream.key)
        self._streams.watch(stream)

    def name_deal(self, stream: Followed[State], state: RunLife, deal: str | None, *, written: bool) -> None:
        """A run is about one deal."""
        if deal and (remark := name_deal(state, deal, written=written)):
            self.remarks([remark], stream.key)

    def life(
        self,
        category: str,
        run: str | None,
        deal: str | None,
        action: str | None,
        payload: Mapping[str, Any] | None,
        field: str,
        time: int,
    ) -> None:
        """The life of the deal, action, job or email that an event is about."""
        family = category.partition(".")[0]
        if family == "deal" and deal:
            stream = self._streams.follow("deal", deal)
            state = self._streams.touch(stream)
            if isinstance(state, Subject):
                self._lived(step_deal(state, category, payload, field), deal)
        elif family == "action" and action:
            stream = self._streams.follow("action", action)
            state = self._streams.touch(stream)
            if isinstance(state, ActionLife):
                self._lived(step_action_event(state, category, payload, field), action)
                self.working(stream, state, time, begins=category == "action.executing")
        elif family in ("worker", "email") and (found := thing_of(family, payload, run)):
            stream = self._streams.thing(family, found[0])
            state = self._streams.touch(stream)
            if isinstance(state, Subject):
                named = found[1]
                job = family == "worker"
                self._lived(
                    step_job(state, category, payload, field, named=named)
                    if job
                    else step_email(state, category, named=named),
                    run or deal or "",
                )

    def _lived(self, remarks: Iterable[Remark], stream: str) -> None:
        """Remarks on a life. Where a ledger only begins in the middle, one cause is enough for all."""
        for remark in remarks:
            begins = remark.code == "lifecycle.event-before-creation"
            self._findings.remark(remark, group="begins" if begins else stream, each=EACH, stream=stream)

    def working(self, stream: Followed[State], state: ActionLife, time: int, *, begins: bool) -> None:
        """Since when an action is in PROCESSING."""
        if begins and state.status == PROCESSING:
            state.since = time
            state.record, state.offset, state.length = self._findings.place
        self._streams.watch(stream)

    def order(self, stream: Followed[State], shape: str, time: int, *, zoned: bool) -> None:
        """The order of times in a stream."""
        if time != NO_TIME:
            if time < stream.state.last:
                self._regression(stream, shape, stream.state.last - time, naive=not zoned)
            stream.state.last = time

    def _regression(self, stream: Followed[State], shape: str, back: int, *, naive: bool) -> None:
        message = f"The time is {back / 1e6:g} s before that of the event before it in this {stream.kind}."
        severity = None
        if shape not in (AUDIT, DEAL_FILE):
            # PostgreSQL's NOW() is the start of a transaction: two that overlap may commit the other way round.
            message += " Overlapping transactions do this too."
            severity = Severity.WARNING
        remark = step_back(back, message, naive=naive, field=TIMES[shape][0], severity=severity)
        self.remarks([remark], stream.key)

    def trace(self, stream: Followed[State], correlation: str) -> None:
        """A trace has one correlation id."""
        state = stream.state
        if not isinstance(state, Subject) or state.correlation == correlation:
            return
        if not state.correlation:
            state.correlation = correlation
            self._streams.touch(stream, shown=False)
            return
        message = "The events of one trace name different correlation ids."
        remark = Remark("correlation.mismatch", message, "correlation_id", state.correlation, correlation)
        self.remarks([remark], stream.key)

    def remarks(self, remarks: Iterable[Remark], stream: str | None) -> None:
        """Findings at the record at hand; a few of each stream are listed."""
        for remark in remarks:
            self._findings.remark(remark, group=stream or "", each=EACH, stream=stream)
