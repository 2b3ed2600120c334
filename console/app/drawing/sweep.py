"""The last look at every rendered line before it leaves for the terminal."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from console.app.drawing.cells import fit, width
from console.text import sweep


class SweepFilter(LineFilter):
    """Control, bidi and zero-width characters that some widget let through are made visible; hyperlinks are dropped.

    Everything foreign has gone through ``console.text.safe`` long before: this filter is for what was forgotten. A
    line keeps its width in cells.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [_swept(segment) for segment in segments]


def _swept(segment: Segment) -> Segment:
    text, style, control = segment
    if style is not None and style.link:
        style = style.update_link(None)
    if not text.isprintable():
        clean = sweep(text)
        if clean != text:
            text = fit(clean, width(text)) if width(text) else ""
            control = None
    return segment if text is segment.text and style is segment.style else Segment(text, style, control)
