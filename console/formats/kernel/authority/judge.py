"""Authority, judged from one deal's events alone, one after the other: what is registered, approved and at hand, and
what each gate finds of it.

The kernel asks its own tables, which a ledger may not hold. So each answer is yes, no, or None: the ledger cannot show
it. Nobody is accused of a None. Two things say who an actor is: what the ledger registered of it (ActorAdded,
RoleAssigned), and the role that the event itself claims. Each that speaks must be permitted.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from console.formats.kernel.authority.table import Gate, GateRules
from console.formats.reading.findings import Remark

REGISTERING = ("ActorAdded", "RoleAssigned")
MATERIAL = ("MaterialCreated", "MaterialUpdated")
APPROVING = ("ApprovalGranted", "ApprovalDenied")
OVERRIDE = "OverrideAttested"
NAMED = 20
"""Events that a finding names, at most."""


class Act(NamedTuple):
    """One event, as far as authority goes. ``claim`` is the role that it names, ``used`` true if it says that an
    override was used.

    ``subject`` is the action that is approved or overridden, the actor that is registered, or the material; ``value``
    the role or the truth that this gets, or the reason; ``kind`` the material's type, ``before`` the truth that it
    had. '' is none.
    """

    type: str
    event_id: str = ""
    actor: str = ""
    claim: str = ""
    used: bool = False
    subject: str = ""
    value: str = ""
    kind: str = ""
    before: str = ""


class Grant(msgspec.Struct, array_like=True):
    """Approvals of one action by one actor: how many, and the last one's id."""

    count: int = 0
    event_id: str = ""


class Paper(msgspec.Struct, array_like=True):
    """A material that gates ask for: its type, its truth, and the event that gave it that."""

    type: str = ""
    truth: str = ""
    event_id: str = ""


class Authority(msgspec.Struct, array_like=True):
    """What a deal's events have shown. ``roles`` are those registered, by actor; ``grants`` by action and actor ('': it
    names none); ``papers`` by material; ``overrides`` are ids by action, since its gate was last passed.

    ``records``: the ledger holds events of approvals, actors or materials, so that one it lacks did not happen;
    ``registers``: of actors or materials. ``registered`` counts what ``roles`` holds.
    """

    roles: dict[str, list[str]] = msgspec.field(default_factory=dict)
    grants: dict[str, dict[str, Grant]] = msgspec.field(default_factory=dict)
    papers: dict[str, Paper] = msgspec.field(default_factory=dict)
    overrides: dict[str, list[str]] = msgspec.field(default_factory=dict)
    records: bool = False
    registers: bool = False
    registered: int = 0


class Asked(NamedTuple):
    """A material that a gate asks for, and what is at hand: its truth ('' for none), by which event, and if it will
    do."""

    type: str
    least: str
    truth: str
    event_id: str
    enough: bool | None


class Ruling(NamedTuple):
    """What a governed event came to. ``role`` is true if it was permitted. ``met`` is about approvals: ``granted`` in
    all, by ``distinct`` actors that are surely different, in the events ``approvals``. ``overrides`` are ids of those
    that lift approvals and materials."""

    gate: Gate
    role: bool | None
    roles: tuple[str, ...]
    granted: int = 0
    distinct: int = 0
    met: bool | None = True
    approvals: tuple[str, ...] = ()
    materials: tuple[Asked, ...] = ()
    overrides: tuple[str, ...] = ()
    used: bool = False

    @property
    def passes(self) -> bool | None:
        """True if the rules are kept, as they are or by an override; None where the ledger cannot show it."""
        parts = [self.role]
        if not self.overrides:
            parts += [self.met, *(each.enough for each in self.materials)]
        return False if False in parts else None if None in parts else True


