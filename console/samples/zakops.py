"""ZakOps: the action audit, agent events with their traces, and the outbox that reached nobody."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from console.samples import story
from console.samples.pen import Dice, Document, after, at, compact, database, lines, micros, seconds, write

AUDIT_SCHEMA = """
CREATE TABLE IF NOT EXISTS action_audit_events (
  audit_id TEXT PRIMARY KEY,
  action_id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  event TEXT NOT NULL,
  actor TEXT NOT NULL,
  details TEXT
);
CREATE INDEX idx_audit_action_id ON action_audit_events(action_id);
CREATE INDEX idx_audit_timestamp ON action_audit_events(timestamp DESC);
"""
EVENTS_SCHEMA = """
CREATE TABLE agent_events (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL, trace_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT,
  event_type VARCHAR(100) NOT NULL, schema_version INT NOT NULL DEFAULT 1, payload TEXT NOT NULL, deal_id TEXT,
  action_id TEXT, created_at TEXT NOT NULL
);
CREATE TABLE outbox (
  id TEXT PRIMARY KEY, aggregate_type VARCHAR(50) NOT NULL, aggregate_id TEXT NOT NULL,
  event_type VARCHAR(100) NOT NULL,
  schema_version INT NOT NULL DEFAULT 1, payload TEXT NOT NULL, trace_id TEXT, correlation_id TEXT,
  created_at TEXT NOT NULL, published_at TEXT, attempts INT NOT NULL DEFAULT 0, last_error TEXT,
  is_dead BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE inbox (event_id TEXT PRIMARY KEY, event_type VARCHAR(100) NOT NULL, processed_at TEXT NOT NULL);
"""
CAPABILITIES = ("DOCUMENT.SUMMARISE", "EMAIL.REVIEW", "DEAL.SCORE", "DOCUMENT.REQUEST")
RUNNER = "actions_runner"


def write_all(root: Path) -> None:
    """Every ZakOps sample, into ``root``."""
    rows = sorted(_audit_rows(), key=lambda row: row[2])
    database(root / "ingest_state.db", AUDIT_SCHEMA, {"action_audit_events": rows})
    history = _by_time(event for number in range(40) for event in _run(number))
    write(root / "agent_events.jsonl", lines(map(compact, history)))
    events = _by_time(event for number in range(40, 52) for event in _run(number)) + _change_of_amount()
    tables: dict[str, list[tuple[object, ...]]] = {
        "agent_events": [(*(compact(v) if k == "payload" else v for k, v in event.items()),) for event in events],
        "outbox": [_outbox_row(event) for event in events],
        "inbox": [
            (e["id"], e["event_type"], micros(_later(e, 4)))
            for e in events
            if e["created_at"] < micros(story.EDITED_AT)
        ],
    }
    database(root / "events.db", EVENTS_SCHEMA, tables)


AuditRow = tuple[str, str, str, str, str, str]


def _audit_rows() -> Iterator[AuditRow]:
    """Actions with the lives that the status machine allows, and one that was started without approval."""
    for number in range(60):
        dice = Dice(f"zakops/action/{number}")
        start = after(at("2025-10-01 08:00"), dice.between(0, 13 * 86400))
        action = f"ACT-{start:%Y%m%dT%H%M%S}-{dice.hex(8)}"
        yield from _audited(action, start, dice, _life(dice))
    forced: list[tuple[str, str, Document]] = [
        (
            "created",
            "chat:desk",
            {"source": "chat", "type": "DEAL.UPDATE_AMOUNT", "capability_id": "deal.update_amount.v1"},
        ),
        ("started", RUNNER, {"owner_id": "runner:2207:5ac1"}),
        ("completed", RUNNER, {"status": "COMPLETED", "error_code": None}),
    ]
    yield from _audited(story.ACTION_ID, story.EDITED_AT, Dice("zakops/forced"), forced, pause=8)


def _audited(
    action: str, time: datetime, dice: Dice, life: list[tuple[str, str, Document]], *, pause: int = 600
) -> Iterator[AuditRow]:
    for event, actor, details in life:
        yield dice.uuid(), action, seconds(time), event, actor, compact(details)
        time = after(time, dice.between(0, pause))


def _life(dice: Dice) -> list[tuple[str, str, Document]]:
    kind = dice.pick(CAPABILITIES)
    created = {"source": "chat", "type": kind, "capability_id": kind.lower() + ".v1"}
    life: list[tuple[str, str, Document]] = [("created", "chat:desk", created)]
    if dice.below(4) == 0:
        life.append(("inputs_updated", "priya.raman", {}))
    if dice.below(8) == 0:
        return [*life, ("cancelled", "priya.raman", {"reason": "duplicate"})]
    life += [
        ("approved", "maren.oduya", {}),
        ("execution_requested", "maren.oduya", {"next_attempt_at": "2025-10-01T08:00:00Z"}),
    ]
    started: tuple[str, str, Document] = (
        "started",
        RUNNER,
        {"owner_id": f"runner:{dice.between(1000, 3000)}:{dice.hex(4)}"},
    )
    fate = dice.below(8)
    if fate == 0:
        retry: Document = {
            "retry_count": 1,
            "next_attempt_at": "2025-10-01T08:05:00Z",
            "error_code": "dependency_unavailable",
        }
        life += [started, ("retry_scheduled", RUNNER, retry)]
    elif fate == 1:
        life += [started, ("failed", RUNNER, {"status": "FAILED", "error_code": "dependency_unavailable"})]
        life.append(
            ("requeued", "priya.raman", {"reason": "requeue", "previous_error": {"code": "dependency_unavailable"}})
        )
    elif fate == 2:
        life += [started, ("unstuck", "operator", {"reason": "runner restarted"})]
    return [*life, started, ("completed", RUNNER, {"status": "COMPLETED", "error_code": None})]


def _by_time(events: Iterator[Document]) -> list[Document]:
    return sorted(events, key=lambda event: str(event["created_at"]))


class AgentRun:
    """One agent's run on a deal: its events share a trace, each caused by the one before."""

    def __init__(self, dice: Dice, deal: str, trace: str, action: str | None, start: datetime) -> None:
        self.dice, self.deal, self.trace, self.action, self.time = dice, deal, trace, action, start
        self.run = dice.uuid()
        self.events: list[Document] = []

    def add(self, event_type: str, payload: Document) -> None:
        self.time = after(self.time, self.dice.between(100_000, 60_000_000) / 1_000_000)
        self.events.append(
            {
                "id": self.dice.uuid(),
                "run_id": self.run,
                "trace_id": self.trace,
                "correlation_id": self.deal,
                "causation_id": self.events[-1]["id"] if self.events else None,
                "event_type": event_type,
                "schema_version": 1,
                "payload": payload,
                "deal_id": self.deal,
                "action_id": self.action,
                "created_at": micros(self.time),
            }
        )


def _run(number: int) -> list[Document]:
    dice = Dice(f"zakops/run/{number}")
    deal = Dice(f"zakops/deal/{number % 9}").uuid()
    return review(dice, deal, after(at("2025-10-02 08:00"), number * 20_000 + dice.between(0, 15_000)))


def review(dice: Dice, deal: str, start: datetime) -> list[Document]:
    """The events of a run that reviews a deal."""
    run = AgentRun(dice, deal, dice.uuid(), None, start)
    run.add("run.started", {"agent": "desk", "goal": "weekly review"})
    for _ in range(dice.between(1, 4)):
        call = {"tool_name": dice.pick(("search_mail", "read_document", "score_deal")), "tool_call_id": dice.uuid()}
        run.add("run.tool_called", call | {"arguments": {"deal": deal}})
        run.add("run.tool_completed", call | {"result": {"items": dice.below(30)}})
    if dice.below(4) == 0:
        run.add("run.paused", {"reason": "waiting for approval"})
        run.add("run.resumed", {"by": "maren.oduya"})
    run.add("deal.scored", {"score": dice.between(40, 95), "model": "desk-2"})
    run.add("run.completed", {"status": "completed"})
    return run.events


def _change_of_amount() -> list[Document]:
    """The run that raised the amount of Harbour Point."""
    run = AgentRun(Dice("zakops/change"), story.DEAL_ID, story.TRACE_ID, story.ACTION_ID, story.EDITED_AT)
    run.add("run.started", {"agent": "desk", "goal": "bring the amount in line with the papers"})
    call: Document = {"tool_name": "update_deal_amount", "tool_call_id": run.dice.uuid()}
    run.add("run.tool_called", call | {"arguments": {"deal": story.DEAL_ID, "approvedAmount": story.CLAIMED}})
    run.add("run.tool_completed", call | {"result": {"status": "written"}})
    run.add("deal.updated", {"field": "approvedAmount", "old": story.APPROVED, "new": story.CLAIMED})
    run.add("action.completed", {"action_id": story.ACTION_ID, "status": "COMPLETED"})
    run.add("run.completed", {"status": "completed"})
    return run.events


def _later(event: Document, minutes: int) -> datetime:
    return after(datetime.fromisoformat(str(event["created_at"])), minutes * 60)


def _outbox_row(event: Document) -> tuple[object, ...]:
    """Delivered within a minute, but for two: the notice of the changed amount is dead, the one after it stuck."""
    published: str | None = micros(_later(event, 1))
    attempts, error, dead = 1, None, 0
    if event["trace_id"] == story.TRACE_ID and event["event_type"] == "deal.updated":
        published, attempts, error, dead = None, 5, "550 mailbox audit-desk does not exist", 1
    elif event["trace_id"] == story.TRACE_ID and event["event_type"] == "action.completed":
        published, attempts, error = None, 2, "timeout"
    kind, key = ("run", event["run_id"]) if event["event_type"].startswith("run.") else ("deal", event["deal_id"])
    return (
        event["id"], kind, key, event["event_type"], 1, compact(event["payload"]), event["trace_id"],
        event["correlation_id"], event["created_at"], published, attempts, error, dead,
    )  # fmt: skip
