"""The Kernel's ledgers: chains by the specification, chains as the real service writes them, the portal's table, packs.

The specification hashes ``dealId + sequenceNumber + type + JSON.stringify(payload) + (previousEventHash or "null")``.
The real service hashes a JSON text with the moment of hashing in it, which it does not store: ``createdAt`` follows by
some milliseconds, and the database gives the payload's keys back in its own order.
"""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from tests.support.writers.javascript import stringify

Event = dict[str, Any]
DEAL = "acc0de5a-6c1f-4d2b-9a55-0f6d1c7b2e90"
START = datetime(2026, 3, 2, 9, 0, 0, 120_000, tzinfo=UTC)
STEP = timedelta(milliseconds=4)
"""Between two events."""
LATE = (0, 1, 0, 0, 2, 1, 0, 3)
"""Milliseconds between hashing and storing, over and over."""
ACTORS = {
    "gp": "GP",
    "partner": "GP",
    "lender": "LENDER",
    "escrow": "ESCROW",
    "legal": "LEGAL",
    "operator": "OPERATOR",
    "court": "COURT",
    "auditor": "AUDITOR",
}


class Act(NamedTuple):
    """Something that happens in a deal."""

    type: str
    actor: str
    payload: dict[str, Any]
    evidence: tuple[str, ...] = ()


def _material(name: str, truth: str) -> Act:
    return Act("MaterialCreated", "gp", {"materialId": f"m-{name}", "type": name, "truthClass": truth})


def _approvals(action: str, *actors: str) -> list[Act]:
    return [Act("ApprovalGranted", actor, {"action": action, "comment": f"{actor}: fine"}) for actor in actors]


def story() -> list[Act]:
    """A deal from its draft to its exit, with every approval and material that its gates ask for: 41 events."""
    return [
        Act("DealCreated", "gp", {"name": "Juniper Row", "state": "Draft", "stressMode": "SM-0"}),
        *(
            Act("ActorAdded", "gp", {"actorId": uuid_of(actor), "name": actor.title(), "type": "HUMAN", "role": role})
            for actor, role in ACTORS.items()
        ),
        Act("RoleAssigned", "gp", {"actorId": uuid_of("partner"), "roleId": "r-2", "roleName": "GP"}),
        _material("UnderwritingSummary", "HUMAN"),
        Act("ReviewOpened", "gp", {"reason": "Initial deal submission"}),
        *_approvals("APPROVE_DEAL", "partner"),
        Act("DealApproved", "gp", {"approvalNotes": "All underwriting – 東京 🏢 ✓ – verified"}, ("a-1", "a-2")),
        Act(
            "ArtifactUploaded",
            "gp",
            {
                "artifactId": "a-3",
                "filename": "final.pdf",
                "mimeType": "application/pdf",
                "sizeBytes": 180_224,
                "sha256Hex": hashlib.sha256(b"final").hexdigest(),
            },
        ),
        _material("FinalUnderwriting", "AI"),
        Act(
            "MaterialUpdated",
            "gp",
            {
                "materialId": "m-FinalUnderwriting",
                "type": "FinalUnderwriting",
                "previousTruthClass": "AI",
                "newTruthClass": "DOC",
            },
        ),
        _material("SourcesAndUses", "DOC"),
        *_approvals("ATTEST_READY_TO_CLOSE", "partner", "legal"),
        Act("ClosingReadinessAttested", "legal", {"ratio": 0.1, "whole": 4.0, "conditions": ["tiny", 1e-7, -0.0]}),
        _material("WireConfirmation", "DOC"),
        _material("EntityFormationDocs", "DOC"),
        *_approvals("FINALIZE_CLOSING", "partner", "lender", "escrow"),
        Act(
            "ClosingFinalized", "escrow", {"settlement": {"price": 18_400_000, "currency": "USD"}, "10": "b", "9": "a"}
        ),
        _material("PropertyManagementAgreement", "DOC"),
        *_approvals("ACTIVATE_OPERATIONS", "partner", "operator"),
        Act("OperationsActivated", "operator", {"manager": "Hearth & Co\u2028"}),
        Act("MaterialChangeDetected", "operator", {"field": "noi", "from": 1_250_000.5, "to": 990_000}),
        Act("ChangeReconciled", "legal", {"resolution": "Lease amended"}),
        Act("DataDisputed", "auditor", {"field": "noi"}),
        Act("DistressDeclared", "lender", {"trigger": "DSCR < 1.0"}),
        *_approvals("RESOLVE_DISTRESS", "partner", "lender"),
        Act("DistressResolved", "lender", {"resolution": "Cash swept"}),
        Act("FreezeImposed", "court", {"order": "24-1187"}),
        Act("FreezeLifted", "court", {"order": "24-1190"}),
        Act("ExitFinalized", "gp", {"price": 21_000_000}),
    ]