class Judge:
    """Takes the acts of deals under some rules."""

    def __init__(self, rules: GateRules) -> None:
        self.rules = rules
        self._ranks = {truth: rank for rank, truth in enumerate(rules.truth)}
        self.types = frozenset((*rules.by_event, *REGISTERING, *MATERIAL, *APPROVING))
        """Types of events that are acts."""
        gates = (gate for gate in rules.by_event.values() if gate.approvals is None and gate.event != OVERRIDE)
        self.quiet = frozenset(gate.event for gate in gates) - {*REGISTERING, *MATERIAL, *APPROVING}
        """Types that are asked for the role alone."""

    def permits(self, authority: Authority, act: Act, gate: Gate) -> bool:
        """True if the role is surely enough for an act that a gate's rules govern."""
        return _role(authority, act, gate, whole=True) is True

    def is_fine(self, authority: Authority, act: Act, *, whole: bool = True) -> bool:
        """True for a gate at which everything is surely as the rules ask, without an override: ``take`` would find
        nothing and change nothing. False says nothing."""
        gate = self.rules.by_event.get(act.type)
        if gate is None or gate.approvals is None or act.used or not _role(authority, act, gate, whole):
            return False
        return self.is_open(authority, gate)

    def is_open(self, authority: Authority, gate: Gate) -> bool:
        """True if approvals and materials are as a gate asks, and no override waits for it."""
        grants = authority.grants.get(gate.action, {})
        if gate.action in authority.overrides or len(grants) - ("" in grants) < (gate.approvals or 0):
            return False
        return not gate.materials or all(self._is_at_hand(authority, *asked) for asked in gate.materials)

    def _is_at_hand(self, authority: Authority, kind: str, least: str) -> bool:
        """True if there is a material of this kind whose truth is at least so good."""
        ranks = self._ranks
        return any(paper.type == kind and ranks[paper.truth] >= ranks[least] for paper in authority.papers.values())

    def take(self, authority: Authority, act: Act, *, whole: bool = True) -> tuple[Ruling | None, list[Remark]]:
        """One act, in order: what it comes to where rules govern it (None where nothing is notable about it), and what
        is to be found of that. ``whole``: the ledger holds the deal from its beginning."""
        kind, rules = act.type, self.rules
        if kind == "ApprovalGranted":
            gate = rules.actions.get(act.subject)
            authority.records = True
            if gate is not None and not act.used and _role(authority, act, gate, whole):
                grant(authority, act.subject, act.actor, act.event_id)
                return None, []
        if kind in REGISTERING:
            authority.records = authority.registers = True
            if act.subject and act.value and act.value not in (known := authority.roles.setdefault(act.subject, [])):
                known.append(act.value)
                authority.registered += 1
            return None, []
        if kind in MATERIAL:
            authority.records = authority.registers = True
            return None, self._paper(authority, act)
        gate = rules.actions.get(act.subject) if kind in APPROVING else rules.by_event.get(kind)
        if gate is None:
            authority.records = authority.records or kind in APPROVING
            return None, []
        role = _role(authority, act, gate, whole)
        if kind in APPROVING or kind == OVERRIDE:
            authority.records = True
            if kind == "ApprovalGranted" and role is not False:
                grant(authority, act.subject, act.actor, act.event_id)
            elif kind == OVERRIDE and act.subject in rules.actions and act.value and role is not False:
                authority.overrides.setdefault(act.subject, []).append(act.event_id)
        gated = gate.approvals is not None and kind == gate.event
        if role and not gated and not act.used:
            return None, []
        ruling = Ruling(gate, role, _roles(authority, act), used=act.used)
        if gated:
            ruling = self._gate(authority, ruling, whole)
        return ruling, [*remarks(act, ruling)]

    def _paper(self, authority: Authority, act: Act) -> list[Remark]:
        """A material that gates ask for. It is found if it is raised from another truth than it has."""
        known = authority.papers.get(act.subject)
        kind = act.kind or (known.type if known else "")
        if kind in self.rules.materials and act.value in self.rules.truth:
            authority.papers[act.subject] = Paper(kind, act.value, act.event_id)
        if known is None or not act.before or act.before == known.truth:
            return []
        text = f"{act.type} of {kind} begins at {act.before}, and its truth was {known.truth}."
        return [Remark("replay.value-discontinuity", text, "payload.previousTruthClass", known.truth, act.before)]

    def _gate(self, authority: Authority, ruling: Ruling, whole: bool) -> Ruling:
        """A gate: approvals and materials so far, and the overrides that it uses up."""
        gate = ruling.gate
        grants = authority.grants.get(gate.action, {})
        granted = sum(grant.count for grant in grants.values())
        distinct = len(grants.keys() - {""})
        unknown = grants[""].count if "" in grants else 0
        least = gate.approvals or 0
        met: bool | None = distinct >= least
        if not met and (distinct + unknown >= least or not whole or not authority.records):
            met = None
        return ruling._replace(
            granted=granted,
            distinct=distinct,
            met=met,
            approvals=tuple(grant.event_id for grant in grants.values()),
            materials=tuple(self._asked(authority, kind, truth, whole) for kind, truth in gate.materials),
            overrides=tuple(authority.overrides.pop(gate.action, ())),
        )

    def _asked(self, authority: Authority, kind: str, least: str, whole: bool) -> Asked:
        rank = self.rules.truth.index
        papers = [paper for paper in authority.papers.values() if paper.type == kind]
        if not papers:
            return Asked(kind, least, "", "", False if whole and authority.registers else None)
        best = max(papers, key=lambda paper: rank(paper.truth))
        enough = rank(best.truth) >= rank(least)
        return Asked(kind, least, best.truth, best.event_id, enough or (None if not whole else False))


def grant(authority: Authority, action: str, actor: str, event_id: str) -> None:
    """Count a permitted approval of an action."""
    authority.records = True
    by = authority.grants.get(action)
    if by is None:
        by = authority.grants[action] = {}
    known = by.get(actor)
    if known is None:
        known = by[actor] = Grant()
    known.count += 1
    known.event_id = event_id


