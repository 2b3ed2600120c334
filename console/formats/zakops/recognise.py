"""Which ledgers are of ZakOps: tables by name and columns, other records by their keys."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.formats.protocol import Claim, Sample
from console.formats.reading.list_order import NEWEST_FIRST, descends
from console.formats.zakops.beside.siblings import ARCHIVE
from console.formats.zakops.event_types import REGISTRY
from console.formats.zakops.record import (
    ACTION,
    AGENT,
    AUDIT,
    DEAL,
    DEAL_FILE,
    INBOX,
    OUTBOX,
    TIMES,
    TITLES,
    shape_of,
    text,
)

_SHARE = 4
"""One in so many records must have the keys of ours: the first may be damaged, or of something else."""
_TABLES = {
    "action_audit_events": AUDIT,
    "agent_events": AGENT,
    "agent_events_archive": AGENT,
    "deal_events": DEAL,
    "outbox": OUTBOX,
    "inbox": INBOX,
}
_CONFIDENCE = {AUDIT: 95, AGENT: 85, DEAL: 80, DEAL_FILE: 70, OUTBOX: 85, INBOX: 75, ACTION: 95}
_COLUMNS = {
    AUDIT: ("audit_id", "action_id", "event"),
    AGENT: ("event_type", "created_at"),
    DEAL: ("deal_id", "event_type", "created_at"),
    OUTBOX: ("event_type",),
    INBOX: ("event_id", "processed_at"),
}
"""Without these a table of that name is another system's."""
_TELLING: dict[str, tuple[int, frozenset[str]]] = {
    AGENT: (
        3,
        frozenset(
            (
                *("trace_id", "correlation_id", "causation_id", "schema_version", "thread_id", "run_id", "deal_id"),
                *("action_id", "tool_call_id", "event_data"),
            )
        ),
    ),
    DEAL: (
        1,
        frozenset(
            ("details", "payload", "event_source", "idempotency_key", "sequence_number", "actor_type", "actor_id")
        ),
    ),
    OUTBOX: (
        1,
        frozenset(("attempts", "max_attempts", "is_dead", "published_at", "delivered_at", "last_error", "status")),
    ),
    INBOX: (1, frozenset(("consumer_id", "consumer"))),
    DEAL_FILE: (1, frozenset()),
}
"""Keys beside those of a shape, and how many of them show that it is no stranger's log. A type of the registry shows it
as well, and nothing else but its place shows it of a deal's file."""
_INBOX = {"event_id", "event_type", "processed_at"}
_DEAL_FILE = re.compile(r"(?:^|[/\\])events[/\\]DEAL-[^/\\]+$", re.IGNORECASE)
"""Where ZakOps keeps the file of a deal."""
_ARCHIVE = re.compile(rf"(?:^|[/\\]){ARCHIVE}\.[^/\\]+$", re.IGNORECASE)
_DEAL_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def sniff(sample: Sample) -> Claim | None:
    """By the table's name and columns, else by the keys of the first records, and their types."""
    documents = [each for each in (strict.decode(raw).document for raw in sample.records) if each is not None]
    if sample.container == "sqlite":
        return _sniff_table(sample.member or "", documents)
    known = [(shape, each) for each in documents if (shape := shape_of(each))]
    shapes = Counter(shape for shape, _ in known)
    if not shapes or shapes.total() * _SHARE < len(documents):
        return None
    sure = {shape for shape, each in known if _telling(shape, each)}
    if _DEAL_FILE.search(sample.path):
        sure.add(DEAL_FILE)
    shape, count = max(shapes.items(), key=lambda each: (each[0] in sure, each[1]))
    words = TITLES[shape]
    if shape == AGENT and _ARCHIVE.search(sample.path):
        words = ARCHIVE
    if shape not in sure:
        return Claim(1, words, f"records have some keys of {words}, but no type of its events", alike=True)
    if shape == DEAL_FILE:
        stem = re.split(r"[/\\]", sample.path)[-1].split(".jsonl")[0].split(".json")[0]
        if _DEAL_NAME.fullmatch(stem):
            words += f" {stem}"
    if (
        sample.container == "json"
        and shape != ACTION
        and descends(parse(each.get(TIMES[shape][0])) for each in documents)
    ):
        words += f", {NEWEST_FIRST}"
    others = "" if count == len(documents) else f" in {count} of {len(documents)} records"
    return Claim(_CONFIDENCE[shape], words, f"records have the keys of {TITLES[shape]}{others}")


def _telling(shape: str, document: Mapping[str, Any]) -> bool:
    """True if a record has what a stranger's log has not by chance."""
    needed, keys = _TELLING.get(shape, (0, frozenset()))
    name = document.get("event_type")
    if shape == INBOX and not (type(name) is str and name) and document.keys() <= _INBOX:
        return True
    return len(keys & document.keys()) >= needed or text(name) in REGISTRY


def _sniff_table(table: str, documents: list[dict[str, Any]]) -> Claim | None:
    table = table.lower()  # SQLite's names mean the same in upper and lower case
    shape = _TABLES.get(table)
    if shape is None:
        return None
    if not documents:
        confidence = 60 if shape in (AUDIT, AGENT) else 30
        return Claim(confidence, table, f"an empty table with the name {table}")
    if not documents[0].keys() >= set(_COLUMNS[shape]):
        return None
    return Claim(_CONFIDENCE[shape] + 4, table, f"the table {table} with its columns")