def uuid_of(name: str) -> str:
    """The id of what has this name."""
    return str(UUID(hexdigest(name)[:32]))


def hexdigest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def iso(moment: datetime) -> str:
    """A moment as ``Date.toISOString`` gives it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def doc_hash(event: Event) -> str:
    """By the specification, from what is stored."""
    payload, previous = stringify(event["payload"]), event["previousEventHash"] or "null"
    return hexdigest(f"{event['dealId']}{event['sequenceNumber']}{event['type']}{payload}{previous}")


def audit_hash(event: Event, timestamp: str, payload: dict[str, Any] | None = None) -> str:
    """As the real service does it: at ``timestamp``, over the payload as it was posted."""
    hashed = {
        "dealId": event["dealId"],
        "sequenceNumber": event["sequenceNumber"],
        "type": event["type"],
        "payload": event["payload"] if payload is None else payload,
        "previousHash": event["previousEventHash"],
        "timestamp": timestamp,
    }
    return hexdigest(stringify(hashed))


def _event(act: Act, deal: str, sequence: int, previous: str | None, created: datetime) -> Event:
    return {
        "id": uuid_of(f"{deal} {sequence} {act if sequence == 0 else ''}"),
        "dealId": deal,
        "type": act.type,
        "payload": act.payload,
        "actorId": uuid_of(act.actor),
        "authorityContext": {"role": ACTORS[act.actor], "overrideReason": None},
        "evidenceRefs": list(act.evidence),
        "sequenceNumber": sequence,
        "previousEventHash": previous,
        "eventHash": None,
        "createdAt": iso(created),
    }


def doc(acts: Sequence[Act] | None = None, deal: str = DEAL) -> list[Event]:
    """A chain by the specification."""
    events: list[Event] = []
    for at, act in enumerate(acts or story()):
        event = _event(act, deal, at + 1, events[-1]["eventHash"] if events else None, START + at * STEP)
        event["eventHash"] = doc_hash(event)
        events.append(event)
    return events


def audit(acts: Sequence[Act] | None = None, deal: str = DEAL, late: Sequence[int] = LATE) -> list[Event]:
    """A chain of the real service: hashed ``late`` milliseconds before it was stored, in the database's key order."""
    events: list[Event] = []
    for at, act in enumerate(acts or story()):
        hashed = START + at * STEP
        created = hashed + timedelta(milliseconds=late[at % len(late)])
        event = _event(act, deal, at + 1, events[-1]["eventHash"] if events else None, created)
        event["eventHash"] = audit_hash(event, iso(hashed))
        event["payload"] = jsonb(act.payload)
        events.append(event)
    return events


