"""What SWARM hashes: the ids of its event log, and the links of its episode log.

An id is the first 12 hex digits of SHA-256 over a small sorted JSON object. It covers time, agent and one name.
Arguments, results, parents and the event's own id are not covered, and 48 bits are a checksum: a reproduced id never
means that an event is as it was written. A link covers the whole entry and the hash of the one before.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from operator import and_
from typing import Any

from console.formats.json.scan import Kind, Piece, Raw, Scan, both, either
from console.formats.swarm.record import V3
from console.model.ledger import OTHERS, Coverage, Profile
from console.model.proof import Span


class Preimage:
    """The text of one hash: ``{"agent_id": …, "event_type": label, "timestamp": …, extra: …}`` with sorted keys."""

    def __init__(self, label: str, extra: str | None) -> None:
        self.label = label
        self.extra = extra
        names = sorted(["agent_id", "event_type", "timestamp", *([extra] if extra else [])])
        parts = [f'"{name}": {_quote(label) if name == "event_type" else "%s"}' for name in names]
        self._names = names
        self._template = "{" + ", ".join(parts) + "}"
        self._stamp_last = names[-1] == "timestamp"

    def text(self, agent: object, stamp: object, value: object = None) -> str:
        parts: tuple[str, ...] = (_quote(agent), _quote(stamp))
        if self.extra is not None:
            parts = (parts[0], _quote(value), parts[1]) if self._stamp_last else (*parts, _quote(value))
        return self._template % parts

    def digest(self, agent: object, stamp: object, value: object = None) -> str:
        return sha256(self.text(agent, stamp, value).encode()).hexdigest()[:12]

    def pieces(self, extra: Raw | None) -> list[Piece]:
        """The same text by a scan's fields, as they stand in lines: where nothing is escaped and all is ASCII."""
        fields = {"agent_id": Raw("agent_id"), "timestamp": Raw("timestamp"), self.extra: extra}
        found: list[Piece] = []
        before = "{"
        for name in self._names:
            field = fields.get(name)
            before += f'"{name}": '
            if field is None:
                before += _quote(self.label)
            else:
                found += [before.encode(), field]
                before = ""
            before += ", "
        return [*found, f"{before[:-2]}}}".encode()]

    def spans(self, text: str, source: str | None) -> tuple[Span, ...]:
        """Where each field's part stands in the text; ``source`` is the event's name for the extra one."""
        found: list[Span] = []
        document = json.loads(text)
        at = 1
        for name in self._names:
            size = len(f'"{name}": {_quote(document[name])}')
            if name != "event_type":
                found.append(Span(at, at + size, source if source and name == self.extra else name))
            at += size + 2
        return tuple(found)


