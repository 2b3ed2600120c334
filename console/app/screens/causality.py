"""Causality: what caused an event and what it caused, over all ledgers, as a tree; and what else is of the same thing.

``c`` puts another event at the root, and Esc goes back to the one before: one walks through causes as through rooms.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.app.actions import CAUSALITY, bindings
from console.app.drawing.cells import middle
from console.app.drawing.layout import MUTED, STRONG, prose, trust_mark
from console.app.screens.base import NAME_LIMIT, ConsoleScreen
from console.app.widgets.details.sheet import Sheet
from console.app.widgets.tables.causality_list import CausalityLine, CausalityList, lines_of
from console.app.words import count, day_and_time
from console.engine.api import EventTrace, SessionApi
from console.text import safe

NOT_HERE = "There is no event to go to: only its id is known."


class CausalityScreen(ConsoleScreen):
    """The trace of an event. It opens events above itself, and is dismissed with None."""

    WHERE = CAUSALITY
    BINDINGS: ClassVar[list[BindingType]] = bindings(CAUSALITY)
    AUTO_FOCUS = "#causality-list"

    def __init__(self, session: SessionApi, event: int) -> None:
        super().__init__()
        self._session = session
        self._events = [event]
        """Roots, the present one last."""
        self._trace: EventTrace | None = None

    def body(self) -> Iterator[Widget]:
        yield Static(id="causality-word", markup=False)
        with Container(id="causality-body"):
            yield CausalityList(self.console_app.name_of, id="causality-list")
            yield Sheet(id="causality-detail")

    @property
    def tree_list(self) -> CausalityList:
        return self.query_one(CausalityList)

    # words

    def place(self) -> Content:
        if self._trace is None:
            return Content.styled("Causality", STRONG)
        root = self._trace.root
        type = safe(root.row.type if root.row else "", limit=NAME_LIMIT)
        words = middle(f"of {type} {safe(root.id, limit=NAME_LIMIT)}", max(self.size.width // 2, 20))
        return Content.assemble(("Causality", STRONG), "  ", words)

    def status(self) -> Content:
        trace = self._trace
        if trace is None:
            return Content("Looking for causes …")
        up, down = (sum(1 + each.size for each in nodes) for nodes in (trace.up, trace.down))
        parts = [f"{count(up, 'event')} above", f"{count(down, 'event')} below"]
        if len(self._events) > 1:
            parts.append("Esc goes back to the event before")
        return Content(" · ".join(parts))

    # reading

    def on_mount(self) -> None:
        super().on_mount()
        self._show_sentence("Looking for causes …")

    def look(self) -> None:
        event = self._events[-1]

        async def work() -> None:
            trace = await self._session.trace(event)
            if event == self._events[-1] and trace != self._trace:
                self._trace = trace
                self._show_sentence("")
                self.tree_list.fill(lines_of(trace))
                self._show_detail()
                self.show_place()
                self.show_status()

        self.start(work, "Looking for causes", "trace")

    def _show_sentence(self, sentence: str) -> None:
        word = self.query_one("#causality-word", Static)
        word.update(Content(sentence))
        word.display = bool(sentence)
        self.query_one("#causality-body").display = not sentence

    def _show_detail(self) -> None:
        line = self.tree_list.line
        if line is not None:
            self.query_one(Sheet).show(lambda width: self._page(line, width))

    def _page(self, line: CausalityLine, width: int) -> list[Content]:
        """All of what its line had no room for."""
        node, row = line.node, line.event
        lines: list[Content] = []
        if line.shared is not None:
            lines += prose(safe(f"{line.shared.kind} {line.shared.id}".strip(), limit=1000), width, STRONG)
        if node is not None and node.how:
            lines += prose(safe(node.how), width, lead="relation  ", lead_style=MUTED)
        if node is not None:
            lines += prose(safe(node.id, limit=1000), width, lead="id        ", lead_style=MUTED)
        if row is not None:
            ledger = node.ledger if node is not None else line.shared.ledger if line.shared else ""
            stream = f"{row.stream_kind} {row.stream_key}" if row.stream else ""
            for name, value in (
                ("type", row.type),
                ("actor", row.actor),
                ("time", day_and_time(row.time, digits=6)),
                ("stream", stream),
                ("ledger", f"{self.console_app.name_of(ledger)} record {row.ordinal:,}"),
            ):
                if value:
                    lines += prose(safe(value, limit=1000), width, lead=f"{name:10}", lead_style=MUTED)
            lines.append(Content.assemble((f"{'trust':10}", MUTED), trust_mark(row.trust)))
        if node is not None and node.carriers > 1:
            lines += prose(f"One of {node.carriers:,} events that carry this id.", width)
        if node is not None and node.ending.value:
            lines += prose(f"The branch ends here: {node.ending.value}.", width)
        return lines or prose(safe(line.title, limit=1000), width)

    def on_cursor_list_moved(self) -> None:
        self._show_detail()

    # what keys do

    def action_open(self) -> None:
        """Go to the event, or to the stream of what is in common."""
        line = self.tree_list.line
        if line is None:
            return
        event, stream = line.event, line.shared.stream if line.shared else None

        async def work() -> None:
            if event is not None:
                ledger = next((each for each in await self._session.ledgers() if each.id == event.ledger), None)
                self.console_app.go_to.stream(self._session, ledger=ledger, event=event.id)
            elif stream is not None and (row := await self._session.stream(stream)) is not None:
                ledger = next((each for each in await self._session.ledgers() if each.id == row.ledger), None)
                self.console_app.go_to.stream(self._session, ledger=ledger, stream=row)

        if event is None and stream is None:
            self.show_note(NOT_HERE if line.node is not None else "")
        else:
            self.start(work, "Going to the event", "open")

    def action_causality(self) -> None:
        """The event under the cursor becomes the root."""
        event = self.tree_list.line.event if self.tree_list.line is not None else None
        if event is None:
            self.show_note(NOT_HERE)
        elif event.id != self._events[-1]:
            self._turn([*self._events, event.id])

    def _turn(self, events: list[int]) -> None:
        self._events = events
        self._trace = None
        self.word = ""
        self.show_status()
        self.look()

    def stop(self) -> bool:
        """Esc: the root before, then back."""
        if super().stop():
            return True
        if len(self._events) > 1:
            self._turn(self._events[:-1])
            return True
        return False
