"""One line to type a time into. The bar knows no times: a screen answers with ``close``, or the edit goes on."""

from collections.abc import Iterator

from textual import events
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label


class TimeBar(Horizontal):
    """Hidden until ``edit``. Enter asks for the time, Esc gives it up."""

    class Asked(Message):
        """This was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The edit was given up: the list has the keys again."""

    def compose(self) -> Iterator[Widget]:
        yield Label("as of", id="time-sign", markup=False)
        yield Input(id="time-input", placeholder="2026-11-20   2026-11-20T09:17:40Z", compact=True)

    def on_mount(self) -> None:
        self.display = False

    def edit(self) -> None:
        self.display = True
        self.query_one(Input).focus()

    def close(self) -> None:
        self.query_one(Input).value = ""
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
