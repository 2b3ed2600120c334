"""A link of a chain, laid open in lines: the verdict, both hashes, the bytes that were hashed, what is covered.

Details and chain walk show the same proof in other arrangements: each part is a function from a proof and a width to
lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual.content import Content

from console.app.drawing.layout import MUTED, STRONG, fold, label_width, labelled, marked, prose, size, trust_mark
from console.app.words import count
from console.engine.api import Details
from console.model.proof import Proof, Span
from console.model.trust import Trust
from console.text import safe

PREIMAGE_LIMIT = 16 * 1024
"""Bytes of one preimage that are shown."""

HASH_LABELS = 12
"""Cells before a hash: 64 hex digits fit behind it in 80 columns."""

_COVERAGE_NOTES = ("Covered by the hash: ", "Not covered: ")
"""Notes that repeat the profile's coverage, which is shown in lines of its own."""

_PART_STYLES = ("underline $text-accent", "underline $text-primary")
_DIFFERENT = "bold reverse $text-error"
_MANY_DIFFERENT = "bold $text-error"
_FEW = 16
"""Differing characters up to this many are shown in reverse; more would be a wall."""


def compared(upper: tuple[str, str | None], lower: tuple[str, str | None], width: int) -> list[Content]:
    """Two values under each other, label first; a line of ``^`` under the characters that differ, and how many do."""
    column = HASH_LABELS
    values = [None if value is None else safe(value) for _, value in (upper, lower)]
    shown = ["none" if value is None else value or "empty" for value in values]
    comparable = None not in values
    longest = max(map(len, shown))
    different = [
        comparable and (at >= len(shown[0]) or at >= len(shown[1]) or shown[0][at] != shown[1][at])
        for at in range(longest)
    ]
    differing = sum(different)
    chunk = _chunk(longest, width)
    lines: list[Content] = []
    for start in range(0, longest, chunk):
        for (label, _), text in zip((upper, lower), shown, strict=True):
            part = Content(text[start : start + chunk])
            for at in range(len(part.plain)):
                if different[start + at]:
                    part = part.stylize(_DIFFERENT if differing <= _FEW else _MANY_DIFFERENT, at, at + 1)
            lines.append(Content.assemble((f"{label if not start else '':<{column}}", MUTED), part))
        if differing:
            marks = "".join("^" if differs else " " for differs in different[start : start + chunk])
            remark = f"{differing} differ" if start == 0 else ""
            lines.append(Content.assemble((f"{remark:<{column}}", "bold $text-error"), (marks.rstrip(), "$text-error")))
    return lines


def _chunk(longest: int, width: int) -> int:
    """Characters of a hash in one line: all, or a multiple of 16 where there is less room."""
    room = max(width - HASH_LABELS, 8)
    return room if longest <= room or room < 16 else room - room % 16


def _hash(label: str, value: str | None, width: int) -> list[Content]:
    shown = "none" if value is None else safe(value)
    return labelled(label, [shown], HASH_LABELS, HASH_LABELS + _chunk(len(shown), width))


def previous_lines(proof: Proof, width: int) -> list[Content]:
    """The link backwards: the previous hash that a link names, against the stored hash of the event before."""
    if proof.previous is None and proof.expected_previous is None:
        start = proof.sequence in (None, 1)
        return labelled("previous", ["none: the chain starts here" if start else "none"], HASH_LABELS, width)
    if proof.expected_previous is None:
        return _hash("previous", proof.previous, width) + prose(
            "There is no hash of an event before at hand to compare with.", width, MUTED, lead=" " * HASH_LABELS
        )
    if proof.previous == proof.expected_previous:
        return _hash("previous", proof.previous, width) + prose(
            "✓ is the stored hash of the event before", width, "$text-success", lead=" " * HASH_LABELS
        )
    if proof.trust is Trust.UNCHECKED:
        return _hash("previous", proof.previous, width) + prose(
            "· whose hash that is, is not known: the record it was taken from is not at hand",
            width,
            MUTED,
            lead=" " * HASH_LABELS,
        )
    return compared(("previous", proof.previous), ("before", proof.expected_previous), width) + prose(
        '✗ The event before stores another hash ("before").', width, "$text-error", lead=" " * HASH_LABELS
    )


