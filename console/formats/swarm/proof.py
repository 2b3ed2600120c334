"""One line's ids, or one entry's link, laid open."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.swarm import profiles
from console.formats.swarm.profiles import IDS, SIMAPI, link_digest, link_preimage, link_spans
from console.formats.swarm.record import text
from console.formats.swarm.rules import EpisodeTip, walk
from console.model.proof import Proof
from console.model.record import Record
from console.model.trust import Trust

REPRODUCED = "id reproduced: covers time, agent, name only; 48 bits"
_NOT_COVERED = "Arguments, results, parent_event_id, event_id and everything else could be changed without a trace."


def prove(record: Record, before: Record | None) -> Proof | None:
    """None for a line that has neither a hash nor a provenance_id."""
    document = strict.decode(record.raw).document
    if document is None:
        return None
    if "event_hash" in document:
        return _link(document, before, record.ordinal)
    if not text(document, "provenance_id"):
        return None
    return _ids(document)


def _ids(document: Mapping[str, Any]) -> Proof:
    stored = text(document, "provenance_id")
    recipe = profiles.recipe_of(document)
    if recipe is None:
        return Proof(
            IDS.name,
            Trust.UNCHAINED,
            "A native event: no recipe makes its provenance_id, so it was not recomputed.",
            stored=stored,
            notes=("No chain protects this line.",),
        )
    check = profiles.check(document, recipe)
    notes = [f"{REPRODUCED}. {_NOT_COVERED}" if check.reproduced else _NOT_COVERED]
    if recipe.inner is not None and recipe.field is not None:
        name = document["payload"][recipe.key]
        hashed = recipe.inner.text(document.get("agent_id"), check.stamp, name)
        says = "as stored" if check.inner == document.get(recipe.field) else f"stored is {document.get(recipe.field)!r}"
        notes.append(f"{recipe.field}: {check.inner} from {hashed}, {says}.")
    if check.stamp != document.get("timestamp"):
        notes.append(f"The time was hashed as {check.stamp}.")
    return Proof(
        IDS.name,
        Trust.UNCHAINED if check.reproduced else Trust.BROKEN,
        f"The ids of this {recipe.name} can be made again from its agent, time and name."
        if check.reproduced
        else check.message,
        check.text.encode(),
        recipe.outer.spans(check.text, recipe.field),
        check.outer,
        stored,
        notes=tuple(notes),
    )


def _link(document: Mapping[str, Any], before: Record | None, ordinal: int) -> Proof:
    tip, notes = EpisodeTip(), []
    expected = None
    if before is not None:
        previous = strict.decode(before.raw).document
        if previous is None:
            tip.hole = before.ordinal
            notes.append("The record before cannot be read, so the link to it was not checked.")
        else:
            expected = text(previous, "event_hash") or None
            above = text(previous, "parent_event_hash") or None
            tip = EpisodeTip(1, 1, expected, link_digest(previous), above)
    elif ordinal > 1:
        notes.append("The entry before is not at hand, so the link to it was not checked.")
    link = walk(tip, document)
    if before is not None and not notes:
        good = "event_hash is the hash of this entry, and its parent is the entry before."
    elif ordinal > 1:
        good = "event_hash is the hash of this entry; its link was not checked."
    else:
        good = "event_hash is the hash of this entry, and it begins the log."
    return Proof(
        SIMAPI.name,
        link.trust,
        good if link.trust is Trust.UNCHECKED and ordinal > 1 else link.message or good,
        link_preimage(document),
        link_spans(document),
        link.computed,
        text(document, "event_hash") or None,
        text(document, "parent_event_hash") or None,
        expected,
        notes=tuple(notes),
    )
