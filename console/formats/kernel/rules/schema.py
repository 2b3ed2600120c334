"""What an event of each shape must look like."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from console.formats.json.strict import place_problems
from console.formats.kernel.authority.table import GateRules, rules_of
from console.formats.kernel.record import API, PACK, PROOF, TABLE, Entry, layout_of
from console.formats.kernel.rules.parts import CONTEXT, PAYLOADS, UUID, Flaw, Vocabularies, problems
from console.formats.kernel.rules.states import KNOWN
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding

_HASH = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]
_TEXT = Annotated[str, msgspec.Meta(min_length=1)]


class _SoundEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event of the API with nothing wrong: ``models`` accepts each of these, and few others."""

    id: _TEXT
    dealId: _TEXT  # noqa: N815 - the ledger's own names
    type: _TEXT
    payload: dict[Any, Any]
    authorityContext: dict[Any, Any]  # noqa: N815
    evidenceRefs: list[str]  # noqa: N815
    createdAt: _TEXT  # noqa: N815
    actorId: str | None = None  # noqa: N815
    sequenceNumber: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None  # noqa: N815
    previousEventHash: _HASH | None = None  # noqa: N815
    eventHash: _HASH | None = None  # noqa: N815


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")


def check(entry: Entry, shape: str, words: Vocabularies | None = None) -> list[Finding]:
    """Findings of the schema for one decoded event. ``words`` are those of the rules in force."""
    document = entry.document
    if document is None:
        return []
    found = []
    if shape != PROOF and not _is_sound(document, shape):
        from console.formats.kernel.rules.models import errors

        walked = _walked(entry, shape)
        found = [
            finding(code, message, **{**entry.place(), "field": name, "actual": actual})
            for code, name, message, actual in errors(document, shape)
            if name not in walked
        ]
    time, number = layout_of(shape).name("time"), layout_of(shape).name("sequence")
    if entry.instant is None and ((isinstance(entry.time, str) and entry.time) or type(entry.time) is int):
        dated = type(entry.time) is int or _DATE.match(str(entry.time))
        found.append(
            finding(
                "schema.impossible-date" if dated else "schema.bad-pattern",
                f"{time} names no instant.",
                **{**entry.place(), "field": time, "actual": brief(entry.time)},
            )
        )
    if entry.chained and entry.sequence is None and document.get(number) is None:
        found.append(
            finding(
                "schema.missing-field",
                "The event has a hash but no sequence number: it has no place in the chain.",
                **{**entry.place(), "field": number},
            )
        )
    place = entry.place()
    found += [
        finding(each.code, each.message, severity=each.severity, **place, field=each.field, actual=each.actual)
        for each in _inner(entry, shape, words or WORDS)
    ]
    if shape not in (TABLE, PACK, PROOF) and entry.type and entry.type not in KNOWN:
        found.append(
            finding(
                "schema.unknown-event-type",
                f"{brief(entry.type)} is none of the kernel's event types.",
                severity=Severity.WARNING,
                **{**entry.place(), "field": "type", "actual": brief(entry.type)},
            )
        )
    return found


def vocabularies(rules: GateRules) -> Vocabularies:
    """The words that fields may hold under these rules."""
    return Vocabularies(frozenset(rules.actions), rules.roles, frozenset(rules.truth))


WORDS = vocabularies(rules_of())


def _inner(entry: Entry, shape: str, words: Vocabularies) -> Iterator[Flaw]:
    """What is wrong inside of fields whose kind is right: ids, references, and the objects."""
    document = entry.document or {}
    for name in _IDS[shape] if shape in _IDS else _IDS[API]:
        value = document.get(name)
        if isinstance(value, str) and value and not UUID.fullmatch(value) and not _SURROGATE.search(value):
            text = f"{name} should be a UUID, but is {brief(value)!r}."
            yield Flaw("schema.bad-pattern", name, text, brief(value))
    if shape == TABLE:
        yield from _texts_of_row(document)
    if shape == PROOF:
        yield from _listed(document)
    if shape in (TABLE, PACK, PROOF):
        return
    if document.get("actorId") == "":
        yield Flaw("schema.bad-pattern", "actorId", "actorId is empty: it names nobody.", "")
    references, context, payload = document.get("evidenceRefs"), document.get("authorityContext"), entry.payload
    if isinstance(references, list) and "" in references:
        at = references.index("")
        yield Flaw("schema.bad-pattern", "evidenceRefs", f"evidenceRefs[{at}] is empty: it refers to nothing.", "")
    if isinstance(context, dict):
        yield from problems(context, CONTEXT, words, "authorityContext")
        if context.get("overrideUsed") is True and context.get("overrideAction") is None:
            text = "authorityContext.overrideAction is missing: it names what was overridden."
            yield Flaw("schema.missing-field", "authorityContext.overrideAction", text)
    if isinstance(payload, dict):
        yield from problems(payload, PAYLOADS.get(entry.type, ()), words, "payload")


