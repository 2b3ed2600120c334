"""Aligned columns; in a terminal that is too narrow for them, a paragraph for each row."""

from collections.abc import Callable, Sequence

from console.cli.output import columns, out, paragraph
from console.text import safe

Painter = Callable[[str, str, str], str]
"""Colours one padded cell: called with the head, the cell and the padded cell."""
GAP = "  "


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    paint: Painter,
    *,
    titles: int = 1,
    below: Sequence[Sequence[str]] = (),
) -> None:
    """Print rows under their heads; a head that begins with ``>`` aligns its column to the right. ``below`` are
    further lines of each row.

    Where the terminal is narrower than the table each row becomes a paragraph under its first ``titles`` cells. Into a
    pipe the table is always whole.
    """
    from rich.cells import cell_len

    right = [head.startswith(">") for head in heads]
    names = [head.lstrip(">") for head in heads]
    texts = [[str(safe(cell)) for cell in row] for row in rows]
    widths = [max(cell_len(row[column]) for row in [names, *texts]) for column in range(len(heads))]
    room = columns()
    if room is not None and sum(widths) + len(GAP) * (len(widths) - 1) > room:
        _paragraphs(names, texts, paint, titles, room, below)
        return
    for number, row in enumerate([names, *texts]):
        last = max((column for column, cell in enumerate(row) if cell), default=0)
        cells = []
        for name, cell, width, to_right in list(zip(names, row, widths, right, strict=True))[: last + 1]:
            gap = " " * (width - cell_len(cell))
            padded = gap + cell if to_right else cell + gap
            cells.append(paint(name, cell, padded) if number else padded)
        out(GAP.join(cells).rstrip())
        if number:
            _below(below, number - 1)


def _below(below: Sequence[Sequence[str]], number: int) -> None:
    for line in below[number] if below else ():
        for part in paragraph(safe(line), first=GAP * 2, rest=GAP * 3, most=None):
            out(part)


def _paragraphs(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    paint: Painter,
    titles: int,
    room: int,
    below: Sequence[Sequence[str]],
) -> None:
    """Each row as a title and, below it, its other cells behind their heads, as many on a line as there is room for."""
    from rich.cells import cell_len

    for number, row in enumerate(rows):
        out(" ".join(row[:titles]).rstrip())
        line, used = "", 0
        for name, cell in list(zip(names, row, strict=True))[titles:]:
            if not cell:
                continue
            width = cell_len(f"{name} {cell}")
            if used and used + len(GAP) + width > room:
                out(line)
                line, used = "", 0
            line += f"{GAP}{name} {paint(name, cell, cell)}"
            used += len(GAP) + width
        if used:
            out(line)
        _below(below, number)