def hash_lines(proof: Proof, width: int) -> list[Content]:
    """Recomputed and stored hash, or id, one above the other."""
    if proof.recomputed is None:
        return labelled("recomputed", ["not at hand: see the notes"], HASH_LABELS, width) + _hash(
            "stored", proof.stored, width
        )
    lines = compared(("recomputed", proof.recomputed), ("stored", proof.stored), width)
    if proof.recomputed == proof.stored:
        lines += prose("✓ they are the same", width, "$text-success", lead=" " * HASH_LABELS)
    return lines


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a row: columns ``start`` to ``end``; ``part`` is its field's number, None between fields."""

    text: str
    part: int | None
    start: int
    end: int
    first: bool
    last: bool


def preimage_lines(proof: Proof, width: int, limit: int = PREIMAGE_LIMIT) -> list[Content]:
    """The exact bytes that were hashed, escaped visibly, with each field's extent and name drawn beneath."""
    if proof.preimage is None:
        return prose("No preimage: nothing could be hashed for this event.", width, MUTED)
    spans = _in_order(proof.spans, len(proof.preimage))
    lines: list[Content] = []
    for row in _rows(_segments(proof.preimage[:limit], spans), width):
        lines.append(
            Content.assemble(
                *((piece.text, MUTED if piece.part is None else _PART_STYLES[piece.part % 2]) for piece in row)
            )
        )
        if spans:
            lines.append(Content.styled(_ruler(row, spans), MUTED))
    if len(proof.preimage) > limit:
        lines.append(Content.styled(f"showing {size(limit)} of {size(len(proof.preimage))}", f"italic {MUTED}"))
    return lines


def preimage_title(proof: Proof, width: int) -> str:
    """How much was hashed, and the names of the fields that are too short to bear theirs when so wide."""
    if proof.preimage is None:
        return "preimage"
    spans = _in_order(proof.spans, len(proof.preimage))
    named = {
        piece.part
        for row in _rows(_segments(proof.preimage[:PREIMAGE_LIMIT], spans), width)
        for piece in row
        if piece.part is not None and len(_label(piece.part, spans)) + 2 <= piece.end - piece.start
    }
    unnamed = [f"{at + 1} is {safe(span.field, limit=40)}" for at, span in enumerate(spans) if at not in named]
    return " · ".join((f"preimage, {size(len(proof.preimage))}", *unnamed))


def _in_order(spans: Sequence[Span], length: int) -> list[Span]:
    """Spans by place, inside the bytes, without those that begin inside an earlier one."""
    kept: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if end <= span.start < span.end <= length:
            kept.append(span)
            end = span.end
    return kept


def _segments(raw: bytes, spans: Sequence[Span]) -> Iterator[tuple[str, int | None]]:
    at = 0
    for number, span in enumerate(spans):
        if at < span.start:
            yield safe(raw[at : span.start]), None
        if part := raw[span.start : span.end]:
            yield safe(part), number
        at = span.end
    if at < len(raw):
        yield safe(raw[at:]), None


def _rows(segments: Iterator[tuple[str, int | None]], width: int) -> Iterator[list[_Piece]]:
    row: list[_Piece] = []
    column = 0
    for text, part in segments:
        pieces = list(fold(text, width, width - column))
        if not pieces[0]:  # the row has no room for the first character
            yield row
            row, column = [], 0
            del pieces[0]
        for number, piece in enumerate(pieces):
            if number:
                yield row
                row, column = [], 0
            end = column + Content(piece).cell_length
            row.append(_Piece(piece, part, column, end, number == 0, number == len(pieces) - 1))
            column = end
    if row:
        yield row


def _ruler(row: Sequence[_Piece], spans: Sequence[Span]) -> str:
    """Under one row: ``╰2 type────╯`` beneath each field, its number alone where there is no room for its name."""
    out = ""
    for piece in row:
        if piece.part is None:
            continue
        out = out.ljust(piece.start)
        room = piece.end - piece.start
        number = str(piece.part + 1)
        label = _label(piece.part, spans)
        left = "╰" if piece.first else "─"
        right = "╯" if piece.last else "─"
        if len(label) + 2 <= room:
            out += left + label + "─" * (room - len(label) - 2) + right
        elif len(number) + 2 <= room:
            out += left + number + "─" * (room - len(number) - 2) + right
        else:
            out += number[:room].ljust(room, "─")
    return out.rstrip()


