"""A deal's state and stress mode, by the table of the Kernel's description."""

from collections.abc import Iterable

STEPS = {
    "ReviewOpened": (("Draft",), "UnderReview"),
    "DealApproved": (("UnderReview",), "Approved"),
    "ClosingReadinessAttested": (("Approved",), "ReadyToClose"),
    "ClosingFinalized": (("ReadyToClose",), "Closed"),
    "OperationsActivated": (("Closed", "Resolved"), "Operating"),
    "MaterialChangeDetected": (("Operating",), "Changed"),
    "ChangeReconciled": (("Changed",), "Operating"),
    "DistressDeclared": (("Operating", "Changed"), "Distressed"),
    "DistressResolved": (("Distressed",), "Resolved"),
}
OTHERS = ("DataDisputed", "ApprovalGranted", "ApprovalDenied", "OverrideAttested", "DealCreated", "MaterialUpdated")
TYPES = (*STEPS, "FreezeImposed", "FreezeLifted", "ExitFinalized", "DealTerminated", *OTHERS)


def project(types: Iterable[str]) -> list[tuple[str, str]]:
    """State and stress mode after each event."""
    state, before, distressed, disputed = "Draft", "Draft", False, False
    found = []
    for kind in types:
        sources, target = STEPS.get(kind, ((), ""))
        if state in sources:
            state = target
        elif kind == "FreezeImposed" and state not in ("Exited", "Terminated", "Frozen"):
            state, before = "Frozen", state
        elif kind == "FreezeLifted" and state == "Frozen":
            state = before
        elif kind == "ExitFinalized" and state != "Terminated":
            state = "Exited"
        elif kind == "DealTerminated":
            state = "Terminated"
        if kind in ("DistressDeclared", "DistressResolved"):
            distressed = kind == "DistressDeclared"
        disputed |= kind == "DataDisputed"
        stress = "SM-3" if state == "Frozen" else "SM-2" if distressed else "SM-1" if disputed else "SM-0"
        found.append((state, stress))
    return found
