"""The state of a run, event by event: how far it came, what was flagged, what was decided and stored. And that of an
entity of the memory store."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from console.formats.json.times import iso
from console.formats.smvm.record import LEDGER, shape_of, text
from console.formats.smvm.rules.retention import COLD, HOT, NEVER, WARM, due_text, tier
from console.formats.smvm.rules.runs import DECIDED, FLAGS, RANKS, STAGES
from console.model.event import NO_TIME, Event


def in_time(event: Event) -> tuple[int, int]:
    """Events in the order of their times; those of one time, and those without one, as they stand in the ledger."""
    return NO_TIME if event.instant is None else event.instant.micros, event.ordinal


class RunReplayer:
    """See ``console.formats.replayer.Replayer``. Ledger events and steps of the command line count alike.

    A run's events are kept for different times: what holds for it is the strictest of them. ``now`` is the moment as of
    which its storage tier is shown.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self._events = 0
        self._latest: dict[str, int] = {}
        """By type, the time of its latest event."""
        self._stages: Counter[str] = Counter()
        self._rank = 0
        self._flags: Counter[str] = Counter()
        self._escalate = False
        self._found: dict[str, str] = {}
        self._steps: Counter[str] = Counter()
        self._spans: set[str] = set()

    def order(self, event: Event) -> tuple[int, int]:
        return in_time(event)

    def take(self, event: Event) -> str:
        self._events += 1
        if event.instant is not None:
            self._latest[event.type] = max(event.instant.micros, self._latest.get(event.type, event.instant.micros))
        if shape_of(event.document) != LEDGER:
            return self._step(event)
        self._spans.add(text(event.document, "span_id"))
        metadata, provenance = (_part(event, name) for name in ("metadata", "provenance"))
        if event.type == "FLAGGED":
            level = text(metadata, "severity_level")
            self._flags[level if level in FLAGS[1:] else "unknown"] += 1
            self._escalate |= metadata.get("escalation_required") is True
            return ""
        rank = RANKS.get(event.type)
        if rank is None:
            return f"{event.type or 'the event'} is no stage"
        self._stages[event.type] += 1
        if event.type == "DECIDED":
            self._found["decision"] = text(metadata, "recommended_action") or "(none named)"
            self._found["confidence"] = str(metadata.get("confidence_level", ""))
        elif event.type == "PERSISTED":
            self._found["stored in"] = text(metadata, "storage_location") or text(metadata, "storage_type")
            self._found["integrity check"] = "passed" if provenance.get("integrity_check_passed") is True else "failed"
            self._found["replication"] = text(provenance, "replication_status")
        if rank < self._rank:
            return f"it comes after {STAGES[self._rank - 1]}, which is a later stage"
        self._rank = rank
        if rank == DECIDED and not self._stages["ANALYZED"]:
            return "nothing was analyzed before the decision"
        return ""

    def _step(self, event: Event) -> str:
        step = text(event.document, "step_name")
        self._steps[event.type] += 1
        self._found["last step"] = f"{step} {event.type}".strip()
        return ""

    def state(self) -> Mapping[str, str]:
        found = {}
        if self._stages or self._flags:
            missing = [name for name in STAGES[: self._rank] if not self._stages[name]]
            found["stage"] = STAGES[self._rank - 1] if self._rank else "none"
            found["kept"] = _kept(self._latest) or "unknown"
            found["tier"] = _tier(self._latest, self._now) or "unknown"
            found["stages"] = f"{sum(1 for name in STAGES if self._stages[name])} of {len(STAGES)}"
            found["repeated stages"] = ", ".join(f"{name} ×{n}" for name, n in self._stages.items() if n > 1) or "none"
            found["missing"] = ", ".join(missing) or "none"
            found["spans"] = str(len(self._spans))
            worst = [name for name in (*reversed(FLAGS[1:]), "unknown") if self._flags[name]]
            found["flagged"] = ", ".join(f"{self._flags[name]} {name}" for name in worst) or "none"
            found["escalation"] = "required" if self._escalate else "none"
        for kind in sorted(self._steps):
            found[kind] = str(self._steps[kind])
        last = {"last step": self._found["last step"]} if "last step" in self._found else {}
        return last | found | {"events": str(self._events)} | self._found


class EntityReplayer:
    """The state of an entity in the memory store: what was stored last, and how often."""

    def __init__(self) -> None:
        self._times = 0
        self._found: dict[str, str] = {}

    def order(self, event: Event) -> tuple[int, int]:
        return in_time(event)

    def take(self, event: Event) -> str:
        document = event.document
        if event.type != "entity_stored":
            return f"{event.type or 'the event'} stores nothing"
        self._times += 1
        data_hash = text(document, "data_hash")
        again = self._found.get("data hash") == data_hash
        self._found = {
            "kind": text(document, "entity_type"),
            "data hash": data_hash,
            "stored at": text(document, "stored_at"),
        }
        return "the same content was stored before" if again else ""

    def state(self) -> Mapping[str, str]:
        return {"stored": "once" if self._times == 1 else f"{self._times} times"} | self._found


def _kept(latest: Mapping[str, int]) -> str:
    """``to be deleted 2028-02-03``, or ``never deleted: holds FLAGGED``; '' where nothing says it."""
    days = {kind: day for kind, time in latest.items() if (day := due_text(kind, time))}
    always = [kind for kind, day in days.items() if day == NEVER]
    if always:
        return f"never deleted: holds {', '.join(always)}"
    return f"to be deleted {max(days.values())}" if days else ""


def _tier(latest: Mapping[str, int], now: int) -> str:
    """``hot on 2026-02-04``: the nearest tier that any event is kept in as of then; '' where nothing says it."""
    tiers = {tier(kind, time, now) for kind, time in latest.items()}
    found = next((each for each in (HOT, WARM, COLD) if each in tiers), "")
    return f"{found} on {iso(now)[:10]}" if found else ""


def _part(event: Event, name: str) -> Mapping[str, Any]:
    value = event.document.get(name)
    return value if isinstance(value, dict) else {}
