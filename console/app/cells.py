"""Text to fixed numbers of terminal cells. Wide characters take two, combining marks none."""

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


def width(text: str) -> int:
    """Cells that the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int) -> str:
    """At most so many cells; what is cut off at the end is shown as ``…``."""
    if width(text) <= cells:
        return text
    if cells < 2:
        return ELLIPSIS[:cells]
    return set_cell_size(text, cells - 1).rstrip(" ") + ELLIPSIS


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Exactly so many cells: cut, or filled with blanks (on the left with ``right``)."""
    if len(text) <= cells and text.isascii():
        return text.rjust(cells) if right else text.ljust(cells)
    text = cut(text, cells)
    blanks = " " * (cells - width(text))
    return blanks + text if right else text + blanks


def middle(text: str, cells: int) -> str:
    """At most so many cells; a longer text keeps both of its ends, as paths and ids want it."""
    if width(text) <= cells:
        return text
    if cells < 5:
        return cut(text, cells)
    tail_cells = (cells - 1) // 2
    tail = ""
    for char in reversed(text):
        if width(char + tail) > tail_cells:
            break
        tail = char + tail
    return set_cell_size(text, cells - 1 - width(tail)).rstrip(" ") + ELLIPSIS + tail