def _label(part: int, spans: Sequence[Span]) -> str:
    return f"{part + 1} {safe(spans[part].field, limit=40)}"


def coverage_lines(details: Details, width: int) -> list[Content]:
    """What the profile's hash covers, and what it does not."""
    profile = details.profile
    if profile is None:
        return []
    covered, uncovered = profile.coverage.covered, profile.coverage.uncovered
    column = label_width(("NOT covered",), width)
    lines = prose(safe(", ".join(covered) or "nothing"), width, lead="covered".ljust(column), lead_style=MUTED)
    if uncovered:
        lines += prose(safe(", ".join(uncovered)), width, STRONG, lead="NOT covered".ljust(column), lead_style=STRONG)
        lines += prose("An edit to these keeps the chain green.", width, "$text-warning", lead=" " * column)
    return lines


def link_of(details: Details) -> Proof | None:
    """The proof of an event that takes part in a chain, None for others."""
    proof = details.proof
    in_no_chain = proof is None or proof.trust is Trust.UNCHAINED or not _links(details)
    return None if in_no_chain else proof


def check_of(details: Details) -> Proof | None:
    """The proof of an event that is in no chain and that a hash or an id of its own protects, None for others."""
    proof = details.proof
    return None if proof is None or _links(details) or proof.stored is None else proof


def _links(details: Details) -> bool:
    return details.profile is None or details.profile.links


def without_chain(details: Details) -> list[str]:
    """Sentences on an event that has no link to lay open."""
    if details.row.trust is Trust.PENDING:
        return ["There is no event here: the lines are blank."]
    if (check := check_of(details)) is not None:
        caveat = details.profile.caveat if details.profile else ""
        protects = "Only this check protects it" + (f", and little: {safe(caveat)}" if caveat else "")
        alone = "It is in no chain: to remove, add or reorder events would not show."
        return [safe(check.verdict), alone, f"{protects}."] if check.preimage else [safe(check.verdict), alone]
    sentences = []
    if details.proof is None and details.ledger.profile is None:
        sentences.append(f"This ledger ({safe(details.ledger.format) or 'unknown format'}) keeps no hash chain.")
    else:
        sentences.append("This event takes part in no chain: it has no sequence number or no hashes.")
    sentences.append("Nothing protects it: an edit would not show here.")
    checked = "Checked were its bytes, its schema and the rules of its format"
    found = len(details.findings)
    sentences.append(f"{checked}: {count(found, 'finding')}." if found else f"{checked}: no findings.")
    return sentences


def note_lines(details: Details, width: int) -> list[Content]:
    """The profile's recipe, and the notes of the proof."""
    if details.proof is None:
        return []
    recipe = details.profile.recipe if details.profile else "The profile's recipe is not known here."
    lines = prose(safe(recipe), width, lead=f"{safe(details.proof.profile)}  ", lead_style=STRONG)
    notes = [note for note in details.proof.notes if details.profile is None or not note.startswith(_COVERAGE_NOTES)]
    return lines + [line for note in notes for line in prose(safe(note), width, lead="· ")]


def verdict_lines(details: Details, width: int) -> list[Content]:
    """Trust as glyph and word, and the verdict in a sentence."""
    proof = link_of(details)
    if proof is None:
        check = check_of(details)
        first, *rest = without_chain(details)
        lines = marked(trust_mark(details.row.trust if check is None else check.trust), first, width)
        return lines + [line for sentence in rest for line in prose(sentence, width)]
    return marked(trust_mark(proof.trust), safe(proof.verdict), width, STRONG)


def chain_page(details: Details, width: int) -> list[Content]:
    """The Chain tab: verdict, hashes, link, recipe, coverage, notes."""
    lines = verdict_lines(details, width)
    link = link_of(details)
    proof = link or check_of(details)
    if proof is None:
        return lines
    lines += hash_lines(proof, width)
    if link is not None:
        lines += previous_lines(link, width)
    lines.append(Content(""))
    lines += note_lines(details, width)
    lines += coverage_lines(details, width)
    if proof.preimage is not None:
        lines += [Content(""), *prose(preimage_title(proof, width), width, MUTED), *preimage_lines(proof, width)]
    return lines
