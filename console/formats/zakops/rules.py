"""The stateful rules of ZakOps, one stream at a time: a state, an event, and the remarks on it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from console.formats.reading.findings import Remark
from console.formats.reading.saved_state import unpack
from console.formats.zakops.record import read_payload, text
from console.model.event import NO_TIME
from console.model.trust import Severity

PENDING, READY, PROCESSING = "PENDING_APPROVAL", "READY", "PROCESSING"
COMPLETED, FAILED, CANCELLED = "COMPLETED", "FAILED", "CANCELLED"
UNKNOWN = "UNKNOWN"
"""Where a ledger begins in the middle of an action: any event fits."""
PROCESSING_TTL = 600
"""Seconds after which the real runner gives up an action in PROCESSING ("exceeded processing TTL (600s)")."""
STALLED = 15 * 60
"""Seconds after which a message that waits for nothing counts as stalled."""
MAX_ATTEMPTS = 5
"""Attempts of a message where its row names no max_attempts (the real table's default)."""
_OPEN_CALLS = 256
_INBOX = "inbox "
"""In names of saved items: a page of an inbox's last ids."""

ENDED = (COMPLETED, FAILED, CANCELLED)
"""Where a run ends."""
RUNNING, BEGINS = "RUNNING", ("run.created", "run.started")
"""A run in its middle, and the types that begin one."""
_ANY = frozenset({PENDING, READY, PROCESSING, COMPLETED, FAILED, CANCELLED})
TRANSITIONS: Mapping[str, tuple[frozenset[str], str | None]] = {
    "created": (frozenset({""}), PENDING),
    "inputs_updated": (frozenset({PENDING, READY}), None),
    "approved": (frozenset({PENDING}), READY),
    "execution_requested": (frozenset({READY}), None),
    "started": (frozenset({READY}), PROCESSING),
    "completed": (frozenset({PROCESSING}), COMPLETED),
    "failed": (frozenset({PROCESSING}), FAILED),
    "retry_scheduled": (frozenset({PROCESSING}), READY),
    "failed_timeout": (frozenset({PROCESSING}), FAILED),
    "unstuck": (frozenset({PROCESSING}), READY),
    "requeued": (frozenset({FAILED}), READY),
    "cancelled": (frozenset({PENDING, READY, PROCESSING}), CANCELLED),
    "hidden_from_quarantine": (_ANY, None),
    "step_approved": (_ANY, None),
}
"""Event → the statuses it may find ('' before creation), and the one it leaves (None: as it was)."""


@dataclass(slots=True)
class ActionLife:
    """``status`` '' is before creation. ``since`` is when PROCESSING began, at ``record`` and ``offset``."""

    status: str = ""
    retries: int = 0
    since: int = NO_TIME
    record: int = 0
    offset: int = 0
    length: int = 0
    last: int = NO_TIME

    def facts(self) -> dict[str, str]:
        status = {"status": self.status} if self.status else {}
        return {**status, "retries": str(self.retries)} if self.retries else status


@dataclass(slots=True)
class RunLife:
    """``calls`` are ids of tool calls without an answer, ``unnamed`` counts those without an id.

    ``partial``: the ledger begins in the middle of this run.
    """

    status: str = ""
    partial: bool = False
    calls: list[str] = field(default_factory=list)
    unnamed: int = 0
    record: int = 0
    offset: int = 0
    length: int = 0
    last: int = NO_TIME

    @property
    def unanswered(self) -> int:
        return len(self.calls) + self.unnamed

    def facts(self) -> dict[str, str]:
        status = {"status": self.status} if self.status else {}
        return {**status, "open calls": str(self.unanswered)} if self.unanswered else status


@dataclass(slots=True)
class Aggregate:
    """Messages of one aggregate, by what became of them when their rows were read."""

    delivered: int = 0
    waiting: int = 0
    dead: int = 0
    lag: int = -1
    """Seconds that the last delivered one took, or that the oldest waiting one has waited."""
    last: int = NO_TIME

    def facts(self) -> dict[str, str]:
        counts = {"delivered": self.delivered, "waiting": self.waiting, "dead": self.dead}
        facts = {name: str(count) for name, count in counts.items() if count}
        return facts if self.lag < 0 else {**facts, "lag": span(self.lag)}


@dataclass(slots=True)
class Other:
    """A deal, a consumer, or a trace: ``correlation`` is the first that a trace named."""

    last: int = NO_TIME
    stage: str = ""
    correlation: str = ""

    def facts(self) -> dict[str, str]:
        return {"stage": self.stage} if self.stage else {}


State = ActionLife | RunLife | Aggregate | Other


def step_action(state: ActionLife, event: str, details: Mapping[str, Any] | None) -> list[Remark]:
    """One audit event of one action. After a transition that is not allowed the rules go on from where it leads."""
    remarks: list[Remark] = []
    rule = TRANSITIONS.get(event)
    if rule is None:
        return remarks
    allowed, after = rule
    before = state.status
    if before not in allowed and before != UNKNOWN:
        if before:
            message = f"{event!r} does not fit an action that is {before}."
            fitting = " or ".join(sorted(allowed)) or "no event before"
            remarks.append(Remark("lifecycle.illegal-transition", message, None, fitting, before))
        else:
            message = f"The ledger's first event of this action is {event!r}."
            remarks.append(Remark("lifecycle.event-before-creation", message))
    if after is not None:
        state.status = after
    elif not before:
        state.status = READY if event == "execution_requested" else UNKNOWN
    if event == "retry_scheduled":
        count = None if details is None else details.get("retry_count")
        if type(count) is int and 0 <= count < 2**31:
            if count < state.retries:
                message = f"The retry count goes back from {state.retries} to {count}."
                remarks.append(
                    Remark(
                        "lifecycle.illegal-transition",
                        message,
                        "details.retry_count",
                        f"at least {state.retries}",
                        str(count),
                    )
                )
            state.retries = count
    elif event in ("created", "requeued"):
        state.retries = 0
    return remarks


_RUN_ENDS = {"run.completed": COMPLETED, "run.failed": FAILED, "run.cancelled": CANCELLED}


def step_run(state: RunLife, category: str, call: str | None) -> list[Remark]:
    """One event of one run, by its type in the words of agent_events. Other types are no part of a run's life."""
    remarks: list[Remark] = []
    if not category.startswith("run."):
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
    if category == "run.tool_called":
        if call is None or len(state.calls) >= _OPEN_CALLS:
            state.unnamed += 1
        else:
            state.calls.append(call)
    elif category in ("run.tool_completed", "run.tool_failed"):
        if call in state.calls:
            state.calls.remove(call)
        elif state.unnamed:
            state.unnamed -= 1
        elif not state.partial:
            message = "A tool's answer without a call before it."
            remarks.append(Remark("lifecycle.illegal-transition", message, "tool_call_id", None, call))
    elif category == "run.resumed" and before != "PAUSED" and not state.partial:
        remarks.append(_illegal(before, category, "PAUSED"))
    ended = _RUN_ENDS.get(category)
    if ended is not None:
        state.status = ended
        return remarks
    if before == "CREATED":
        remarks.append(_illegal(before, category, "STARTED"))
    state.status = "PAUSED" if category == "run.paused" else RUNNING
    return remarks


def _illegal(before: str, category: str, expected: str) -> Remark:
    return Remark(
        "lifecycle.illegal-transition",
        f"{category!r} does not fit a run that is {before}.",
        expected=expected,
        actual=before,
    )


def _unknown(event: str, place: str) -> Remark:
    return Remark(
        "schema.unknown-event-type", f"{event!r} is no known event.", f"{place}.event", severity=Severity.WARNING
    )


def walk_trail(document: Mapping[str, Any]) -> tuple[ActionLife, list[Remark]]:
    """The trail inside an action document, with a remark where it does not lead to the document's status."""
    state, remarks = ActionLife(), list[Remark]()
    trail = document.get("audit_trail")
    if not isinstance(trail, list):
        return state, remarks
    last = ""
    for position, entry in enumerate(trail):
        if not isinstance(entry, dict):
            continue
        place = f"audit_trail[{position}]"
        event, time = text(entry.get("event")) or "?", entry.get("timestamp")
        if event not in TRANSITIONS:
            remarks.append(_unknown(event, place))
        for each in step_action(state, event, read_payload(entry.get("details"))[0]):
            remarks.append(each._replace(field=f"{place}.{each.field}" if each.field else place))
        # The writer's one form of time has a fixed width: its texts order as its times do.
        if type(time) is str and len(time) == 20 and time.endswith("Z"):
            if time < last:
                message = f"{time} comes after {last}."
                remarks.append(Remark("order.time-regression", message, f"{place}.timestamp", last, time))
            last = time
    status = text(document.get("status"))
    if trail and status and state.status and status != state.status:
        remarks.append(
            Remark(
                "replay.value-discontinuity",
                f"The trail leads to {state.status}, the document says {status}.",
                "status",
                state.status,
                status,
            )
        )
    return state, remarks


class Delivery(NamedTuple):
    """What became of a message: 'delivered', 'waiting', 'stalled' or 'dead'; ``lag`` in seconds, -1 if unknown."""

    state: str
    lag: int
    attempts: int
    most: int
    why: str


def delivery(document: Mapping[str, Any], created: int, delivered: int, due: int, now: int) -> Delivery:
    """Judge an outbox row of either schema. Times in UTC microseconds, ``NO_TIME`` where there is none."""
    get = document.get
    status = get("status")
    attempts = _count(get("attempts"), 0)
    most = _count(get("max_attempts"), MAX_ATTEMPTS)
    age = -1 if created == NO_TIME else max(0, (now - created) // 1_000_000)
    if status == "dead" or get("is_dead") in (True, 1):
        reason = text(get("last_error")) or text(get("error_message")) or "no error is given"
        return Delivery("dead", age, attempts, most, f"given up after {attempts} attempts: {reason}")
    if status == "delivered" or delivered != NO_TIME:
        took = -1 if NO_TIME in (created, delivered) else max(0, (delivered - created) // 1_000_000)
        return Delivery("delivered", took, attempts, most, "")
    if attempts >= most:
        return Delivery("stalled", age, attempts, most, f"{attempts} of {most} attempts are used")
    if age > STALLED and (due == NO_TIME or due <= now):
        return Delivery("stalled", age, attempts, most, f"undelivered for {span(age)} and due")
    return Delivery("waiting", age, attempts, most, "")


def _count(value: Any, otherwise: int) -> int:
    return value if type(value) is int and 0 <= value < 2**31 else otherwise


def is_cut(deal: str, correlation: str) -> bool:
    """True if the deal's id is its correlation id, cut to the 20 characters of the real column."""
    return len(deal) == 20 and correlation.startswith(deal)


class Recent:
    """The last ids of an inbox, so that a double processing is noticed while both are near."""

    SIZE = 4096
    PAGE = 64

    def __init__(self) -> None:
        self._ring = [0] * self.SIZE
        self._count = 0
        self._where: dict[int, int] | None = {}
        self._changed: set[int] = set()

    def seen(self, key: int) -> bool:
        """True if the id of this key is among the last ones; it is remembered either way."""
        where = self._where
        if where is None:
            where = self._where = self._places()
        known = key in where
        slot = self._count % self.SIZE
        old = self._ring[slot]
        if old and where.get(old) == self._count - self.SIZE:
            del where[old]
        self._ring[slot] = key
        where[key] = self._count
        self._count += 1
        self._changed.add(slot // self.PAGE)
        return known

    def save(self) -> Iterator[tuple[str, list[Any]]]:
        """Pages that changed since this was last asked."""
        for page in self._changed:
            keys = self._ring[page * self.PAGE : (page + 1) * self.PAGE]
            yield f"{_INBOX}{page}", [self._count, keys]
        self._changed = set()

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one page, in any order; False if the item is none of ours."""
        if not name.startswith(_INBOX):
            return False
        page = int(name.removeprefix(_INBOX))
        count, keys = unpack(data, tuple[int, list[int]])
        self._ring[page * self.PAGE : (page + 1) * self.PAGE] = keys
        self._count = max(self._count, count)
        self._where = None
        return True

    def _places(self) -> dict[int, int]:
        first = max(0, self._count - self.SIZE)
        return {self._ring[number % self.SIZE]: number for number in range(first, self._count)}


def span(seconds: int) -> str:
    """A length of time in its two largest units: ``401 d 17 h``, ``3 min 8 s``, ``0 s``."""
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts: list[str] = []
    for size, unit in units:
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append(f"{number:,} {unit}" if number else "")
    return " ".join(part for part in parts[:2] if part) or "0 s"
