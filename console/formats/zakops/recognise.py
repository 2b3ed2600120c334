"""Which ledgers are of ZakOps: tables by name and columns, other records by their keys."""

import re
from collections import Counter
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.formats.protocol import Claim, Sample
from console.formats.reading.list_order import NEWEST_FIRST, descends
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
)

_TABLES = {
    "action_audit_events": AUDIT,
    "agent_events": AGENT,
    "agent_events_archive": AGENT,
    "deal_events": DEAL,
    "outbox": OUTBOX,
    "inbox": INBOX,
}
_CONFIDENCE = {AUDIT: 95, AGENT: 85, DEAL: 80, DEAL_FILE: 70, OUTBOX: 85, INBOX: 75, ACTION: 95}
_DEAL_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def sniff(sample: Sample) -> Claim | None:
    """By the table's name and columns, else by the keys of the first records."""
    documents = [each for each in (strict.decode(raw).document for raw in sample.records[:50]) if each is not None]
    if sample.container == "sqlite":
        return _sniff_table(sample.member or "", documents)
    shapes = Counter(shape for shape in map(shape_of, documents) if shape)
    if not shapes or shapes.total() * 2 < len(sample.records[:50]):
        return None
    shape, count = shapes.most_common(1)[0]
    words = TITLES[shape]
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


def _sniff_table(table: str, documents: list[dict[str, Any]]) -> Claim | None:
    table = table.lower()  # SQLite's names mean the same in upper and lower case
    shape = _TABLES.get(table)
    if shape is None:
        return None
    if not documents:
        confidence = 60 if shape in (AUDIT, AGENT) else 30
        return Claim(confidence, table, f"an empty table with the name {table}")
    if shape_of(documents[0]) != shape:
        return None
    return Claim(_CONFIDENCE[shape] + 4, table, f"the table {table} with its columns")
