"""Deals of the samples and benchmarks live as the kernel's state machine and its gates allow."""

from itertools import islice

from console.samples.lifecycle import ROLES, DealStep, opening, operating
from console.samples.pen import Dice

MOVES = {
    "ReviewOpened": {"Draft": "UnderReview"},
    "DealApproved": {"UnderReview": "Approved"},
    "ClosingReadinessAttested": {"Approved": "ReadyToClose"},
    "ClosingFinalized": {"ReadyToClose": "Closed"},
    "OperationsActivated": {"Closed": "Operating", "Resolved": "Operating"},
    "MaterialChangeDetected": {"Operating": "Changed"},
    "ChangeReconciled": {"Changed": "Operating"},
    "DistressDeclared": {"Operating": "Distressed", "Changed": "Distressed"},
    "DistressResolved": {"Distressed": "Resolved"},
    "FreezeImposed": {"Operating": "Frozen"},
    "FreezeLifted": {"Frozen": "Operating"},
}
ROLES_OF = {
    "APPROVE_DEAL": "GP",
    "ATTEST_READY_TO_CLOSE": "GP LEGAL",
    "FINALIZE_CLOSING": "GP LENDER ESCROW",
    "ACTIVATE_OPERATIONS": "GP OPERATOR",
    "RESOLVE_DISTRESS": "GP LENDER",
}
ACTION_OF = {
    "DealApproved": "APPROVE_DEAL",
    "ClosingReadinessAttested": "ATTEST_READY_TO_CLOSE",
    "ClosingFinalized": "FINALIZE_CLOSING",
    "OperationsActivated": "ACTIVATE_OPERATIONS",
    "DistressResolved": "RESOLVE_DISTRESS",
}
NEEDED = {
    "APPROVE_DEAL": 1,
    "ATTEST_READY_TO_CLOSE": 2,
    "FINALIZE_CLOSING": 3,
    "ACTIVATE_OPERATIONS": 2,
    "RESOLVE_DISTRESS": 2,
}
MATERIALS = {
    "DealApproved": {"UnderwritingSummary": "HUMAN DOC"},
    "ClosingReadinessAttested": {"FinalUnderwriting": "DOC", "SourcesAndUses": "DOC"},
    "ClosingFinalized": {"WireConfirmation": "DOC", "EntityFormationDocs": "DOC"},
    "OperationsActivated": {"PropertyManagementAgreement": "DOC"},
}
OTHERS = {
    "ReviewOpened": "GP", "MaterialChangeDetected": "GP OPERATOR", "ChangeReconciled": "GP LEGAL",
    "DistressDeclared": "GP LENDER", "FreezeImposed": "COURT REGULATOR TRUSTEE", "FreezeLifted": "COURT",
    "DataDisputed": "AUDITOR LENDER GP",
}  # fmt: skip


def life(length: int) -> list[DealStep]:
    dice = Dice("a life")
    names = {role: role.lower() for role in ROLES}
    return [*opening(dice, "Deal", names, names, 1), *islice(operating(dice), length)]


def test_every_move_is_legal() -> None:
    state, seen = "Draft", set()
    for step in life(2000):
        if step.type in MOVES:
            assert state in MOVES[step.type], step
            state = MOVES[step.type][state]
            seen.add(step.type)
        elif state == "Frozen":
            raise AssertionError(f"{step.type} while frozen")
    assert seen == MOVES.keys()


def test_every_gate_has_what_it_asks_for() -> None:
    known: set[str] = set()
    approvers: dict[str, set[str]] = {}
    truths: dict[str, set[str]] = {}
    for step in life(2000):
        payload = step.payload
        if step.type == "ActorAdded":
            known.add(payload["role"])
        elif step.type in ("MaterialCreated", "MaterialUpdated"):
            truths.setdefault(payload["type"], set()).add(payload.get("truthClass") or payload["newTruthClass"])
        elif step.type == "ApprovalGranted":
            assert step.role in ROLES_OF[payload["action"]].split()
            approvers.setdefault(payload["action"], set()).add(step.role)
        elif step.type in OTHERS:
            assert step.role in OTHERS[step.type].split()
        if action := ACTION_OF.get(step.type):
            assert step.role in ROLES_OF[action].split()
            assert len(approvers[action]) >= NEEDED[action]
            for material, enough in MATERIALS.get(step.type, {}).items():
                assert truths[material] & set(enough.split())
        assert step.type in ("DealCreated", "ActorAdded") or step.role in known
