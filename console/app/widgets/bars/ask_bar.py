"""One line to type something that a screen asks for. The bar knows no syntax: a screen answers with ``close``, or the
edit goes on.
"""

from collections.abc import Iterator

from textual import events
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label


class AskBar(Horizontal):
    """Hidden until ``edit``. Enter hands over what was typed, Esc gives it up. ``sign`` stands before it."""

    class Asked(Message):
        """This was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The edit was given up: the list has the keys again."""

    def __init__(self, sign: str, placeholder: str) -> None:
        super().__init__()
        self._sign, self._placeholder = sign, placeholder

    def compose(self) -> Iterator[Widget]:
        yield Label(self._sign, id="ask-sign", markup=False)
        yield Input(id="ask-input", placeholder=self._placeholder, compact=True)

    def on_mount(self) -> None:
        self.display = False

    def edit(self, text: str = "") -> None:
        self.display = True
        self.query_one(Input).value = text
        self.query_one(Input).focus()

    def close(self) -> None:
        self.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Asked(event.value.strip()))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.close()
            self.post_message(self.Left())
