"""Plain lines in columns, and which of them need more than a row.

What is asked of a line here is what the models of ``schema`` ask of it (tests hold both to it): so lines that are not
taken here are validated there, which says exactly what is wrong.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from console.formats.json.scan import Fields, Interner, Kind, Scan, both, either, neither
from console.formats.reading.columns import Columns
from console.formats.reading.runs import Run, Typed
from console.formats.swarm.profiles import RECIPES, is_simple, reproduced
from console.formats.swarm.record import (
    AUDIT,
    AUDITED,
    DIGEST,
    EVENT_TYPES,
    INTEGERS,
    NEEDED,
    UUID,
    V1,
    V2,
    V3,
    has_form,
    scenario_of,
)
from console.formats.swarm.rules import BORDERS
from console.model.record import RecordBatch

FIELDS = Fields(*V3)
_INSIDE = Fields(*(recipe.key for recipe in RECIPES.values()))
_AUDITED = Fields(AUDITED)
_STRING = (Kind.STRING, Kind.ESCAPED)
_USUAL = EVENT_TYPES - BORDERS
_NO_NUMBER = -1


class PlainTool(msgspec.Struct, gc=False):
    tool_name: str
    arguments: dict[str, Any]
    result: Any
    success: bool


class PlainArtifact(msgspec.Struct, gc=False):
    artifact_type: str
    artifact_data: dict[str, Any]


class PlainAudit(msgspec.Struct, gc=False):
    audit_type: str
    audit_result: dict[str, Any]
    audited_event_id: str | None


class PlainIntervention(msgspec.Struct, gc=False):
    intervention_type: str
    intervention_action: str
    intervention_reason: str
    affected_agents: list[str]


class PlainMessage(msgspec.Struct, gc=False):
    message_role: str
    message_content: str
    tool_calls: list[Any]


MADE: Mapping[str, type[msgspec.Struct]] = {
    "awm_tool_call_executed": PlainTool,
    "memory_written": PlainArtifact,
    "council_audit": PlainAudit,
    "governance_cost_applied": PlainIntervention,
    "agent_state_updated": PlainMessage,
}
"""What each factory puts into its lines, by their type."""
_made = {kind: Typed(made) for kind, made in MADE.items()}


def fitting(scan: Scan) -> bytearray:
    """Lines of one of the three shapes, whose fields hold what their schema says."""
    first, second, third = V1, V2[len(V1) :], V3[len(V2) :]

    def hold(names: Sequence[str]) -> bytearray:
        return both(*(scan.is_kind(name, *_kinds(name)) for name in names))

    def lack(names: Sequence[str]) -> bytearray:
        return both(*(scan.is_kind(name, Kind.ABSENT) for name in names))

    newer = both(hold(second), either(hold(third), lack(third)))
    older = both(lack(second), lack(third))
    filled = both(scan.filled("event_id"), scan.filled("event_type"))
    return both(hold(first), filled, neither(scan.others), either(newer, older))


def _kinds(name: str) -> tuple[Kind, ...]:
    if name == "payload":
        return (Kind.OBJECT,)
    if name in NEEDED:
        return _STRING
    return (Kind.INTEGER, Kind.NULL) if name in INTEGERS else (*_STRING, Kind.NULL)


class Codes:
    """Codes of a ledger's names by the bytes that spell them; one for the life of a reader."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.kinds: dict[int, str] = {0: ""}
        self.types = Interner(self._type)
        self.agents = Interner(lambda text: columns.stream("agent", text))
        self.actors = Interner(columns.actors.code)
        self._scenarios: dict[tuple[bytes | None, bytes | None], tuple[int, str]] = {}

    def _type(self, text: str) -> int:
        code = self.columns.types.code(text)
        self.kinds[code] = text
        return code

    def scenarios(self, scan: Scan) -> list[tuple[int, str]]:
        """Stream and text of each line's scenario; 0 and '' for none."""
        known, pairs = self._scenarios, [*zip(scan.raw("scenario_id"), scan.raw("seed"), strict=True)]
        for pair in dict.fromkeys(pairs):  # in the order of the lines: streams are numbered here
            if pair in known:
                continue
            name, seed = (None if raw is None else msgspec.json.decode(raw) for raw in pair)
            of = scenario_of(name, seed)
            known[pair] = (self.columns.stream("scenario", of), of)
        return [known[pair] for pair in pairs]


