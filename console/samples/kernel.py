"""Kernel ledgers: deals under kernel-doc/1 and kernel-audit/1, the portal's database and an evidence pack."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from console.library.kernel import AUDIT, event_hash
from console.samples import story
from console.samples.lifecycle import ROLES, DealStep, opening, operating
from console.samples.pen import (
    Dice,
    Document,
    after,
    at,
    compact,
    database,
    digest,
    gzipped,
    lines,
    millis,
    write,
    zipped,
)

PORTAL_SCHEMA = """
CREATE TABLE "DealEvent" (
    "id" TEXT NOT NULL PRIMARY KEY, "dealId" TEXT NOT NULL, "eventType" TEXT NOT NULL, "eventData" TEXT NOT NULL,
    "actorId" TEXT NOT NULL, "actorName" TEXT NOT NULL, "actorRole" TEXT NOT NULL, "authorityContext" TEXT NOT NULL,
    "evidenceRefs" TEXT, "sequenceNumber" INTEGER NOT NULL, "occurredAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "fromState" TEXT, "toState" TEXT, "previousEventHash" TEXT, "eventHash" TEXT NOT NULL
);
CREATE INDEX "DealEvent_dealId_sequenceNumber_idx" ON "DealEvent"("dealId", "sequenceNumber");
"""


@dataclass(frozen=True)
class SampleDeal:
    """A deal and the ids of those who act on it."""

    id: str
    name: str
    actors: dict[str, str]
    dice: Dice

    @classmethod
    def of(cls, seed: str, name: str, id: str = "") -> "SampleDeal":
        dice = Dice(f"kernel/{seed}/{name}")
        actors = {role: dice.uuid() for role in ROLES}
        return cls(id or dice.uuid(), name, actors, dice)


Moment = tuple[datetime, SampleDeal, DealStep]
Hash = Callable[[Document, datetime, Dice], str]
"""The hash of an event that has all but its hash, written at a time."""


def write_all(root: Path) -> None:
    """Every kernel sample, into ``root``."""
    healthy = _chain(_portfolio(), doc_hash)
    backup = [event for event in healthy if event["createdAt"] <= millis(story.BACKUP_AT)]
    write(root / "deals.jsonl", lines(map(compact, map(_edited, healthy))))
    write(root / "deals-backup.jsonl.gz", gzipped(lines(map(compact, backup)), story.BACKUP_AT))

    audits = [_audit_deal(name, start) for name, start in (("Gannet House", 2), ("Ferry Wharf", 5), ("Heron Place", 9))]
    chains = [_chain(moments, audit_hash) for moments in audits]
    stored = sorted((_stored(event) for chain in chains for event in chain), key=lambda e: (e["createdAt"], e["id"]))
    write(root / "audit.jsonl", lines(map(compact, stored)))
    denied = next(event for event in chains[0] if event["type"] == "ApprovalDenied")
    write(root / "audit-event-deleted.jsonl", lines(compact(_stored(e)) for e in chains[0] if e is not denied))
    write(root / "audit-forked.jsonl", lines(compact(_stored(event)) for event in _forked(chains[1])))
    write(root / "api-events.json", (compact([_stored(event) for event in _api_events()])).encode())

    rows = [*_portal(story.DEAL_NAME, story.DEAL_ID), *_portal("Cedar Mill", "")]
    database(root / "portal.db", PORTAL_SCHEMA, {'"DealEvent"': rows})
    write(root / "evidence-pack.zip", _pack(rows))


def approval_sequence() -> int:
    """The place in Harbour Point's chain of the approval that was edited."""
    return 1 + [step.type for _, _, step in _harbour_point()].index("DealApproved")


def doc_hash(event: Document, written: datetime, dice: Dice) -> str:
    """kernel-doc/1; the event is stored as it was hashed."""
    event["createdAt"] = millis(written)
    return event_hash(event)


def audit_hash(event: Document, written: datetime, dice: Dice) -> str:
    """kernel-audit/1; createdAt follows the hashed time by 0 or 1 ms, as the database's clock does."""
    event["createdAt"] = millis(after(written, dice.below(2) / 1000))
    return event_hash(event | {"createdAt": millis(written)}, AUDIT)


def jsonb(value: object) -> object:
    """Key order as PostgreSQL's JSONB keeps it: by length, then by bytes."""
    if isinstance(value, dict):
        return {key: jsonb(value[key]) for key in sorted(value, key=lambda k: (len(k.encode()), k.encode()))}
    return value


