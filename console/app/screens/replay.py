"""Replay: the state of a stream as of each of its events, step by step; what changed is marked.

The replay goes on in the background, some events at a time, and the list grows with it: a step is shown once it is
known, and none is made up before.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.app.actions import REPLAY, bindings
from console.app.drawing.cells import middle
from console.app.drawing.layout import STRONG
from console.app.screens.base import NAME_LIMIT, ConsoleScreen
from console.app.screens.replay_words import state_page
from console.app.widgets.bars.ask_bar import AskBar
from console.app.widgets.bars.frame import TitleLine
from console.app.widgets.details.sheet import Sheet
from console.app.widgets.tables.step_list import StepList
from console.app.words import count
from console.app.work import Coalescer
from console.engine.api import Replay, SessionApi, StateAfter, StreamRow, time_span
from console.text import safe

FETCH = 64
"""Steps that are read around one that is wanted."""


class ReplayScreen(ConsoleScreen):
    """The steps of a stream, the cursor on ``event``, else on the last one. Dismissed with an event to go to."""

    WHERE = REPLAY
    BINDINGS: ClassVar[list[BindingType]] = bindings(REPLAY)
    AUTO_FOCUS = "#replay-steps"

    def __init__(self, session: SessionApi, stream: int, event: int | None = None) -> None:
        super().__init__()
        self._session = session
        self._stream_id = stream
        self._stream: StreamRow | None = None
        self._goal = event
        self._replay: Replay | None = None
        self._opened = False
        """True once it is known if the stream has a state."""
        self._edition = 0
        self._sentence: str | None = None
        self._seeking = False
        self.list = StepList(self._want, id="replay-steps")
        self._wanted: dict[int, None] = {}
        begin = partial(self.run_worker, group="replay", exit_on_error=False)
        self._advancing = Coalescer(self.guarded(self._advance, "Replaying"), begin)
        self._fetching = Coalescer(self.guarded(self._fetch, "Reading steps"), begin)

    def body(self) -> Iterator[Widget]:
        yield Static(id="replay-word", markup=False, classes="-alone")
        with Container(id="replay-body"):
            with Vertical(id="replay-main"):
                yield TitleLine(self.list)
                yield self.list
            yield Sheet(id="replay-state")
        yield AskBar("as of", "2026-11-20   2026-11-20T09:17:40Z")

    # words

    def place(self) -> Content:
        stream = self._stream
        if stream is None:
            return Content.styled("Replay", STRONG)
        key = f"{safe(stream.kind)} {safe(stream.key, limit=NAME_LIMIT)}"
        return Content.assemble(("Replay", STRONG), "  ", middle(key, max(self.size.width // 2, 20)))

    def status(self) -> Content:
        replay = self._replay
        if replay is None:
            return Content() if self._opened else Content("Reading …")
        parts = [Content.styled(f"{self.list.cursor + 1:,} of {replay.count:,}", STRONG)] if self.list.count else []
        if replay.done < replay.count:
            parts.append(Content(f"{replay.done:,} of {count(replay.count, 'event')} replayed so far"))
        if self._seeking:
            parts.append(Content.styled("looking for the next change · Esc stops", "$text-primary"))
        elif self._goal is not None:
            parts.append(Content.styled("the event is not replayed yet", "$text-primary"))
        return Content("   ").join(parts)

    def _show_sentence(self, sentence: str) -> None:
        if sentence == self._sentence:
            return  # a layout for nothing, in which lines that are to be drawn may be lost
        self._sentence = sentence
        word = self.query_one("#replay-word", Static)
        word.update(Content(sentence))
        word.display = bool(sentence)
        self.query_one("#replay-body").display = not sentence

    # reading

    def on_mount(self) -> None:
        super().on_mount()
        self._show_sentence("Replaying …")
        self.start(self._open, "Replaying", "open")

    async def _open(self) -> None:
        self._stream = await self._session.stream(self._stream_id)
        self._replay = await self._session.replay(self._stream_id)
        self._opened = True
        self.show_place()
        if self._replay is None:
            kind = safe(self._stream.kind) if self._stream else "stream"
            self._show_sentence(f"A {kind} has no state that could be replayed.")
            self.show_status()
            return
        self._edition = self._replay.edition
        self._advancing.ask()

    def look(self) -> None:
        if self._replay is not None:
            self._advancing.ask()

    async def _advance(self) -> None:
        """Replay what is there, some events at a time."""
        more = True
        while more and (replay := self._replay) is not None:
            more = await replay.advance()
            if replay.edition != self._edition:
                self._edition = replay.edition
                self.list.drop(0)
            await self._grown(replay)

    async def _grown(self, replay: Replay) -> None:
        at_end = self.list.cursor >= self.list.count - 1
        grew = replay.done > self.list.count
        self.list.resize_rows(replay.done)
        if replay.done:
            self._show_sentence("")
        elif not replay.count:
            self._show_sentence("There are no events yet.")
        if self._goal is not None:
            row = await replay.place(self._goal)
            if row is not None:
                self._goal = None
                self.list.move_to(row, middle=True)
        elif grew and at_end:
            self.list.move_to(replay.done - 1)
        self.list.refresh()
        self._show_state()
        self.throttled_status.ask()

    def _want(self, row: int) -> None:
        self._wanted.pop(row, None)
        self._wanted[row] = None
        self._fetching.ask()

    async def _fetch(self) -> None:
        """Bring the wanted steps with their neighbours, the last wanted first."""
        while self._wanted and (replay := self._replay) is not None:
            row, _ = self._wanted.popitem()
            if self.list.holds(row) or row >= replay.done:
                continue
            first = row // FETCH * FETCH
            self.list.put(first, await replay.steps(first, first + FETCH))
            self._show_state()

    def _show_state(self) -> None:
        step = self.list.step
        total = self._replay.count if self._replay else 0
        if step is not None:
            self.query_one("#replay-state", Sheet).show(lambda width: state_page(step, total, width))

    def on_cursor_list_moved(self) -> None:
        self.word = ""
        self._goal = None
        if self.list.step is None:
            self._want(self.list.cursor)
        self._show_state()
        self.show_status()

    # what keys do

    def action_open(self) -> None:
        """Go to the event."""
        step = self.list.step
        if step is not None:
            self.dismiss(step.row.id)

    def event_here(self) -> int | None:
        return self.list.step.row.id if self.list.step else None

    def action_step_on(self) -> None:
        self.list.action_cursor_down()

    def action_step_back(self) -> None:
        self.list.action_cursor_up()

    def action_next_change(self) -> None:
        self._seek(1)

    def action_previous_change(self) -> None:
        self._seek(-1)

    def _seek(self, step: int) -> None:
        """To the next event that changed the state, or failed to."""
        replay = self._replay
        if replay is None:
            return
        start = self.list.cursor + step

        async def work() -> None:
            row = await _changing(replay, start, step, lambda each: bool(each.changed or each.why))
            self._seeking = False
            if row is None:
                self.word = "no further change"
            else:
                self.list.move_to(row, middle=True)
            self.show_status()

        self._seeking = True
        self.start(work, "Looking for a change", "seek")

    def action_to_time(self) -> None:
        self.query_one(AskBar).edit()

    def on_ask_bar_asked(self, event: AskBar.Asked) -> None:
        """To the last event that had happened by then; a day is its end."""
        replay = self._replay
        try:
            until = time_span(event.text)[1]
        except (ValueError, OverflowError) as error:
            self.show_note(safe(str(error)))
            return
        self.query_one(AskBar).close()
        self.list.focus()
        row = replay.as_of(until) - 1 if replay is not None else -1
        if row < 0:
            self.show_note("Nothing had happened by then.")
        else:
            self.list.move_to(row, middle=True)

    def on_ask_bar_left(self) -> None:
        self.list.focus()

    def stop(self) -> bool:
        if self._seeking:
            self.workers.cancel_group(self, "seek")
            self._seeking = False
            self.show_status()
            return True
        return super().stop()

    def on_unmount(self) -> None:
        replay, self._replay = self._replay, None
        if replay is not None:
            self.app.run_worker(replay.close(), group="closing", exit_on_error=False)


async def _changing(replay: Replay, start: int, step: int, wanted: Callable[[StateAfter], bool]) -> int | None:
    """The first row from ``start`` on, in steps of 1 or -1, whose step is wanted."""
    while 0 <= start < replay.done:
        first = start // FETCH * FETCH
        steps = await replay.steps(first, first + FETCH)
        rows = range(start, first + len(steps)) if step > 0 else range(start, first - 1, -1)
        for row in rows:
            if row - first < len(steps) and wanted(steps[row - first]):
                return row
        if not steps:
            return None
        start = first + len(steps) if step > 0 else first - 1
    return None
