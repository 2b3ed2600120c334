"""ZakOps' tables: agent events with their outbox rows."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from console.library import zakops as library
from console.library.database import insert, transaction
from console.samples.drill.planted import Planted
from console.samples.pen import Dice, Document, compact
from console.samples.zakops import review


class EventsDrill:
    """Runs that review deals, in a SQLite file."""

    def __init__(self, root: Path, dice: Dice, clock: Callable[[], datetime]) -> None:
        self._dice, self._clock = dice, clock
        self._path = root / "zakops" / "events.db"
        self._path.parent.mkdir(parents=True)
        self._events = self._reviews()
        self._done: list[Document] = []
        self._records = 0

    def healthy(self) -> None:
        event = next(self._events)
        written = library.emit_event(
            self._path,
            event["event_type"],
            event["payload"],
            event["run_id"],
            event["trace_id"],
            correlation_id=event["correlation_id"],
            causation_id=event["causation_id"],
            id=event["id"],
            created_at=self._stamp(),
        )
        self._records += 1
        self._done.append(written)
        self._publish()

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        return {"trace": self._other_deal, "cause": self._no_cause, "outbox": self._no_outbox}

    def _publish(self) -> None:
        """Deliver what is in the outbox."""
        with transaction(self._path) as connection:
            delivered = "UPDATE outbox SET published_at = ?, attempts = 1 WHERE published_at IS NULL"
            connection.execute(delivered, [self._stamp()])

    def _reviews(self) -> Iterator[Document]:
        while True:
            yield from review(self._dice, self._dice.uuid(), self._clock())

    def _stamp(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _plant(self, code: str, what: str, *, outbox: bool = True, **changed: Any) -> Planted:
        last = self._done[-1]
        row = last | {"id": self._dice.uuid(), "event_type": "deal.scored", "causation_id": last["id"]}
        row |= {"created_at": self._stamp(), "payload": compact({"score": 70, "model": "desk-2"})} | changed
        message = {name: row[name] for name in ("id", "event_type", "schema_version", "payload", "trace_id")}
        message |= {"aggregate_type": "deal", "aggregate_id": row["deal_id"], "correlation_id": row["correlation_id"]}
        with transaction(self._path) as connection:
            insert(connection, "agent_events", row)
            if outbox:
                insert(connection, "outbox", message | {"created_at": row["created_at"]})
        self._records += 1
        return Planted("zakops/events.db", self._records, code, what)

    def _other_deal(self) -> Planted:
        deal = self._dice.uuid()
        return self._plant(
            "correlation.mismatch", "an event of a trace names another deal", correlation_id=deal, deal_id=deal
        )

    def _no_cause(self) -> Planted:
        return self._plant(
            "correlation.broken-causation", "the event that caused it was left out", causation_id=self._dice.uuid()
        )

    def _no_outbox(self) -> Planted:
        return self._plant("outbox.row-missing", "it was never given to the outbox", outbox=False)
