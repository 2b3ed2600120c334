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


def middle(text: str, cells: int, *, tail: float = 0.5) -> str:
    """At most so many cells; a longer text keeps both of its ends. ``tail`` is the share of the end."""
    if width(text) <= cells:
        return text
    if cells < 5:
        return cut(text, cells)
    room = int((cells - 1) * tail)
    end = ""
    for char in reversed(text):
        if width(char + end) > room:
            break
        end = char + end
    return set_cell_size(text, cells - 1 - width(end)).rstrip(" ") + ELLIPSIS + end


def path(text: str, cells: int) -> str:
    """At most so many cells of a path, whose last parts tell more than its first."""
    return middle(text, cells, tail=0.7 if cells >= 34 else 1.0)
