"""The tabs of one kernel event."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.formats.json.strict import decode
from console.formats.kernel.authority.judge import APPROVING
from console.formats.kernel.authority.table import GateRules
from console.formats.kernel.profiles import named
from console.formats.kernel.record import PACK, PROOF, layout_of
from console.formats.kernel.relations import relations
from console.model.event import Event, Field, Panel
from console.verify.javascript import stringify

_MAX_LINES = 500


def panels(event: Event, shape: str, profile: str | None, rules: GateRules) -> list[Panel]:
    """Envelope, Payload, Authority, Evidence."""
    document = event.document
    layout = layout_of(shape)
    body = layout.name("payload")
    parts = {body, "authorityContext", "evidenceRefs"}
    names = [name for name in layout.stored if name not in parts]
    pinned = named(profile)
    coverage = None if pinned is None else pinned.coverage

    def note(name: str) -> str:
        return "" if coverage is None else coverage.word(name)

    envelope = [Field(name, _show(document[name]), note(name)) for name in names if name in document]
    if shape == PACK and event.streams:
        envelope.insert(0, Field("dealId", event.streams[0].key, "covered; from the pack's manifest"))
    envelope += [
        Field(name, _show(value), ", ".join(filter(None, (note(name), "not a field of the ledger's schema"))))
        for name, value in document.items()
        if name not in names and name not in parts
    ]
    if shape == PROOF:
        return [Panel("Envelope", tuple(envelope)), Panel("Files", tuple(_lines(document.get("files"))))]
    authority = [*_rule(event, rules), *_lines(_inner(document.get("authorityContext")))]
    references = _inner(document.get("evidenceRefs"))
    evidence = (
        [Field(str(at), _show(each)) for at, each in enumerate(references[:_MAX_LINES], 1)]
        if isinstance(references, list)
        else list(_lines(references))
    )
    return [
        Panel("Envelope", tuple(envelope)),
        Panel("Payload", tuple(_lines(_inner(document.get(body))))),
        Panel("Authority", tuple(authority)),
        Panel("Evidence", tuple(evidence)),
    ]


def _rule(event: Event, rules: GateRules) -> Iterator[Field]:
    """The rule that governs an event, or the action that it approves; and by which names its causes answer."""
    payload = event.document.get("payload")
    action = payload.get("action") if isinstance(payload, dict) and event.type in APPROVING else None
    gate = rules.actions.get(action) if isinstance(action, str) else rules.by_event.get(event.type)
    if gate is None:
        return
    gated = gate.approvals is not None and event.type == gate.event
    yield Field("rule", gate.action, "a gate: role, approvals and materials" if gated else "the role alone")
    yield Field("permitted roles", " or ".join(gate.roles), "one of them must be the actor's")
    if not gated:
        return
    yield Field("approvals", str(gate.approvals), f"ApprovalGranted of {gate.action} before it, by as many actors")
    for kind, least in gate.materials:
        yield Field(f"material {kind}", least, "at least, before it")
    for how, name in relations(event).causes:
        if how in ("approval", "override", "material"):
            yield Field(f"satisfied by: {how}", name, "see what caused it")


def payload_of(event: Event) -> Mapping[str, Any]:
    """The payload of an event in any layout; {} where there is none, or it is no object."""
    found = next((event.document[name] for name in ("payload", "eventData", "data") if name in event.document), None)
    found = _inner(found)
    return found if isinstance(found, Mapping) else {}


def _inner(value: Any) -> Any:
    """What JSON text in a table's cell holds; other values as they are."""
    if not isinstance(value, str):
        return value
    document = decode(value.encode("utf-8", "surrogatepass")).document
    if document is not None:
        return document
    try:
        found = json.loads(value) if len(value) < 100_000 and value.startswith("[") else value
    except (ValueError, RecursionError):
        return value
    return found


def _lines(value: Any, path: str = "", left: list[int] | None = None) -> Iterable[Field]:
    """One line a value, with its path; at most ``_MAX_LINES``, and a line about the rest."""
    left = [_MAX_LINES] if left is None else left
    if left[0] < 0 or (value is None and not path):
        return
    left[0] -= 1
    if left[0] < 0:
        yield Field(path, "…", f"more than {_MAX_LINES} values; see Raw")
    elif isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _lines(item, f"{path}.{key}" if path else str(key), left)
    elif isinstance(value, list) and value:
        for at, item in enumerate(value):
            yield from _lines(item, f"{path}[{at}]", left)
    elif path:
        yield Field(path, _show(value))


def _show(value: Any) -> str:
    return value if isinstance(value, str) else stringify(value)