def _portfolio() -> list[Moment]:
    """The fund's deals, interleaved by time, up to the end of the story."""
    moments = _harbour_point()
    for name in story.DEALS:
        deal = SampleDeal.of("portfolio", name)
        time = after(at("2025-08-25 08:00"), deal.dice.between(0, 30 * 86400))
        steps = [*_opened(deal, deal.dice.between(60, 240) * 100_000), *islice(operating(deal.dice), 24)]
        for step in steps:
            time = after(time, deal.dice.between(300_000, 90_000_000) / 1000)
            if time < story.END_AT:
                moments.append((time, deal, step))
    return sorted(moments, key=lambda moment: moment[0])


def _harbour_point() -> list[Moment]:
    deal = SampleDeal.of("portfolio", story.DEAL_NAME, story.DEAL_ID)
    fixed = {"DealApproved": story.APPROVED_AT, "ClosingFinalized": story.CLOSED_AT}
    jumps = {"ReviewOpened": at("2025-10-13 15:20"), "ApprovalGranted": at("2025-10-14 09:20")}
    time = at("2025-10-06 09:05")
    moments: list[Moment] = []
    for step in _opened(deal, story.APPROVED):
        time = after(max(time, jumps.get(step.type, time)), deal.dice.between(40_000, 900_000) / 1000)
        time = fixed.get(step.type, time)
        moments.append((time, deal, step))
    return moments


def _opened(deal: SampleDeal, amount: int) -> Iterator[DealStep]:
    return opening(deal.dice, deal.name, story.PEOPLE, deal.actors, amount)


def _chain(moments: Iterable[Moment], hashed: Hash) -> list[Document]:
    """Events of these moments, each linked to the one before it on its deal."""
    heads: dict[str, tuple[int, str | None]] = {}
    events: list[Document] = []
    for time, deal, step in moments:
        sequence, previous = heads.get(deal.id, (0, None))
        event = _event(deal, step)
        event |= {"sequenceNumber": sequence + 1, "previousEventHash": previous, "eventHash": None, "createdAt": ""}
        event["eventHash"] = hashed(event, time, deal.dice)
        heads[deal.id] = (sequence + 1, event["eventHash"])
        events.append(event)
    return events


def _event(deal: SampleDeal, step: DealStep) -> Document:
    return {
        "id": deal.dice.uuid(),
        "dealId": deal.id,
        "type": step.type,
        "payload": step.payload,
        "actorId": deal.actors[step.role],
        "authorityContext": {"role": step.role, "overrideReason": None},
        "evidenceRefs": step.evidence,
    }


def _edited(event: Document) -> Document:
    """Harbour Point's approval with the amount that the papers were signed for; its stored hash is left as it was."""
    if event["dealId"] != story.DEAL_ID or event["type"] != "DealApproved":
        return event
    return event | {"payload": event["payload"] | {"approvedAmount": story.CLAIMED}}


def _audit_deal(name: str, day: int) -> list[Moment]:
    deal = SampleDeal.of("second kernel", name)
    time = at(f"2025-09-{day:02d} 09:00")
    moments: list[Moment] = []
    for step in [*_opened(deal, 7_500_000), *islice(operating(deal.dice), 30)]:
        time = after(time, deal.dice.between(60_000, 20_000_000) / 1000)
        moments.append((time, deal, step))
    return moments


def _stored(event: Document) -> Document:
    return event | {"payload": jsonb(event["payload"]), "authorityContext": jsonb(event["authorityContext"])}


def _forked(chain: list[Document]) -> list[Document]:
    """Two writers took the same head: one sequence number twice, the chain goes on from the first."""
    at_fork = next(i for i, event in enumerate(chain) if i > 16 and event["type"] == "ArtifactUploaded")
    twin = dict(chain[at_fork])
    dice = Dice("kernel/fork")
    twin["id"] = dice.uuid()
    twin["payload"] = twin["payload"] | {"artifactId": dice.uuid(), "filename": "survey-second-scan.pdf"}
    written = datetime.fromisoformat(twin["createdAt"])
    twin["eventHash"] = audit_hash(twin, after(written, 0.002), dice)
    return [*chain[: at_fork + 1], twin, *chain[at_fork + 1 :]]


def _api_events() -> list[Document]:
    """What the API answers: events posted over it are in no chain, those that the kernel writes itself are."""
    deal = SampleDeal.of("api", "Sandpiper Dock")
    steps: list[DealStep] = []
    for step in _opened(deal, 5_100_000):
        steps.append(step)
        if step.type == "ReviewOpened":
            override = {"action": "APPROVE_DEAL", "reason": "Committee met by telephone"}
            steps.append(DealStep("OverrideAttested", override, "GP", []))
    time = at("2025-09-22 10:00")
    heads: tuple[int, str | None] = (0, None)
    events: list[Document] = []
    for step in steps:
        time = after(time, deal.dice.between(5_000, 4_000_000) / 1000)
        event = _event(deal, step)
        if step.type == "DealApproved":
            event["authorityContext"] |= {"overrideUsed": True, "overrideAction": "APPROVE_DEAL"}
        if step.type in ("DealCreated", "ActorAdded", "RoleAssigned") or step.type.startswith(("Material", "Artifact")):
            event |= {"sequenceNumber": heads[0] + 1, "previousEventHash": heads[1], "eventHash": None, "createdAt": ""}
            event["eventHash"] = audit_hash(event, time, deal.dice)
            heads = (event["sequenceNumber"], event["eventHash"])
        else:
            event |= {"sequenceNumber": 0, "previousEventHash": None, "eventHash": None, "createdAt": millis(time)}
        events.append(event)
    return events