def _quote(value: object) -> str:
    return encode_basestring_ascii(value) if isinstance(value, str) else json.dumps(value, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One factory. ``key`` in the payload tells its events from native ones of the same type. ``inner`` gives
    ``field`` from the payload's key; ``outer`` gives provenance_id from ``field``. Either may be absent."""

    name: str
    event_type: str
    key: str
    inner: Preimage | None
    outer: Preimage
    field: str | None

    @property
    def inner_field(self) -> str:
        return self.field or ""


RECIPES = {
    recipe.event_type: recipe
    for recipe in (
        Recipe(
            "tool call",
            "awm_tool_call_executed",
            "tool_name",
            Preimage("tool_call", "tool_name"),
            Preimage("awm_tool_call_executed", "tool_call_id"),
            "tool_call_id",
        ),
        Recipe(
            "artifact",
            "memory_written",
            "artifact_type",
            None,
            Preimage("artifact_created", "artifact_id"),
            "artifact_id",
        ),
        Recipe(
            "audit",
            "council_audit",
            "audit_type",
            Preimage("audit", "audit_type"),
            Preimage("council_audit", "audit_id"),
            "audit_id",
        ),
        Recipe(
            "intervention",
            "governance_cost_applied",
            "intervention_type",
            Preimage("intervention", "intervention_type"),
            Preimage("governance_intervention", "intervention_id"),
            "intervention_id",
        ),
        Recipe("message", "agent_state_updated", "message_role", None, Preimage("agent_message", None), None),
    )
}


def recipe_of(document: Mapping[str, Any]) -> Recipe | None:
    """The recipe that made this line's ids; None for native events of the same types and for all others."""
    kind = document.get("event_type")
    recipe = RECIPES.get(kind) if isinstance(kind, str) else None
    payload = document.get("payload")
    return recipe if recipe is not None and isinstance(payload, dict) and recipe.key in payload else None


@dataclass(frozen=True, slots=True)
class Check:
    """The ids of one line, computed again. ``field`` is the one that does not fit, '' if all do.

    ``stamp`` is the form of the time stamp that was hashed; ``inner`` and ``outer`` are what came out, ``text`` the
    exact text that ``outer`` was hashed from.
    """

    field: str
    message: str
    stamp: str
    inner: str | None
    outer: str
    text: str
    expected: str | None = None
    actual: str | None = None

    @property
    def reproduced(self) -> bool:
        return not self.field


def stamp_forms(stamp: object) -> list[object]:
    """The raw text first; then the form in which Python writes the same time, where it differs."""
    forms: list[object] = [stamp]
    if isinstance(stamp, str):
        try:
            again = datetime.fromisoformat(stamp).isoformat()
        except ValueError:
            return forms
        if again != stamp:
            forms.append(again)
    return forms


def reproduces(document: Mapping[str, Any], recipe: Recipe) -> bool:
    """True if all ids fit with the raw text of the time: the common case of ``check``, without its words."""
    agent, stamp = document.get("agent_id"), document.get("timestamp")
    value = document.get(recipe.field) if recipe.field else None
    if recipe.inner is not None and recipe.inner.digest(agent, stamp, document["payload"][recipe.key]) != value:
        return False
    return recipe.outer.digest(agent, stamp, value) == document.get("provenance_id")


def is_simple(data: bytes) -> bool:
    """True for ASCII alone, in which texts without escapes stand as they were hashed."""
    return data.isascii() and b"\x7f" not in data


def reproduced(recipe: Recipe, scan: Scan, payloads: Scan, rows: Sequence[int], simple: bool) -> list[bool]:
    """``reproduces`` of many lines; False also where a text is not in the one form that can be hashed as it stands.
    ``simple``: what ``is_simple`` finds of the lines."""
    extra = Raw(recipe.field) if recipe.field else None
    texts = [Raw("agent_id"), Raw("timestamp"), *([extra] if extra else [])]
    if recipe.inner is not None:
        texts.append(Raw(recipe.key, of=payloads))
    usable = _usable(scan, texts, simple)
    held = _held(scan, rows, recipe.outer.pieces(extra), "provenance_id")
    if recipe.inner is not None and recipe.field is not None:
        inner = _held(scan, rows, recipe.inner.pieces(texts[-1]), recipe.field)
        held = [*map(and_, held, inner)]
    return [holds and usable[row] == 1 for holds, row in zip(held, rows, strict=True)]


def _held(scan: Scan, rows: Sequence[int], pieces: Sequence[Piece], field: str) -> list[bool]:
    """For each of the rows, True if the field begins like the hash of these pieces."""
    hexes = scan.digests(pieces, rows).hex()
    starts = range(0, len(hexes), 64)
    return [hexes[at : at + 12] == text for at, text in zip(starts, scan.texts(field, rows), strict=True)]


def _usable(scan: Scan, texts: Sequence[Raw], simple: bool) -> bytearray:
    """1 for rows in which these texts stand as they were hashed: printable ASCII without escapes, or null."""
    masks = []
    for each in texts:
        of = each.of or scan
        if simple:
            masks.append(of.is_kind(each.field, Kind.STRING, Kind.NULL))
        else:
            masks.append(either(of.fits(each.field, _PRINTABLE), of.is_kind(each.field, Kind.NULL)))
    return both(*masks)


_PRINTABLE = re.compile(rb"[ -~]*")


def check(document: Mapping[str, Any], recipe: Recipe) -> Check:
    """Compute a line's ids again, by its recipe. The line has a provenance_id, and its payload the recipe's key."""
    first: Check | None = None
    for stamp in stamp_forms(document.get("timestamp")):
        found = _check(document, recipe, stamp)
        if found.reproduced:
            return found
        first = first or found
    assert first is not None  # there is at least the raw form
    return first


def _check(document: Mapping[str, Any], recipe: Recipe, stamp: object) -> Check:
    agent, stored = document.get("agent_id"), document.get("provenance_id")
    name = document["payload"][recipe.key]
    value = document.get(recipe.field) if recipe.field else None
    inner = recipe.inner.digest(agent, stamp, name) if recipe.inner else None
    text = recipe.outer.text(agent, stamp, value)
    outer = sha256(text.encode()).hexdigest()[:12]
    shown = stamp if isinstance(stamp, str) else ""

    def say(field: str, message: str, expected: str | None = None, actual: object = None) -> Check:
        return Check(field, message, shown, inner, outer, text, expected, None if actual is None else str(actual)[:200])

    if inner is None or inner == value:
        if outer == stored:
            return say("", "")
        message = f"provenance_id is not the hash of agent, time{f' and {recipe.field}' if recipe.field else ''}."
        return say("provenance_id", message, outer, stored)
    if outer == stored:
        message = f"{recipe.field} is not the hash of agent, time and {recipe.key}; provenance_id fits it all the same."
        return say(f"payload.{recipe.key}", message, inner, value)
    if recipe.outer.digest(agent, stamp, inner) == stored:
        message = f"{recipe.field} is not the hash of agent, time and {recipe.key}, from which provenance_id was made."
        return say(recipe.inner_field, message, inner, value)
    message = f"Neither {recipe.field} nor provenance_id is the hash of agent, time and {recipe.key}."
    return say("provenance_id", message, recipe.outer.digest(agent, stamp, inner), stored)


LINKED = ("event_type", "timestamp", "agent_id", "parent_event_hash", "payload")


def link_preimage(entry: Mapping[str, Any]) -> bytes:
    """The bytes that ``event_hash`` is the SHA-256 of: compact JSON with sorted keys, not escaped to ASCII."""
    base = {name: entry.get(name) for name in LINKED}
    text = json.dumps(base, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def link_digest(entry: Mapping[str, Any]) -> str:
    return sha256(link_preimage(entry)).hexdigest()


def link_spans(entry: Mapping[str, Any]) -> tuple[Span, ...]:
    """Where each covered field stands in the preimage."""
    found: list[Span] = []
    at = 1
    for name in sorted(LINKED):
        text = json.dumps({name: entry.get(name)}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        size = len(text.encode("utf-8", "surrogatepass")) - 2
        found.append(Span(at, at + size, name))
        at += size + 1
    return tuple(found)


_made = [recipe for recipe in RECIPES.values() if recipe.field]
_names = (
    *("timestamp", "agent_id"),
    *(f"payload.{recipe.key}" for recipe in _made if recipe.inner),
    *(recipe.field for recipe in _made if recipe.field),
)
_rest = (name for name in V3 if name not in (*_names, "provenance_id"))
IDS = Profile(
    "swarm-id/1",
    "provenance_id is the first 12 hex digits of SHA-256 over a sorted JSON object of event type, agent, time and one"
    " more id, which is itself made so from the tool's, audit's or intervention's name. A checksum of 48 bits.",
    Coverage(
        (*_names, "provenance_id"),
        (
            *(
                "payload (all else)" if name == "payload" else name
                for name in V3
                if name not in (*_names, "provenance_id")
            ),
            OTHERS,
        ),
    ),
    values="ids",
    caveat="they are checksums of agent, time and name alone",
    links=False,
)
SIMAPI = Profile(
    "swarm-simapi/1",
    "event_hash is the SHA-256 of compact sorted JSON of type, time, agent, payload and the hash of the entry before;"
    " provenance_id is its first 12 digits.",
    Coverage((*LINKED, "provenance_id", "event_hash"), (OTHERS,)),
)
