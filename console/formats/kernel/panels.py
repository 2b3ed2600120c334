"""The tabs of one kernel event."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from console.formats.json.strict import decode
from console.formats.kernel.authority.judge import APPROVING, NAMED, REGISTERING, Act, Authority, Judge, Ruling, act_of
from console.formats.kernel.authority.table import Gate, GateRules
from console.formats.kernel.authority.words import conditions, role
from console.formats.kernel.profiles import named
from console.formats.kernel.record import PACK, PROOF, TABLE, layout_of
from console.model.event import NO_TIME, Event, Field, Panel
from console.verify.javascript import stringify

_MAX_LINES = 500


def panels(
    event: Event, shape: str, profile: str | None, rules: GateRules, deal: Sequence[Event] | None = None
) -> list[Panel]:
    """Envelope, Payload, Authority, Evidence. ``deal`` is what the event is judged by, None where that is not there."""
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
    authority = [*_rule(event, rules, deal), *_lines(_inner(document.get("authorityContext")))]
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


def judged_by(event: Event, shape: str, rules: GateRules) -> Collection[str]:
    """Types of the deal's events that a governed event is judged by."""
    gate = None if shape in (TABLE, PACK, PROOF) else _gate(event, rules)
    if gate is None:
        return ()
    judge = Judge(rules)
    return judge.types - judge.quiet if _is_gated(event, gate) else REGISTERING


def _gate(event: Event, rules: GateRules) -> Gate | None:
    """The rule of an event, or of the action that it approves."""
    payload = event.document.get("payload")
    action = payload.get("action") if isinstance(payload, dict) and event.type in APPROVING else None
    return rules.actions.get(action) if isinstance(action, str) else rules.by_event.get(event.type)


def _is_gated(event: Event, gate: Gate) -> bool:
    return gate.approvals is not None and event.type == gate.event


def _rule(event: Event, rules: GateRules, deal: Sequence[Event] | None) -> Iterator[Field]:
    """The rule that governs an event, or the action that it approves; judged where the deal's events are given."""
    gate = _gate(event, rules)
    if gate is None:
        return
    gated = _is_gated(event, gate)
    yield Field("rule", gate.action, "a gate: role, approvals and materials" if gated else "the role alone")
    if deal is None:
        yield Field("permitted roles", " or ".join(gate.roles), "one of them must be the actor's")
        if gated:
            yield Field(
                "approvals", str(gate.approvals), f"ApprovalGranted of {gate.action} before it, by as many actors"
            )
        for kind, least in gate.materials if gated else ():
            yield Field(f"material {kind}", least, "at least, before it")
        if gated:
            yield Field("judged", "not here", "Gates (R) shows what satisfies it")
        return
    ruling = _ruling(event, gate, rules, deal)
    for one in conditions(ruling) if gated else [role(ruling)]:
        yield Field(one.about, one.answer, one.asked)
        yield from (Field("  by event", each) for each in one.events[:NAMED])
        if len(one.events) > NAMED:
            yield Field("  by event", f"and {len(one.events) - NAMED:,} more")


def _ruling(event: Event, gate: Gate, rules: GateRules, deal: Sequence[Event]) -> Ruling:
    """What the report of gates finds of an event: by what the ledger holds of its deal before it."""
    judge, authority = Judge(rules), Authority()
    first = deal[0] if deal else event
    whole = not ((first.sequence or 0) > 1 and first.previous_hash)
    before = [each for each in deal if each.type in judge.types and _moment(each) < _moment(event)]
    for each in sorted(before, key=_moment):
        judge.take(authority, _act(each), whole=whole)
    ruling, _ = judge.take(authority, act := _act(event), whole=whole)
    if ruling is None:  # nothing is notable about it: the role is surely permitted
        known = authority.roles.get(act.actor, ()) if act.actor else ()
        ruling = Ruling(gate, True, tuple(dict.fromkeys(filter(None, (act.claim, *known)))))
    return ruling


def _act(event: Event) -> Act:
    context, payload = event.document.get("authorityContext"), event.document.get("payload")
    return act_of(event.type, event.event_id or "", event.actor or "", context, payload)


def _moment(event: Event) -> tuple[int, int]:
    return NO_TIME if event.instant is None else event.instant.micros, event.ordinal


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
