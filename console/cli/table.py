"""Aligned columns for a terminal or a pipe."""

from collections.abc import Sequence

from console.cli.options import out
from console.text import safe


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads; a head that begins with ``>`` aligns its column to the right."""
    from rich.cells import cell_len

    right = [head.startswith(">") for head in heads]
    texts = [[head.lstrip(">") for head in heads], *([str(safe(cell)) for cell in row] for row in rows)]
    widths = [max(cell_len(row[column]) for row in texts) for column in range(len(heads))]
    for row in texts:
        cells = []
        for cell, width, to_right in zip(row, widths, right, strict=True):
            gap = " " * (width - cell_len(cell))
            cells.append(gap + cell if to_right else cell + gap)
        out("  ".join(cells).rstrip())