class Lines(Run):
    """Lines that follow each other. ``foreign`` are the rows whose provenance_id no recipe makes, ``odd`` those whose
    ids or payload are not as their recipe says; ``fits``: some id is as it says."""

    __slots__ = (
        *("actors", "agents", "aliases", "epochs", "fits", "foreign", "formless", "keys", "kinds", "mentions", "odd"),
        *("parents", "scenarios", "times", "types", "unusual", "zones"),
    )

    def __init__(self, batch: RecordBatch, scan: Scan, start: int, codes: Codes) -> None:
        super().__init__(batch, scan, start, ())
        self.types = scan.codes("event_type", codes.types)
        self.kinds = codes.kinds
        self.unusual = {code for code in {*self.types} if codes.kinds[code] not in _USUAL}
        self.times, self.zones = scan.instants("timestamp")
        self.agents = scan.codes("agent_id", codes.agents)
        self.actors = self._actors(codes)
        self.scenarios = codes.scenarios(scan)
        own = self.keys = scan.keys64("provenance_id")
        self.aliases = scan.keys64("event_id")
        self.mentions = self._audited()
        self.parents = scan.keys64("parent_event_id")
        self.foreign: list[int] = []
        self.odd: set[int] = set()
        self.fits = False
        self.epochs = scan.integers("epoch", _NO_NUMBER)
        if _NO_NUMBER in self.epochs:  # where it is an integer all the same, it is -1 or -0: to be looked at
            kinds = scan.kinds("epoch")
            self.odd = {row for row, epoch in enumerate(self.epochs) if epoch < 0 and kinds[row] == Kind.INTEGER}
        self._check([row for row, key in enumerate(own) if key])
        self.formless = self._formless()

    def _actors(self, codes: Codes) -> "array[int]":
        """Agents, or else initiators."""
        actors = self.scan.codes("agent_id", codes.actors)
        if 0 in actors:
            rows = [row for row, code in enumerate(actors) if not code]
            for row, text in zip(rows, self.scan.texts("initiator_id", rows), strict=True):
                actors[row] = codes.columns.actors.code(text) if text else 0
        return actors

    def _audited(self) -> Sequence[int]:
        """Keys of the events that audits are about; nothing where no line is an audit."""
        rows = [row for row, kind in enumerate(self.types) if self.kinds[kind] == AUDIT]
        if not rows:
            return ()
        inside = self.scan.inside("payload", _AUDITED, rows)
        inside.salt = self.scan.salt
        return inside.keys64(AUDITED)

    def _formless(self) -> dict[str, list[int]]:
        """By field, rows whose ids are not of the form that SWARM's writer gives them."""
        events = [row for row, fits in enumerate(self.scan.fits("event_id", UUID)) if not fits]
        found = {}
        for name, form, rows in (("event_id", UUID, events), ("provenance_id", DIGEST, self.foreign)):
            texts = self.scan.texts(name, rows) if rows else []
            found[name] = [row for row, id in zip(rows, texts, strict=True) if not has_form(form, id)]
        return found

    def _check(self, rows: Sequence[int]) -> None:
        """Rows that have a provenance_id: by which recipe it is made, if by any."""
        by_kind: dict[str, list[int]] = {}
        for row in rows:
            by_kind.setdefault(self.kinds[self.types[row]], []).append(row)
        simple = is_simple(self.scan.data)
        inside = self.scan.inside("payload", _INSIDE) if RECIPES.keys() & by_kind.keys() else None
        for kind, some in by_kind.items():
            recipe = RECIPES.get(kind)
            if recipe is None or inside is None:
                self.foreign += some
                continue
            there = inside.kinds(recipe.key)
            made = [row for row in some if there[row]]
            self.foreign += {*some}.difference(made)
            payloads = _made[kind].objects(inside, made)
            sound = [row for row, payload in zip(made, payloads, strict=True) if payload is not None]
            fit = reproduced(recipe, self.scan, inside, sound, simple)
            self.odd.update({*made}.difference(row for row, fits in zip(sound, fit, strict=True) if fits))
            self.fits |= any(fit)
        self.foreign.sort()
