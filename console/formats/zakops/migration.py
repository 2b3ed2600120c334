"""The export ``agent-events``: rows of action_audit_events as the agent_events that the required schema asks for.

Ids are the same each time, so that the migration can be run again over a ledger that grew: what has been migrated has
the same id again, and a table refuses it. The required columns hold UUIDs, and the audit's action ids are none: UUIDs
are made of them by name (RFC 9562, version 5), and the ids themselves stand in the payload. A run is made for each
action, for the audit knows no runs. An action whose deal is not known is correlated by itself, and its events say so.
Nothing is lost: what the new columns have no place for is in ``migrated_from``, details that are no plain object as
they stand.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from console.formats.export_form import BY_NAME, Chosen, ExportForm, ExportOption, ExportTable
from console.formats.json import strict
from console.formats.zakops.event_types import AUDIT
from console.formats.zakops.record import is_uuid, read_payload, text

if TYPE_CHECKING:
    from console.formats.export_record import ExportRecord

ACTIONS = "actions"
"""The table beside the audit that knows each action's deal."""
NAMESPACE = UUID("5f0d7c3e-2a53-5d0b-9c1e-7a1e44b0c6d2")
"""Of all UUIDs that are made here. Never to be changed: ids would not be the same again."""
_NO_OBJECT = "details"
_COLUMNS = (
    "id",
    "run_id",
    "trace_id",
    "correlation_id",
    "causation_id",
    "event_type",
    "schema_version",
    "payload",
    "deal_id",
    "action_id",
    "created_at",
)
SCHEMA = """\
CREATE TABLE agent_events (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  causation_id TEXT,
  event_type VARCHAR(100) NOT NULL,
  schema_version INT NOT NULL DEFAULT 1,
  payload TEXT NOT NULL,
  deal_id TEXT,
  action_id TEXT,
  created_at TEXT NOT NULL
)"""


def deals_of(raws: Iterable[bytes]) -> bytes:
    """The deal of each action, by the rows of a table of actions or by action documents; see ``ACTIONS``."""
    found = {}
    for raw in raws:
        document = strict.decode(raw).document or {}
        action, deal = text(document.get("action_id")), text(document.get("deal_id"))
        if action and deal:
            found[action] = deal
    return json.dumps(found).encode()


def migrated(documents: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]]) -> Iterator[dict[str, Any]]:
    """Rows of agent_events, one for each row of the audit. With each comes the deal of every known action."""
    seen = set[str]()
    for number, (document, deals) in enumerate(documents):
        row = migrate(document, deals)
        if row["id"] in seen:  # an id that stands twice in the audit: both rows are kept
            row["id"] = str(uuid5(NAMESPACE, f"again\0{row['id']}\0{number}"))
        seen.add(row["id"])
        yield row


def migrate(document: Mapping[str, Any], deals: Mapping[str, str]) -> dict[str, Any]:
    """One row of the audit as a row of agent_events, its keys in the order of the columns."""
    get = document.get
    action, event = text(get("action_id")) or "", text(get("event")) or "?"
    deal = deals.get(action)
    from_deal = deal is not None
    return {
        "id": _uuid("event", text(get("audit_id")) or json.dumps(document, sort_keys=True)),
        "run_id": _made("run", action),
        "trace_id": _made("trace", action),
        "correlation_id": _uuid("deal", deal) if deal is not None else _made("correlation", action),
        "causation_id": None,
        "event_type": AUDIT.get(event, f"action.{event}"),
        "schema_version": 1,
        "payload": _payload(document, deal, known=from_deal),
        "deal_id": None if deal is None else _uuid("deal", deal),
        "action_id": _uuid("action", action) if action else None,
        "created_at": get("timestamp") if isinstance(get("timestamp"), str) else json.dumps(get("timestamp")),
    }


def _payload(document: Mapping[str, Any], deal: str | None, *, known: bool) -> dict[str, Any]:
    """The details, and what the row was."""
    raw = document.get("details")
    details, problems = read_payload(raw)
    source = {"table": "action_audit_events", **{name: each for name, each in document.items() if name != _NO_OBJECT}}
    if deal is not None:
        source["deal_id"] = deal
    source["correlation"] = "deal" if known else "action"
    plain = details is not None and not problems and not {"migrated_from", *_IDS} & details.keys()
    if not plain or (isinstance(raw, str) and raw != _compact(details)) or raw is None:
        source[_NO_OBJECT] = raw
    return {**(details or {} if plain else {}), "migrated_from": source}


_IDS = ("correlation_id", "event_id", "original_type", "schema_version", "trace_id", "causation_id", "action_id")
"""Keys that mean something in a payload: details that have them are kept as they stand."""


def _uuid(kind: str, name: str) -> str:
    """The id itself where it is a UUID, else one made of it."""
    return name if is_uuid(name) else _made(kind, name)


def _made(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE, f"{kind}\0{name}".encode("utf-8", "backslashreplace").decode()))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _rows(records: "Iterable[ExportRecord]", _: Chosen) -> Iterator[dict[str, Any]]:
    def documents() -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
        known: dict[str, Mapping[str, str]] = {}
        for record in records:
            if record.ledger not in known:
                known[record.ledger] = json.loads(record.context.companions.get(ACTIONS, b"{}"))
            yield record.document or {}, known[record.ledger]

    return migrated(documents())


def _lines(records: "Iterable[ExportRecord]", chosen: Chosen) -> Iterator[bytes]:
    for row in _rows(records, chosen):
        yield _compact(row).encode("utf-8", "surrogatepass") + b"\n"


def _cells(records: "Iterable[ExportRecord]", chosen: Chosen) -> Iterator[tuple[Any, ...]]:
    for row in _rows(records, chosen):
        yield tuple(_compact(row[name]) if name == "payload" else row[name] for name in _COLUMNS)


CHOICES = (BY_NAME, "jsonl", "sqlite")
AGENT_EVENTS = ExportForm(
    "agent-events",
    "The action audit as rows of agent_events, with the same ids each time and nothing left out.",
    _lines,
    (ExportOption("as", "JSON lines, or a SQLite database; by FILE's name if it is not given.", CHOICES),),
    ("action_audit_events",),
    ExportTable(("as", "sqlite"), "agent_events", SCHEMA, _cells),
)
