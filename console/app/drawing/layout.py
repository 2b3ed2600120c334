"""Lines of text for a given width: the words, marks and wrapping that panes and screens share.

A *layout* takes a width in cells and gives lines, each at most that wide. All foreign text goes through
``console.text`` here or before; nothing is ever read as markup.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from console.app.words import count
from console.model.trust import Severity, Trust
from console.text import safe

Layout = Callable[[int], list[Content]]

MUTED = "$foreground-muted"
STRONG = "bold"
TRUST_STYLE = {
    Trust.UNCHECKED: MUTED,
    Trust.VERIFIED: "bold $text-success",
    Trust.RECOVERED: "bold $text-success",
    Trust.LINKED: "bold $text-warning",
    Trust.UNCHAINED: MUTED,
    Trust.PENDING: MUTED,
    Trust.BROKEN: "bold $text-error",
}
SEVERITY_STYLE = {
    Severity.NONE: MUTED,
    Severity.NOTE: "$text-primary",
    Severity.WARNING: "$text-warning",
    Severity.ERROR: "$text-error",
    Severity.CRITICAL: "bold $text-error",
}
_UNITS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
NAME_LIMIT = 200
"""Characters of a field's name that are shown."""


def trust_mark(trust: Trust) -> Content:
    """Glyph and word: never colour alone."""
    return Content.styled(f"{trust.glyph} {trust.word}", TRUST_STYLE[trust])


def severity_mark(severity: Severity) -> Content:
    """Glyph and word: never colour alone."""
    return Content.styled(f"{severity.glyph} {severity.word}", SEVERITY_STYLE[severity])


def size(number: int) -> str:
    """Bytes for people: ``412 bytes``, ``64 KiB``, ``3.2 MiB``."""
    if number < 10_240:
        return count(number, "byte")
    unit, scale = next(((unit, scale) for unit, scale in _UNITS if number >= scale), _UNITS[-1])
    return f"{number / scale:.1f}".removesuffix(".0") + f" {unit}"


def fold(text: str, width: int, first: int | None = None) -> Iterator[str]:
    """Cut after every ``width`` cells (``first`` for the first piece), losing nothing. At least one piece."""
    width = max(width, 2)
    room = width if first is None else first
    if text.isascii():
        yield text[:room]
        for start in range(room, len(text), width):
            yield text[start : start + width]
        return
    start = used = 0
    for at, char in enumerate(text):
        cells = cell_len(char)
        if used + cells > room:
            yield text[start:at]
            start, used, room = at, 0, width
        used += cells
    yield text[start:]


def prose(text: str, width: int, style: str = "", *, lead: str = "", lead_style: str = "") -> list[Content]:
    """A sentence wrapped at words behind ``lead``, further lines indented as deep."""
    indent = cell_len(lead)
    if width - indent < 16:
        indent = 2
    lines = Content.styled(text, style).wrap(max(width - indent, 8))
    if cell_len(lead) > indent:
        return [Content.styled(lead.rstrip(), lead_style), *(line.pad_left(indent) for line in lines)]
    return [
        Content.assemble((lead, lead_style), line) if number == 0 else line.pad_left(indent)
        for number, line in enumerate(lines)
    ]


def marked(mark: Content, text: str, width: int, style: str = "") -> list[Content]:
    """A sentence behind a mark; further lines stand under the sentence."""
    lead = mark.cell_length + 2
    return [
        Content.assemble(mark, "  ", line) if number == 0 else line.pad_left(lead)
        for number, line in enumerate(Content.styled(text, style).wrap(max(width - lead, 8)))
    ]


def label_width(names: Iterable[str], width: int) -> int:
    """The column that holds these labels: as wide as they need, up to a third of the width."""
    return min(max((cell_len(name) for name in names), default=0), max(width // 3, 18)) + 2


def labelled(name: str, lines: Sequence[str], column: int, width: int, note: str = "") -> list[Content]:
    """A label and its value, folded beside it; the note follows the value. ``lines`` and ``name`` are safe."""
    pieces = [piece for line in lines for piece in fold(line, width - column)]
    out: list[Content] = []
    labels = list(fold(name, column - 2))
    for number in range(max(len(labels), len(pieces))):
        label = labels[number] if number < len(labels) else ""
        value = pieces[number] if number < len(pieces) else ""
        out.append(Content.assemble((label + " " * (column - cell_len(label)), MUTED), value))
    if note:
        remark = Content.styled(f"({safe(note)})", f"italic {MUTED}")
        last = len(pieces) - 1
        if out[last].cell_length + 2 + remark.cell_length <= width:
            out[last] = Content.assemble(out[last], "  ", remark)
        else:
            out += [line.pad_left(column) for line in remark.wrap(width - column)]
    return out


def rule(title: Content | str, width: int) -> Content:
    """A heading drawn into a line."""
    head = Content.assemble(("── ", MUTED), title if isinstance(title, Content) else (title, STRONG), " ")
    return Content.assemble(head, ("─" * max(width - head.cell_length, 0), MUTED)).truncate(width, ellipsis=True)