def _role(authority: Authority, act: Act, gate: Gate, whole: bool) -> bool | None:
    """True if the actor may do it."""
    if act.claim and act.claim not in gate.roles:
        return False
    registered = authority.roles.get(act.actor) if act.actor else None
    if registered and whole and gate.allowed.isdisjoint(registered):
        return False
    return True if act.claim or registered else None


def _roles(authority: Authority, act: Act) -> tuple[str, ...]:
    """The roles of who acts: the claimed one, and those registered."""
    claimed = (act.claim,) if act.claim else ()
    return tuple(dict.fromkeys((*claimed, *(authority.roles.get(act.actor, ()) if act.actor else ()))))


def remarks(act: Act, ruling: Ruling) -> Iterator[Remark]:
    """What is to be found of a ruling."""
    gate, what = ruling.gate, act.type if act.type == ruling.gate.event else f"{act.type} of {ruling.gate.action}"
    may = " or ".join(gate.roles)
    if ruling.role is False:
        field = "authorityContext.role" if act.claim and act.claim not in gate.roles else "actorId"
        text = f"{what} is for {may}; the actor is {' and '.join(ruling.roles)}."
        yield Remark("authority.role-not-permitted", text, field, may, ", ".join(ruling.roles))
    elif ruling.role is None:
        yield Remark(UNVERIFIABLE, "The ledger does not show the role of who acted.", "actorId")
    if ruling.overrides or ruling.used:
        yield _override(ruling, what)
    if not ruling.overrides:
        yield from _lacks(ruling, what)


UNVERIFIABLE = "authority.unverifiable"


def _override(ruling: Ruling, what: str) -> Remark:
    names = ruling.overrides
    if not names:
        text = f"{what} claims an override of {ruling.gate.action}, and the ledger holds none since its last gate."
        return Remark("authority.override-used", text, "authorityContext.overrideUsed")
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    many = f"{len(names):,} overrides were" if len(names) > 1 else "an override was"
    text = f"{what}: {many} attested of {ruling.gate.action} ({', '.join(names[:NAMED])}{more})."
    if ruling.met and all(each.enough for each in ruling.materials):
        text += " Approvals and materials would have been enough without."
    else:
        text += " Approvals and materials were not asked for."
    return Remark("authority.override-used", text, None)


def _lacks(ruling: Ruling, what: str) -> Iterator[Remark]:
    """Approvals and materials that are not as a gate asks for them."""
    gate, least = ruling.gate, ruling.gate.approvals or 0
    if ruling.met is False and ruling.granted >= least:
        text = (
            f"{what} needs approvals of {gate.action} by {least} actors: {ruling.granted} were granted by"
            f" {ruling.distinct}. The real kernel counts one actor twice."
        )
        yield Remark("authority.approvals-not-distinct", text, None, str(least), str(ruling.distinct))
    elif ruling.met is False:
        text = f"{what} needs {least} approval{'s'[: least > 1]} of {gate.action}, and {ruling.granted} came before it."
        yield Remark("authority.threshold-not-met", text, None, str(least), str(ruling.granted))
    elif ruling.met is None:
        yield Remark(UNVERIFIABLE, "The ledger does not show all approvals of a gate, or by whom they are.")
    for asked in ruling.materials:
        if asked.enough is None:
            yield Remark(UNVERIFIABLE, "The ledger does not show the materials that a gate needs.")
        elif asked.enough is False and not asked.truth:
            text = f"{what} needs {asked.type}, and no such material came before it."
            yield Remark("authority.material-missing", text, None, f"{asked.type} {asked.least}")
        elif asked.enough is False:
            text = f"{what} needs {asked.type} that is at least {asked.least}; the best at hand is {asked.truth}."
            yield Remark("authority.truth-insufficient", text, None, asked.least, asked.truth)


def act_of(type: str, event_id: str, actor: str, context: Any, payload: Any) -> Act:
    """The act of one event, from its objects (whatever else they are)."""
    claims: Mapping[str, Any] = context if isinstance(context, dict) else {}
    holds: Mapping[str, Any] = payload if isinstance(payload, dict) else {}
    claim, used = _text(claims, "role"), claims.get("overrideUsed") is True
    parts: tuple[str, ...]
    if type in REGISTERING:
        parts = _text(holds, "actorId"), _text(holds, "role" if type == "ActorAdded" else "roleName")
    elif type in MATERIAL:
        truth = "truthClass" if type == "MaterialCreated" else "newTruthClass"
        before = _text(holds, "previousTruthClass") if type == "MaterialUpdated" else ""
        parts = _text(holds, "materialId"), _text(holds, truth), _text(holds, "type"), before
    else:
        parts = _text(holds, "action"), _text(holds, "reason")
    return Act(type, event_id, actor, claim, used, *parts)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
