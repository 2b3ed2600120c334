"""The rules table: which roles may do an action, and what its gate asks for.

It is data, ``gates.json`` beside this module, so that an operator's own rules can stand in its place: the same form,
given as text (``Context.rules``). An action with ``approvals`` is gated.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import Any


class RulesError(ValueError):
    """A rules table that cannot be used. The message is for people."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What an action asks for. ``materials`` are types and the truth that each has at least; ``approvals`` is None
    where the action is not gated."""

    action: str
    event: str
    roles: tuple[str, ...]
    approvals: int | None = None
    materials: tuple[tuple[str, str], ...] = ()
    allowed: frozenset[str] = frozenset()
    """``roles`` as a set."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """The table. ``truth`` are the classes of truth, the weakest first."""

    truth: tuple[str, ...]
    actions: Mapping[str, Gate]
    by_event: Mapping[str, Gate]
    roles: frozenset[str]
    materials: frozenset[str]
    """Types of materials that any gate asks for."""


@cache
def rules_of(text: str = "") -> GateRules:
    """The rules of this text; those of the specification without one. Raises ``RulesError``."""
    if not text:
        text = (get_data(__package__, "gates.json") or b"").decode()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RulesError(f"The rules are not JSON: {error}") from None
    truth = _names(_object(document, "the rules").get("truth"), "truth")
    gates = [_gate(name, rule, truth) for name, rule in _object(document.get("actions"), "actions").items()]
    by_event = {gate.event: gate for gate in gates}
    if len(by_event) < len(gates):
        raise RulesError("Two actions of the rules have the same event.")
    roles = frozenset(role for gate in gates for role in gate.roles)
    materials = frozenset(type for gate in gates for type, _ in gate.materials)
    return GateRules(truth, {gate.action: gate for gate in gates}, by_event, roles, materials)


def _gate(name: str, rule: Any, truth: tuple[str, ...]) -> Gate:
    rule = _object(rule, name)
    if unknown := rule.keys() - {"event", "roles", "approvals", "materials"}:
        raise RulesError(f"{name}: {min(unknown)} is not known; known are event, roles, approvals and materials.")
    event, approvals = rule.get("event"), rule.get("approvals")
    if not isinstance(event, str) or not event:
        raise RulesError(f"{name}: event should be the type of an event.")
    if approvals is not None and (type(approvals) is not int or approvals < 0):
        raise RulesError(f"{name}: approvals should be a number.")
    materials = _object(rule.get("materials", {}), f"{name}: materials")
    for type_, least in materials.items():
        if least not in truth:
            raise RulesError(f"{name}: {least!r}, asked of {type_}, is none of {', '.join(truth)}.")
    if materials and approvals is None:
        approvals = 0
    roles = _names(rule.get("roles"), f"{name}: roles")
    return Gate(name, event, roles, approvals, tuple(materials.items()), frozenset(roles))


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RulesError(f"{what} should be an object.")
    return value


def _names(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise RulesError(f"{what} should be a list of names.")
    return tuple(value)
