"""One line of tab names; the open one stands in brackets, so that it shows without colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from console.app.drawing.layout import MUTED
from console.text import safe


class TabBar(Widget):
    """Names side by side. Where they do not fit, the bar shows those around the open one, and ``‹ ›`` for more."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        title: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._titles: list[str] = []
        self._open = 0
        self._places: list[tuple[int, int, int]] = []
        self._note = ""

    def set_tabs(self, titles: list[str], opened: int, note: str = "") -> None:
        """Show these titles; ``note`` stands at the right, where there is room."""
        self._titles, self._open, self._note = titles, opened, note
        self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        labels = [safe(title, limit=24) for title in self._titles]
        first = self._first(labels, width)
        self._places = []
        line = Content.styled("‹" if first else " ", MUTED)
        for at in range(first, len(labels)):
            opened = at == self._open
            piece = Content.styled(f"[{labels[at]}]", "bold") if opened else Content.styled(f" {labels[at]} ", MUTED)
            if line.cell_length + piece.cell_length > width - 1:
                line += Content.styled("›", MUTED)
                break
            self._places.append((line.cell_length, line.cell_length + piece.cell_length, at))
            line += piece
        room = width - line.cell_length - 2
        if self._note and len(self._note) <= room:
            line += Content.styled(self._note.rjust(room + 1), f"italic {MUTED}")
        return line

    def _first(self, labels: Sequence[str], width: int) -> int:
        """The first name to show, so that the open one is seen."""
        first = 0
        while first < self._open and sum(len(label) + 2 for label in labels[first : self._open + 1]) + 2 > width:
            first += 1
        return first

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, end, at in self._places:
            if start <= offset.x < end:
                self.post_message(self.Chosen(self._titles[at]))
