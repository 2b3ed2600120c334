"""Aligned columns for a terminal or a pipe."""

from collections.abc import Callable, Sequence

from console.cli.output import out
from console.text import safe


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], paint: Callable[[str, str, str], str]) -> None:
    """Print rows under their heads; a head that begins with ``>`` aligns its column to the right.

    ``paint`` colours one padded cell: it is called with the head, the cell and the padded cell.
    """
    from rich.cells import cell_len

    right = [head.startswith(">") for head in heads]
    names = [head.lstrip(">") for head in heads]
    texts = [names, *([str(safe(cell)) for cell in row] for row in rows)]
    widths = [max(cell_len(row[column]) for row in texts) for column in range(len(heads))]
    for number, row in enumerate(texts):
        last = max((column for column, cell in enumerate(row) if cell), default=0)
        cells = []
        for name, cell, width, to_right in list(zip(names, row, widths, right, strict=True))[: last + 1]:
            gap = " " * (width - cell_len(cell))
            padded = gap + cell if to_right else cell + gap
            cells.append(paint(name, cell, padded) if number else padded)
        out("  ".join(cells).rstrip())
