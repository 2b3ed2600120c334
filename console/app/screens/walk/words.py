"""Words of the chain walk: where a link stands, its neighbours, a check that was stopped."""

from dataclasses import dataclass

from textual.content import Content

from console.app.drawing.layout import MUTED, trust_mark
from console.app.widgets.details.proof import link_of
from console.app.words import count
from console.engine.api import Details, VerifyProgress
from console.model.trust import Trust
from console.text import safe


def trust_of(details: Details) -> Trust:
    """As proved just now; as ingested where there is nothing to prove."""
    return details.row.trust if details.proof is None else details.proof.trust


def place_of(details: Details) -> str:
    """Where in its stream an event stands."""
    proof = link_of(details)
    sequence = details.row.sequence if proof is None else proof.sequence
    return f"record {details.row.ordinal:,}" if sequence is None else f"sequence {sequence:,}"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The links before and after one; None at an end of the chain."""

    before: Details | None
    after: Details | None


def neighbour_lines(details: Details, around: Neighbours | None, width: int) -> list[Content]:
    """Both neighbours with the keys that go there; what is not known yet is ``…``."""
    if around is None:
        return [Content.styled("p  …", MUTED), Content.styled("n  …", MUTED)]
    lines = [
        _neighbour_line("p", around.before, "this is the first link"),
        _neighbour_line("n", around.after, "this is the last link") + _names_hash(details, around.after),
    ]
    return [line.truncate(width, ellipsis=True) for line in lines]


def _neighbour_line(key: str, details: Details | None, none: str) -> Content:
    """The key that goes there, and what is there; ``none`` stands at an end of the chain."""
    if details is None:
        return Content.styled(f"{key}  {none}", MUTED)
    link = f"{place_of(details)}  {safe(details.row.type, limit=32)}  "
    return Content.assemble((f"{key}  ", MUTED), link, trust_mark(trust_of(details)))


def _names_hash(details: Details, after: Details | None) -> Content:
    """If the next link names this one's stored hash as its previous hash."""
    proof, following = link_of(details), None if after is None else link_of(after)
    if proof is None or following is None:
        return Content()
    if following.previous is not None and following.previous == proof.stored:
        return Content.assemble(" · ", ("✓ names the stored hash above", "$text-success"))
    if following.trust is Trust.UNCHECKED:
        return Content.assemble(" · ", ("· link unknown", MUTED))
    return Content.assemble(" · ", ("✗ names another previous hash", "bold $text-error"))


def stopped_words(progress: VerifyProgress | None) -> str:
    """How far a verification came that did not come to its end."""
    if progress is None:
        return "Verification was stopped before anything was checked."
    broken = f"✗ {progress.broken:,} broken so far; " if progress.broken else ""
    return (
        f"Verification was stopped: {broken}{progress.done:,} of {count(progress.total, 'event')} checked. "
        "The rest was not checked."
    )
