"""Legal lives of deals, as the kernel's state machine and its gates allow them."""

from collections.abc import Iterator
from typing import NamedTuple

from console.samples.pen import Dice, Document

ROLES = ("GP", "LENDER", "ESCROW", "LEGAL", "OPERATOR", "AUDITOR", "COURT")
TEXT_FILES = ("rent-roll", "survey", "title-report", "insurance-binder", "operating-statement", "lease-abstract")


class DealStep(NamedTuple):
    """What happens next on a deal: the event's type, payload, the role that acts, and the evidence it refers to."""

    type: str
    payload: Document
    role: str
    evidence: list[str]


def opening(dice: Dice, name: str, people: dict[str, str], actors: dict[str, str], amount: int) -> Iterator[DealStep]:
    """From DealCreated to ClosingFinalized, through every gate with what it asks for.

    ``people`` and ``actors`` give the name and the id of each role's holder.
    """
    yield DealStep("DealCreated", {"name": name, "state": "Draft", "stressMode": "SM-0"}, "GP", [])
    for role in ROLES:
        who = {"actorId": actors[role], "name": people[role], "type": "HUMAN", "role": role}
        yield DealStep("ActorAdded", who, "GP", [])
    for role in ROLES[:3]:
        yield DealStep("RoleAssigned", {"actorId": actors[role], "roleId": dice.uuid(), "roleName": role}, "GP", [])
    artifact, upload = _upload(dice, "GP")
    yield upload
    underwriting = dice.uuid()
    yield _material(underwriting, "UnderwritingSummary", "AI", artifact)
    yield _raised(underwriting, "UnderwritingSummary", "AI", "HUMAN")
    yield DealStep("ReviewOpened", {"reason": f"{name}: underwriting complete"}, "GP", [artifact])
    yield _granted("APPROVE_DEAL", "GP", "Within the committee's limit", [artifact])
    approval = {"approvalNotes": "All underwriting materials verified", "approvedAmount": amount, "currency": "USD"}
    yield DealStep("DealApproved", approval, "GP", [artifact])
    for kind in ("FinalUnderwriting", "SourcesAndUses"):
        artifact, upload = _upload(dice, "LEGAL")
        yield upload
        yield _material(dice.uuid(), kind, "DOC", artifact)
    yield _granted("ATTEST_READY_TO_CLOSE", "GP", "", [])
    yield _granted("ATTEST_READY_TO_CLOSE", "LEGAL", "Conditions precedent met", [artifact])
    yield DealStep("ClosingReadinessAttested", {"conditions": 14, "waived": 0}, "LEGAL", [artifact])
    for kind in ("WireConfirmation", "EntityFormationDocs"):
        artifact, upload = _upload(dice, "ESCROW")
        yield upload
        yield _material(dice.uuid(), kind, "DOC", artifact)
    for role in ("GP", "LENDER", "ESCROW"):
        yield _granted("FINALIZE_CLOSING", role, "All documents reviewed", [artifact])
    closing = {"settlement": "wire", "wireReference": f"WR-{dice.hex(8).upper()}"}
    yield DealStep("ClosingFinalized", closing, "ESCROW", [artifact])


def operating(dice: Dice) -> Iterator[DealStep]:
    """What follows the closing, without end."""
    agreement, upload = _upload(dice, "OPERATOR")
    yield upload
    yield _material(dice.uuid(), "PropertyManagementAgreement", "DOC", agreement)
    yield from _activation(agreement)
    while True:
        chance = dice.below(100)
        if chance < 45:
            artifact, upload = _upload(dice, "OPERATOR")
            yield upload
            yield _material(dice.uuid(), dice.pick(("MonthlyReport", "RentRoll", "InspectionReport")), "DOC", artifact)
        elif chance < 75:
            artifact, upload = _upload(dice, "LEGAL")
            change = {
                "material": "RentRoll",
                "field": "occupancy",
                "from": dice.between(80, 96),
                "to": dice.between(60, 90),
            }
            yield DealStep("MaterialChangeDetected", change, "OPERATOR", [])
            yield upload
            yield DealStep(
                "ChangeReconciled", {"resolution": "accepted", "memo": "Reviewed with counsel"}, "LEGAL", [artifact]
            )
        elif chance < 85:
            yield DealStep("ApprovalDenied", {"action": "FINALIZE_EXIT", "reason": "Market window closed"}, "GP", [])
        elif chance < 92:
            yield DealStep(
                "DistressDeclared", {"trigger": "DSCR below 1.05", "quarter": f"Q{dice.between(1, 4)}"}, "LENDER", []
            )
            for role in ("GP", "LENDER"):
                yield _granted("RESOLVE_DISTRESS", role, "Cure plan accepted", [])
            yield DealStep("DistressResolved", {"resolution": "Reserve funded"}, "LENDER", [])
            yield from _activation(agreement)
        elif chance < 96:
            yield DealStep(
                "DataDisputed", {"field": "noi", "reason": "Statement differs from the bank's"}, "AUDITOR", []
            )
        else:
            order = f"{dice.between(100, 999)}-C-{dice.between(10, 99)}"
            yield DealStep("FreezeImposed", {"order": order, "reason": "Lien claim"}, "COURT", [])
            yield DealStep("FreezeLifted", {"order": order, "reason": "Claim withdrawn"}, "COURT", [])


def _activation(agreement: str) -> Iterator[DealStep]:
    yield _granted("ACTIVATE_OPERATIONS", "GP", "", [agreement])
    yield _granted("ACTIVATE_OPERATIONS", "OPERATOR", "Team in place", [agreement])
    yield DealStep("OperationsActivated", {"manager": "Breakwater Property Services"}, "OPERATOR", [agreement])


def _upload(dice: Dice, role: str) -> tuple[str, DealStep]:
    artifact = dice.uuid()
    file = f"{dice.pick(TEXT_FILES)}-{dice.hex(4)}.pdf"
    payload = {"artifactId": artifact, "filename": file, "mimeType": "application/pdf"}
    return artifact, DealStep(
        "ArtifactUploaded",
        payload | {"sizeBytes": dice.between(20_000, 4_000_000), "sha256Hex": dice.hex(64)},
        role,
        [artifact],
    )


def _material(material: str, kind: str, truth: str, artifact: str) -> DealStep:
    return DealStep("MaterialCreated", {"materialId": material, "type": kind, "truthClass": truth}, "GP", [artifact])


def _raised(material: str, kind: str, old: str, new: str) -> DealStep:
    payload = {"materialId": material, "type": kind, "previousTruthClass": old, "newTruthClass": new}
    return DealStep("MaterialUpdated", payload, "GP", [])


def _granted(action: str, role: str, comment: str, evidence: list[str]) -> DealStep:
    payload = {"action": action} | ({"comment": comment} if comment else {})
    return DealStep("ApprovalGranted", payload, role, evidence)
