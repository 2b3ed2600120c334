"""The filter: one line to type a query, and under it what is wrong with it, at its place.

The bar knows no syntax: a screen asks the session and answers with ``accept`` or ``refuse``, and what is shown stays
until it has.
"""

from collections.abc import Iterator

from textual import events
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from console.app.widgets.bars.frame import TextLine
from console.text import safe


class FilterBar(Vertical):
    """Hidden until ``edit`` or while no query is set. Enter applies, Esc gives up the edit."""

    class Applied(Message):
        """A query to apply; '' for none."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Left(Message):
        """The edit was given up: the list has the keys again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.applied = ""

    def compose(self) -> Iterator[Widget]:
        with Horizontal():
            yield Label("/", id="filter-sign", markup=False)
            yield Input(
                id="filter-input",
                placeholder="type:…  actor:…  trust:broken  free text",
                compact=True,
                select_on_focus=False,
            )
        yield TextLine(id="filter-error")

    def on_mount(self) -> None:
        self.display = False

    @property
    def input(self) -> Input:
        return self.query_one(Input)

    def edit(self) -> None:
        """Show the line and type into it."""
        self.display = True
        self.input.focus()
        self.input.cursor_position = len(self.input.value)

    def accept(self, query: str) -> None:
        """The query holds; without one the line goes away."""
        self.applied = query
        self.remove_class("-refused")
        if self.input.value != query:
            self.input.value = query
        self.display = bool(query)

    def refuse(self, words: str, at: int | None) -> None:
        """Show what is wrong with the query, under the character at ``at``."""
        self.add_class("-refused")
        column = max(0, 0 if at is None else at)
        column = min(column, max(0, self.size.width - len(words) - 6))
        self.query_one("#filter-error", TextLine).set_text(Content(f"{' ' * (column + 2)}↑ {safe(words)}"))
        self.edit()
        if at is not None:
            self.input.cursor_position = at

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.remove_class("-refused")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Applied(event.value.strip()))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.accept(self.applied)
            self.post_message(self.Left())