PortalRow = tuple[str | int | None, ...]


def _portal(name: str, id: str) -> list[PortalRow]:
    """Rows of the portal's own event table, under kernel-bff/1, for one deal."""
    deal = SampleDeal.of("portal", name, id)
    price = story.APPROVED if id else 9_400_000
    states = ("INTAKE_RECEIVED", "DATA_ROOM_INGESTED", "EXTRACTION_COMPLETE")
    claims = (("purchasePrice", price), ("noi", price * 6 // 100), ("units", 118), ("occupancy", 94))
    planned: list[tuple[str, Document]] = [
        ("StateTransition", {"fromState": states[0], "toState": states[1], "reason": "documents received"})
    ]
    planned.append(
        (
            "StateTransition",
            {"fromState": states[1], "toState": states[2], "approvals": [{"role": "ANALYST", "approved": True}]},
        )
    )
    for path, value in claims:
        planned.append(
            ("ClaimVerified", {"claimId": deal.dice.uuid(), "fieldPath": path, "value": value, "source": "Rent Roll"})
        )
    for lender in ("Ostrava Mutual", "Harbourline Credit"):
        planned.append(("CAPITAL_CALL_CREATED", {"lp": lender, "amount": price // 4, "currency": "USD"}))
        planned.append(
            ("CAPITAL_CALL_FUNDED", {"lp": lender, "amount": price // 4, "wire": f"WR-{deal.dice.hex(8).upper()}"})
        )
    planned.append(("EvidencePackGenerated", {"packId": deal.dice.uuid(), "packType": "AUDIT_PACK", "fileCount": 2}))
    time, previous = at("2025-10-07 10:00"), None
    rows: list[PortalRow] = []
    for sequence, (kind, data) in enumerate(planned, 1):
        time = after(time, deal.dice.between(2_000_000, 60_000_000) / 1000)
        if kind == "EvidencePackGenerated":
            time = at("2025-10-14 16:30:07")
        text = compact(data)
        head = f'{{"dealId":"{deal.id}","sequenceNumber":{sequence},"eventType":"{kind}","eventData":{text}'
        hashed = digest(f'{head},"previousHash":{json.dumps(previous)},"timestamp":"{millis(time)}"}}')
        occurred = millis(after(time, deal.dice.below(5) / 1000))
        who = (deal.actors["GP"], story.PEOPLE["GP"], "GP", '{"role":"GP","overrideReason":null}', "[]")
        states_of = (data.get("fromState"), data.get("toState"))
        rows.append((deal.dice.uuid(), deal.id, kind, text, *who, sequence, occurred, *states_of, previous, hashed))
        previous = hashed
    return rows


def _pack(rows: list[PortalRow]) -> bytes:
    """The evidence pack of Harbour Point, made right after the closing."""
    keys = ("seq", "type", "ts", "actor", "actorName", "data", "fromState", "toState", "prevHash", "hash")
    ledger: list[str] = []
    for row in rows:
        _, deal, kind, text, actor, name, _, _, _, sequence, occurred, old, new, previous, hashed = row
        if deal == story.DEAL_ID:
            values = (sequence, kind, occurred, actor, name, json.loads(str(text)), old, new, previous, hashed)
            ledger.append(compact(dict(zip(keys, values, strict=True))))
    snapshot = {"dealId": story.DEAL_ID, "state": "Closed", "stressMode": "SM-0", "approvedAmount": story.APPROVED}
    members = {
        "event_ledger.jsonl": "\n".join(ledger).encode(),
        "snapshot.json": json.dumps(snapshot, indent=2).encode(),
    }
    manifest = {
        "packType": "AUDIT_PACK",
        "dealId": story.DEAL_ID,
        "dealName": story.DEAL_NAME,
        "generatedAt": "2025-10-14T16:30:07.512Z",
        "files": [{"path": name, "sha256Hex": digest(data.decode())} for name, data in members.items()],
    }
    return zipped({"manifest.json": json.dumps(manifest, indent=2).encode()} | members, at("2025-10-14 16:30:08"))
