"""Acts of a run in bulk. Nearly all are surely permitted, and leave nothing behind but a count of approvals: of these
no act is made. What is sure is asked of a deal as it was before the run, so no event of the run may change the answer.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from console.formats.json.columns import gathered
from console.formats.json.scan import Interner, Scan
from console.formats.kernel.authority.judge import APPROVING, MATERIAL, OVERRIDE, REGISTERING, Act, Authority, Judge
from console.formats.kernel.authority.table import Gate

Approval = tuple[str, str, str]
"""A permitted approval: its action, actor and id."""
_SUBJECTS = {
    "ActorAdded": ("actorId", "role"),
    "RoleAssigned": ("actorId", "roleName"),
    "MaterialCreated": ("materialId", "truthClass", "type"),
    "MaterialUpdated": ("materialId", "newTruthClass", "type", "previousTruthClass"),
    "ApprovalGranted": ("action",),
    "ApprovalDenied": ("action",),
    "OverrideAttested": ("action", "reason"),
}
"""Parts of payloads that acts are made of."""
_REMEMBERED = 20_000
"""Permissions that are remembered; then all are forgotten, and asked again."""
_UNSURE = -1
_UNASKED = 1
"""The code of a type of material that no gate asks for; 0 is none."""


class ClaimedRole(NamedTuple):
    """An authority context: true where nothing is wrong with it, the role that it claims, true if it names an override
    as used."""

    sound: bool
    role: str
    used: bool


class RowsOfType(NamedTuple):
    """Rows of one type, and their payloads where any part of these is known."""

    type: str
    rows: "array[int]"
    inner: Scan | None


class Acts:
    """Makes the acts of one ledger's runs. ``actors`` are names by code, ``claims`` contexts; ``shown`` gives what
    the events of deals have shown, by their codes; ``segment``: events before these are not known."""

    def __init__(
        self,
        judge: Judge,
        actors: Sequence[str],
        claims: Sequence[ClaimedRole],
        shown: Callable[[Iterable[int]], dict[int, Authority]],
        *,
        segment: bool,
    ) -> None:
        self._judge = judge
        self._actors, self._claims = actors, claims
        self._shown = shown
        self._by_deal: Mapping[int, Authority] = {}
        """Of the deals of the run at hand."""
        self._segment = segment
        wanted = judge.rules.materials
        self._kinds = Interner(lambda kind: _UNASKED + (kind in wanted))
        self._actions = ["", *judge.rules.actions]
        numbers = {action: number for number, action in enumerate(self._actions)}
        self._action_codes = Interner(lambda action: numbers.get(action, 0))
        self._sure: set[tuple[str, int, int, int, int, int]] = set()
        """What was permitted: type, deal, how much it had registered, actor, claim, action."""

    def of(
        self, scan: Scan, deals: "array[int]", actors: "array[int]", claims: "array[int]", kinds: Sequence[RowsOfType]
    ) -> list[tuple[int, Act | Approval]]:
        """Rows that have to do with authority and are not surely without effect, in their order. ``kinds`` are all rows
        of the types that are acts. A row without one of the texts that it needs is to be looked at by itself."""
        self._by_deal = self._shown(deals)
        asked = {each.type: self._asked(each, deals) for each in kinds if each.type in MATERIAL}
        stages = self._stages(deals, kinds, asked)
        found: list[tuple[int, Act | Approval]] = []
        for type, rows, inner in kinds:
            columns = [gathered(column, rows) for column in (deals, actors, claims)]
            if type in asked:
                unsure: Sequence[int] = asked[type]
            elif type in REGISTERING or type == OVERRIDE or self._segment:
                unsure = range(len(rows))
            else:
                unsure, approvals = self._judged(type, columns, inner, stages)
                if approvals:
                    ids = scan.texts("id", array("q", [rows[at] for at, _, _ in approvals]))
                    found += [
                        (rows[at], (action, actor, event_id or ""))
                        for (at, action, actor), event_id in zip(approvals, ids, strict=True)
                    ]
            if unsure:
                found += self._made(scan, type, rows, unsure, columns, inner)
        found.sort(key=_row)
        return found

    def _asked(self, each: RowsOfType, deals: "array[int]") -> list[int]:
        """Places of materials that gates ask for, or that are the first that a deal registers. One that is raised may
        have been of another type before."""
        if each.inner is None or each.type == "MaterialUpdated":
            return [*range(len(each.rows))]
        kinds, own = each.inner.codes("type", self._kinds), gathered(deals, each.rows)
        fresh = {deal for deal in {*own} if self._segment or not self._by_deal[deal].registers}
        if not fresh and kinds.count(_UNASKED) == len(kinds):
            return []
        return [at for at, kind in enumerate(kinds) if kind != _UNASKED or own[at] in fresh]

    def _stages(
        self, deals: "array[int]", kinds: Sequence[RowsOfType], asked: Mapping[str, Sequence[int]]
    ) -> dict[int, int]:
        """How much each deal has registered; ``_UNSURE`` where events of the run register, attest or bring what changes
        the answers."""
        if self._segment:
            return {}
        stages = {deal: each.registered for deal, each in self._by_deal.items()}
        stages[0] = _UNSURE
        for type, rows, _ in kinds:
            if type in REGISTERING or type == OVERRIDE:
                stages.update(zip(gathered(deals, rows), repeat(_UNSURE)))
            elif type in asked:
                stages.update((deals[rows[at]], _UNSURE) for at in asked[type])
        return stages

    def _judged(
        self, type: str, columns: "list[array[int]]", inner: Scan | None, stages: Mapping[int, int]
    ) -> tuple[list[int], list[tuple[int, str, str]]]:
        """Of rows of one type the places at which something is not sure; and the approvals that are, with their action
        and actor."""
        deals, actors, claims = columns
        approving = type in APPROVING
        actions: Sequence[int] = bytes(len(deals))
        if approving and inner is not None:
            actions = inner.codes("action", self._action_codes)
        keys = [*zip(repeat(type), deals, map(stages.__getitem__, deals), actors, claims, actions)]
        gate = None if approving else self._judge.rules.by_event[type]
        unsure: list[int] = []
        if not self._sure.issuperset(keys):
            unsure = [at for at, key in enumerate(keys) if key not in self._sure and not self._permitted(key)]
        if gate is not None and type not in self._judge.quiet:
            # As it was before the run: approvals only become more.
            closed = {deal for deal in {*deals} if not self._judge.is_open(self._by_deal[deal], gate)}
            if closed:
                unsure = sorted({*unsure, *(at for at, deal in enumerate(deals) if deal in closed)})
        if type != "ApprovalGranted":
            return unsure, []
        careful, names = {*unsure}, self._actors
        return unsure, [(at, self._actions[key[5]], names[key[3]]) for at, key in enumerate(keys) if at not in careful]

    def _permitted(self, key: tuple[str, int, int, int, int, int]) -> bool:
        """True if it is sure that an actor may do this, and that it changes nothing but counts; that is remembered."""
        type, deal, stage, actor, claim, action = key
        context, rules = self._claims[claim], self._judge.rules
        gate: Gate | None = rules.actions.get(self._actions[action]) if type in APPROVING else rules.by_event[type]
        if stage == _UNSURE or gate is None or context.used or not context.sound:
            return False
        authority = self._by_deal[deal]
        if type == "ApprovalDenied" and (not authority.records or gate.event == type):
            return False
        if not self._judge.permits(authority, Act(type, "", self._actors[actor], context.role), gate):
            return False
        if len(self._sure) >= _REMEMBERED:
            self._sure.clear()
        self._sure.add(key)
        return True

    def _made(
        self,
        scan: Scan,
        type: str,
        rows: "array[int]",
        places: Sequence[int],
        columns: "list[array[int]]",
        inner: Scan | None,
    ) -> Iterator[tuple[int, Act]]:
        """The acts at these places of the rows of one type."""
        _, actors, claims = columns
        ids = scan.texts("id", [rows[at] for at in places])
        parts = [inner.texts(name, places) for name in _SUBJECTS.get(type, ())] if inner is not None else []
        for number, at in enumerate(places):
            context = self._claims[claims[at]]
            subject = [part[number] or "" for part in parts]
            act = Act(type, ids[number] or "", self._actors[actors[at]], context.role, context.used, *subject)
            yield rows[at], act


def _row(found: tuple[int, Act | Approval]) -> int:
    return found[0]
