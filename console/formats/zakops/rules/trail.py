"""The trail inside an action document: the same rules as for the audit's rows, all at once."""

from collections.abc import Mapping
from typing import Any

from console.formats.reading.findings import Remark
from console.formats.zakops.record import read_payload, text
from console.formats.zakops.rules.actions import TRANSITIONS, ActionLife, step_action
from console.model.trust import Severity


def _unknown(event: str, place: str) -> Remark:
    return Remark(
        "schema.unknown-event-type", f"{event!r} is no known event.", f"{place}.event", severity=Severity.WARNING
    )


def walk_trail(document: Mapping[str, Any]) -> tuple[ActionLife, list[Remark]]:
    """The trail inside an action document, with a remark where it does not lead to the document's status."""
    state, remarks = ActionLife(), list[Remark]()
    trail = document.get("audit_trail")
    if not isinstance(trail, list):
        return state, remarks
    last, ids = "", set[str]()
    for position, entry in enumerate(trail):
        if not isinstance(entry, dict):
            continue
        place = f"audit_trail[{position}]"
        event, time = text(entry.get("event")) or "?", entry.get("timestamp")
        name = text(entry.get("audit_id"))
        if name and name in ids:
            message = "The audit id stands twice in this trail."
            remarks.append(Remark("identity.duplicate-event-id", message, f"{place}.audit_id", None, name))
        ids.update([name] if name else [])
        if event not in TRANSITIONS:
            remarks.append(_unknown(event, place))
        for each in step_action(state, event, read_payload(entry.get("details"))[0]):
            remarks.append(each._replace(field=f"{place}.{each.field}" if each.field else place))
        # The writer's one form of time has a fixed width: its texts order as its times do.
        if type(time) is str and len(time) == 20 and time.endswith("Z"):
            if time < last:
                message = f"{time} comes after {last}."
                remarks.append(Remark("order.time-regression", message, f"{place}.timestamp", last, time))
            last = time
    status = text(document.get("status"))
    if trail and status and state.status and status != state.status:
        remarks.append(
            Remark(
                "replay.value-discontinuity",
                f"The trail leads to {state.status}, the document says {status}.",
                "status",
                state.status,
                status,
            )
        )
    count = document.get("retry_count")
    if trail and type(count) is int and state.status and count != state.retries:
        message = f"The trail counts {state.retries} retries, the document {count}."
        remarks.append(Remark("replay.value-discontinuity", message, "retry_count", str(state.retries), str(count)))
    return state, remarks