_IDS = {API: ("id", "dealId"), TABLE: ("id", "dealId"), PACK: (), PROOF: ("dealId",)}
"""Fields that hold UUIDs. Actors' ids should be such, too, and yet the portal has its own: see ``is_named``."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTS = {"eventData": dict, "authorityContext": dict, "evidenceRefs": list}
"""Columns of a row that hold JSON as text, and what it is."""


def _listed(document: Mapping[str, Any]) -> Iterator[Flaw]:
    """What is wrong with the files that a manifest lists; their contents are for whoever reads the archive."""
    for at, file in enumerate(document.get("files", ())):
        hash, where = file.get("sha256Hex"), f"files[{at}].sha256Hex"
        if not isinstance(hash, str):
            code = "schema.wrong-type" if "sha256Hex" in file else "schema.missing-field"
            yield Flaw(code, where, f"{where} should be the SHA-256 of {brief(file['path'])}.", None)
        elif not _HASH_TEXT.fullmatch(hash):
            yield Flaw("schema.bad-pattern", where, f"{where} should be 64 hex digits.", brief(hash))


_HASH_TEXT = re.compile("[0-9a-fA-F]{64}")


def _texts_of_row(document: Mapping[str, Any]) -> Iterator[Flaw]:
    """What is wrong with JSON in the columns of a row, and where the row contradicts it."""
    inner: dict[str, Any] = {}
    for name, kind in _TEXTS.items():
        text = document.get(name)
        if not isinstance(text, str):
            continue
        try:
            value = inner[name] = json.loads(text)
        except (ValueError, RecursionError):
            yield Flaw("schema.bad-pattern", name, f"{name} should hold JSON.", brief(text))
            continue
        if not isinstance(value, kind):
            what = "an object" if kind is dict else "an array"
            yield Flaw("schema.wrong-type", name, f"{name} should hold {what}.", brief(text))
        elif isinstance(value, list) and not all(isinstance(each, str) and each for each in value):
            yield Flaw("schema.wrong-type", name, f"{name} should hold ids.", brief(text))
    data = inner.get("eventData")
    if not isinstance(data, dict):
        return
    for name in ("fromState", "toState"):
        value, own = data.get(name), document.get(name)
        if isinstance(value, str) and isinstance(own, str) and value != own:
            text = f"{name} is {brief(own)!r}, but its eventData has {brief(value)!r}."
            yield Flaw("schema.inconsistent", name, text, brief(own))


def is_named(entry: Entry) -> bool:
    """False for an event of an actor whose id is no UUID."""
    return not entry.actor or UUID.fullmatch(entry.actor) is not None or _SURROGATE.search(entry.actor) is not None


def found_in(entry: Entry, shape: str, words: Vocabularies | None = None) -> list[Finding]:
    """What is wrong with an event's JSON and its schema."""
    place, event = (entry.ordinal, entry.offset, entry.length), entry.event_id
    found = place_problems(entry.problems, *place, stream=entry.deal, sequence=entry.sequence, event_id=event)
    return found + check(entry, shape, words)


def _walked(entry: Entry, shape: str) -> set[str]:
    """Fields whose lack is reported by the chain's walk: an empty value is one finding."""
    document, name = entry.document or {}, layout_of(shape).name
    asked = {name("hash")} if entry.sequence else set()
    if entry.sequence and entry.sequence > 1:
        asked.add(name("previous"))
    return {each for each in asked if document.get(each) == ""}


def brief(value: Any) -> str:
    """A value of a ledger, cut to what a sentence can hold."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _is_sound(document: Mapping[str, Any], shape: str) -> bool:
    """True for a document that ``models`` has nothing against, found at a small part of its cost."""
    if shape in (TABLE, PACK):
        return False
    try:
        event = msgspec.convert(document, _SoundEvent)
        texts = (event.id, event.dealId, event.type, event.createdAt, event.actorId or "", *event.evidenceRefs)
        "".join(texts).encode()  # a lone surrogate is no text for pydantic
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True
