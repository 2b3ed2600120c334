"""A scrolling page of lines that are laid out for the width at hand.

A page may be a preimage of thousands of lines, and changes with every key: only the visible ones are rendered.
"""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from console.app.drawing.layout import Layout


def _nothing(width: int) -> list[Content]:
    return []


class Sheet(ScrollView, can_focus=True):
    """Shows what a layout gives. ``show`` replaces it; a change of width lays it out again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("ctrl+f", "page_down", show=False),
        Binding("ctrl+b", "page_up", show=False),
    ]

    def __init__(self, *, id: str | None = None, focusable: bool = True) -> None:
        super().__init__(id=id)
        self.can_focus = focusable
        self._lay: Layout = _nothing
        self._lines: list[Content] = []
        self._laid_out = 0

    @property
    def lines(self) -> list[Content]:
        """The lines as laid out for the present width."""
        return self._lines

    def show(self, layout: Layout, *, keep_place: bool = False) -> None:
        """Show another layout, from its top unless ``keep_place``."""
        self._lay = layout
        self._laid_out = 0
        self._lay_out()
        if not keep_place:
            self.scroll_to(0, 0, animate=False)
        self.refresh()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0 or width == self._laid_out:
            return
        self._laid_out = width
        self._lines = self._lay(width)
        self.virtual_size = Size(width, len(self._lines))

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        self._lay_out()
        width = self.scrollable_content_region.width
        style = self.visual_style
        at = y + self.scroll_offset.y
        if at >= len(self._lines):
            return Strip.blank(width, style.rich_style)
        line = self._lines[at]
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(at)) is not None:
            start, end = span
            chosen = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            line = line.stylize(chosen, start, len(line.plain) if end == -1 else end)
        strips = Visual.to_strips(self, line, max(width, 1), 1, style, apply_selection=False, pad=True)
        strip = strips[0] if strips else Strip.blank(width, style.rich_style)
        return strip.apply_offsets(0, at)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(line.plain for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()
