"""The filter: one line to type a query, and under it what is wrong with it, at its place, or what may be typed next.

The bar knows no syntax: a screen asks the session and answers with ``accept`` or ``refuse``, and what is shown stays
until it has. What Tab offers it asks for by itself.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from textual import events
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from console.app.drawing.cells import cut, width
from console.app.widgets.bars.frame import TextLine
from console.engine.api import Completion
from console.text import safe

Complete = Callable[[str, int], Awaitable[Completion]]
"""What may stand before the cursor of a query."""


class FilterBar(Vertical):
    """Hidden until ``edit`` or while no query is set. Enter applies, Esc gives up the edit, Tab completes."""

    class Applied(Message):
        """A query to apply; '' for none."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Left(Message):
        """The edit was given up: the list has the keys again."""

    def __init__(self, complete: Complete | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.applied = ""
        self._complete = complete
        self._offered: tuple[str, int, Completion] | None = None
        """What Tab goes through: the value that it made, which option that is, and all of them."""

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
        self.remove_class("-refused", "-offering")
        if self.input.value != query:
            self.input.value = query
        self.display = bool(query)

    def refuse(self, words: str, at: int | None) -> None:
        """Show what is wrong with the query, under the character at ``at``."""
        self.remove_class("-offering")
        self.add_class("-refused")
        column = width(self.input.value[: at or 0])
        column = min(column, max(0, self.size.width - len(words) - 6))
        self.query_one("#filter-error", TextLine).set_text(Content(f"{' ' * (column + 2)}↑ {safe(words)}"))
        self.edit()
        if at is not None:
            self.input.cursor_position = at

    # completing

    async def _ask(self, complete: Complete) -> None:
        value, cursor = self.input.value, self.input.cursor_position
        found = await complete(value, cursor)
        if self.input.value != value or self.input.cursor_position != cursor:
            return
        common = _beginning(found.options)
        if len(found.options) != 1 and len(common) <= cursor - found.start:
            self._offer(found, "" if found.options else "nothing begins like this")
        else:
            self._put(found, common if len(found.options) > 1 else found.options[0])
            self._offer(found if len(found.options) > 1 else None)

    def _offer(self, found: Completion | None, word: str = "") -> None:
        """Show what there is, and let the next Tab go through it."""
        several = found is not None and len(found.options) > 1
        self._offered = (self.input.value, -1, found) if found is not None and several else None
        words = "  ".join(map(safe, found.options)) if found is not None and several else word
        self.set_class(bool(words), "-offering")
        self.query_one("#filter-error", TextLine).set_text(Content(f"  {cut(words, max(self.size.width - 4, 10))}"))

    def _put(self, found: Completion, text: str) -> None:
        """A text in the place of what is completed."""
        rest = self.input.value[self.input.cursor_position :]
        with self.prevent(Input.Changed):
            self.input.value = self.input.value[: found.start] + text + rest
        self.input.cursor_position = found.start + len(text)

    def _next(self) -> None:
        """The next of what is offered."""
        assert self._offered is not None
        _, at, found = self._offered
        at = (at + 1) % len(found.options)
        self._put(found, found.options[at])
        self._offered = self.input.value, at, found
        before = "  ".join(safe(each) for each in found.options[:at])
        shown = "  ".join(safe(each) for each in found.options[at:])
        room = max(self.size.width - 4, 10)
        text = f"{before}  {shown}" if at and width(before) + width(shown) + 2 <= room else shown
        self.query_one("#filter-error", TextLine).set_text(Content(f"  {cut(text, room)}"))

    # events

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._offered = None
        self.remove_class("-refused", "-offering")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.remove_class("-offering")
        query = event.value.strip()
        if query != event.value:
            # What is wrong with it is shown at its place.
            with self.prevent(Input.Changed):
                self.input.value = query
        self.post_message(self.Applied(query))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.accept(self.applied)
            self.post_message(self.Left())
        elif event.key == "tab" and self._complete is not None:
            event.stop()
            event.prevent_default()
            if self._offered is not None and self._offered[0] == self.input.value:
                self._next()
            else:
                self.remove_class("-refused")
                self.run_worker(self._ask(self._complete), exclusive=True, exit_on_error=False)


def _beginning(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(texts, default=""), max(texts, default="")
    return first[
        : next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    ]