def jsonb(value: Any) -> Any:
    """A value as the database gives it back: keys by their length, then by their bytes; floats of 16 digits."""
    if isinstance(value, float):
        return float(f"{value:.16g}")
    if isinstance(value, dict):
        return {key: jsonb(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return [jsonb(each) for each in value] if isinstance(value, list) else value


def unchained(act: Act, deal: str = DEAL, created: datetime = START) -> Event:
    """An event as the real service stores one that was posted over its API."""
    return _event(act, deal, 0, None, created)


def jsonl(events: Iterable[Event]) -> bytes:
    return b"".join(stringify(event).encode() + b"\n" for event in events)


def answer(events: Iterable[Event]) -> bytes:
    """The API's answer: a bare array by time, then id."""
    return stringify(sorted(events, key=lambda event: (event["createdAt"], event["id"]))).encode()


PORTAL = """
CREATE TABLE "DealEvent" (
    "id" TEXT NOT NULL PRIMARY KEY, "dealId" TEXT NOT NULL, "eventType" TEXT NOT NULL, "eventData" TEXT NOT NULL,
    "actorId" TEXT NOT NULL, "actorName" TEXT NOT NULL, "actorRole" TEXT NOT NULL, "authorityContext" TEXT NOT NULL,
    "evidenceRefs" TEXT, "sequenceNumber" INTEGER NOT NULL, "occurredAt" DATETIME NOT NULL,
    "fromState" TEXT, "toState" TEXT, "previousEventHash" TEXT, "eventHash" TEXT NOT NULL)
"""
PORTAL_LATE = (0, 3, 8, 1)
PORTAL_ACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StateTransition", {"fromState": "INTAKE_RECEIVED", "toState": "DATA_ROOM_INGESTED", "reason": "données reçues"}),
    (
        "ClaimVerified",
        {"2": 2, "10": 1, "claimId": "c1", "value": 1_234_567.1, "big": 1e21, "nested": {"b": 1, "a": {}}},
    ),
    ("StateTransition", {"fromState": "DATA_ROOM_INGESTED", "toState": "EXTRACTION_COMPLETE", "approvals": []}),
    ("DISTRIBUTION_CREATED", {"quarter": "Q3", "total": 250_000, "note": None}),
    ("StateTransition", {"fromState": "EXTRACTION_COMPLETE", "toState": "UNDERWRITING_DRAFT", "reason": "c < d & e"}),
)


def portal_rows(deal: str = DEAL, iso_times: bool = False) -> list[Event]:
    """Rows of the portal's own table; times as its library stores them (milliseconds), or as ISO texts."""
    rows: list[Event] = []
    for at, (kind, data) in enumerate(PORTAL_ACTS):
        hashed = START + timedelta(seconds=90 * at)
        occurred = hashed + timedelta(milliseconds=PORTAL_LATE[at % len(PORTAL_LATE)])
        text, previous = stringify(data), rows[-1]["eventHash"] if rows else None
        row = {
            "id": uuid_of(f"portal {deal} {at}"),
            "dealId": deal,
            "eventType": kind,
            "eventData": text,
            "actorId": "user-1",
            "actorName": "Ünïcode GP",
            "actorRole": "GP",
            "authorityContext": "{}",
            "evidenceRefs": "[]",
            "sequenceNumber": at + 1,
            "occurredAt": iso(occurred) if iso_times else round(occurred.timestamp() * 1000),
            "fromState": data.get("fromState"),
            "toState": data.get("toState"),
            "previousEventHash": previous,
            "eventHash": portal_hash(deal, at + 1, kind, text, previous, iso(hashed)),
        }
        rows.append(row)
    return rows


def portal_hash(deal: str, sequence: int, kind: str, data: str, previous: str | None, timestamp: str) -> str:
    """The portal's hash: like the service's with other names; ``data`` is JSON text and stands as it is."""
    head = f'{{"dealId":{stringify(deal)},"sequenceNumber":{sequence},"eventType":{stringify(kind)},"eventData":{data}'
    return hexdigest(f'{head},"previousHash":{stringify(previous)},"timestamp":{stringify(timestamp)}}}')


def portal(path: Path, rows: Sequence[Event]) -> None:
    """The portal's database."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(PORTAL)
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" * len(rows[0]))
        db.executemany(f'INSERT INTO "DealEvent" ({names}) VALUES ({marks})', [tuple(row.values()) for row in rows])
        db.commit()


def pack_lines(rows: Sequence[Event]) -> list[Event]:
    """The portal's rows as its evidence pack lists them."""
    return [
        {
            "seq": row["sequenceNumber"],
            "type": row["eventType"],
            "ts": row["occurredAt"],
            "actor": row["actorId"],
            "actorName": row["actorName"],
            "data": json.loads(row["eventData"]),
            "fromState": row["fromState"],
            "toState": row["toState"],
            "prevHash": row["previousEventHash"],
            "hash": row["eventHash"],
        }
        for row in rows
    ]


def pack(path: Path, entries: Sequence[Event], deal: str | None = DEAL) -> None:
    """An evidence pack; without ``deal`` it has no manifest."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if deal is not None:
            manifest = {"packType": "AUDIT_PACK", "dealId": deal, "dealName": "Juniper Row", "files": []}
            archive.writestr("manifest.json", json.dumps(manifest, indent=2))
        archive.writestr("event_ledger.jsonl", "\n".join(map(stringify, entries)))
