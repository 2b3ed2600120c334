"""Stream: the live table of one stream, one ledger, or all ledgers merged by time, with filter and details."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from console.app.actions import STREAM, bindings
from console.app.drawing.cells import middle, path
from console.app.drawing.layout import TRUST_STYLE
from console.app.messages import Sought, TotalsRead, ViewChanged, ViewOpened, ViewRefused
from console.app.row_search import find_row
from console.app.screens.base import NAME_LIMIT, ConsoleScreen
from console.app.screens.stream_states import StreamStates
from console.app.screens.stream_summaries import StreamSummaries
from console.app.widgets.bars.filter_bar import FilterBar
from console.app.widgets.bars.frame import TitleLine
from console.app.widgets.details.pane import DetailsPane
from console.app.widgets.tables.event_table import EventTable
from console.app.widgets.tables.ledger_words import trouble, trust_counts
from console.app.words import count, day_and_time
from console.app.work import Coalescer, Throttle, in_words
from console.engine.api import EventRow, FilterError, LedgerRow, SessionApi, StreamRow, View
from console.model.trust import Severity, Trust
from console.text import safe

REST = 0.5
"""Seconds between two looks at the totals."""


class StreamScreen(ConsoleScreen):
    """Events of ``stream``, or of ``ledger``, or of all. With ``event`` the cursor goes there, else it follows."""

    WHERE = STREAM
    BINDINGS: ClassVar[list[BindingType]] = bindings(STREAM)

    def __init__(
        self,
        session: SessionApi,
        *,
        ledger: LedgerRow | None = None,
        stream: StreamRow | None = None,
        event: int | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._ledger, self._stream = ledger, stream
        self._goal = event
        self._seeking = ""
        self.table = EventTable(streams=stream is None, ledgers=ledger is None, id="events")
        self.table.follow = event is None
        self.pane = DetailsPane(session, id="details")
        self.bar = FilterBar(session.complete, id="filter")
        begin = partial(self.run_worker, group="reading", exit_on_error=False)
        self._refresher = Coalescer(self.guarded(self._refresh_view, "Reading"), begin)
        self._totals = Coalescer(self.guarded(self._read_totals, "Reading totals"), begin)
        self._summaries = StreamSummaries(self.table, session, self.guarded, begin)
        self._states = StreamStates(self.table, self.guarded, begin)
        self._throttled_totals = Throttle(REST, self._totals.ask, self.set_timer)

    def body(self) -> Iterator[Widget]:
        with Container(id="stream-body"):
            with Vertical(id="stream-main"):
                yield TitleLine(self.table)
                yield self.table
            yield self.pane
        yield self.bar

    # words

    def place(self) -> Content:
        if self._ledger is None:
            return Content.assemble(("Stream", "bold"), "  all events, merged by time")
        width = self.app.size.width
        wrong = trouble(self._ledger, self._stream)
        room = width - 30 if self._stream is None and not wrong else width // (4 if wrong else 3)
        parts = [
            Content.assemble(("Stream", "bold")),
            Content(path(self.console_app.name_of(self._ledger.name), room)),
        ]
        if self._stream is not None:
            key = f"{safe(self._stream.kind)} {safe(self._stream.key, limit=NAME_LIMIT)}"
            parts.append(Content(middle(key, room)))
        if wrong:
            parts.append(Content.styled(wrong, "bold $text-error"))
        return Content("  ").join(parts)

    def status(self) -> Content:
        table = self.table
        view = table.view
        if view is None:
            return Content("Reading …")
        parts: list[Content] = []
        if view.count:
            parts.append(Content.assemble((f"{table.cursor + 1:,} of {view.count:,}", "bold")))
        elif not view.note:
            parts.append(Content(self._none_words()))
        parts.append(
            Content.assemble(("↓ follow", "$text-success")) if table.follow else Content.assemble(("follow off", ""))
        )
        if self._seeking:
            parts.append(Content.assemble((f"looking for the next {self._seeking} · Esc stops", "$text-primary")))
        if view.note:
            parts.append(Content.assemble((safe(view.note, limit=NAME_LIMIT), "$text-warning")))
        if self._stream is None and self._ledger is not None and self._ledger.pending:
            parts.append(Content(f"{Trust.PENDING.glyph} {count(self._ledger.pending, 'byte')} without a line end"))
        parts += self._trust_words()
        if table.row is not None and table.row.time is not None:
            parts.append(Content(f"{day_and_time(table.row.time, digits=6)} UTC"))
        return Content("   ").join(parts)

    def _none_words(self) -> str:
        """Why there is no row: established only when all has been read."""
        if not self.bar.applied:
            return "No events yet"
        so_far = " so far" if self.console_app.progress.phase in ("starting", "reading", "restarting") else ""
        return f"No event fits the filter{so_far}"

    def _trust_words(self) -> list[Content]:
        counted = self._stream or self._ledger
        if counted is None:
            return []
        wide = self.size.width >= 110
        total = trust_counts(counted.trust, 60 if wide else 26, gap=" ", words=wide)
        return [Content(" ").join(Content.styled(text, TRUST_STYLE[trust]) for trust, text in total)] if total else []

    # reading

    def on_mount(self) -> None:
        super().on_mount()
        self.pane.display = self.app.size.width >= 120
        self.table.focus()
        self._open("", self._goal)
        self._throttled_totals.ask()
        if (ledger := self._ledger) is not None:
            stream = self._stream.id if self._stream else None
            self.start(lambda: self._states.open(self._session, ledger.id, stream), "Replaying", "states")

    def look(self) -> None:
        self._refresher.ask()
        self._states.look()
        self._throttled_totals.ask()

    def _open(self, query: str, event: int | None) -> None:
        """Open a view for a query, the cursor on ``event`` if it is in it."""

        async def work() -> None:
            try:
                view = await self._session.view(
                    query,
                    ledger=self._ledger.id if self._ledger else None,
                    stream=self._stream.id if self._stream else None,
                )
            except FilterError as error:
                self.post_message(ViewRefused(query, in_words(error), error.at))
                return
            row = await view.position(event) if event is not None else None
            self.post_message(ViewOpened(view, query, row))

        self.start(work, "Opening the events", "view")

    async def _refresh_view(self) -> None:
        view = self.table.view
        if view is None:
            return
        first = await view.refresh()
        table = self.table
        row, start, tail = None, 0, list[EventRow]()
        if first is not None and table.follow:
            start = table.tail(first, view.count)
            tail = await view.rows(start, view.count)
        elif first is not None and table.row is not None and first <= table.cursor:
            row = await view.position(table.row.id)
        self.post_message(ViewChanged(view, first, row, start, tail))

    async def _read_totals(self) -> None:
        ledgers = await self._session.ledgers()
        stream = None if self._stream is None else await self._session.stream(self._stream.id) or self._stream
        self.post_message(TotalsRead(tuple(ledgers), stream))

    def on_totals_read(self, event: TotalsRead) -> None:
        if self._ledger is not None:
            self._ledger = next((row for row in event.ledgers if row.id == self._ledger.id), self._ledger)
        self._stream = event.stream
        self.show_place()
        names = {row.id: self.console_app.name_of(row.name) for row in event.ledgers}
        if names != self.table.ledger_names:
            self.table.ledger_names = names
            self.table.forget()
        self.show_status()

    def on_view_opened(self, event: ViewOpened) -> None:
        before = self.table.view
        self.word = ""
        self.bar.accept(event.query)
        self.table.show(event.view, event.row)
        self.table.focus()
        self.show_status()
        if before is not None:
            self.start(before.close, "Closing a view", "closing")

    def on_view_refused(self, event: ViewRefused) -> None:
        self.bar.refuse(event.words, event.at)

    def on_view_changed(self, event: ViewChanged) -> None:
        if event.view is self.table.view:
            if event.row is not None and not self.table.follow:
                self.table.shifted(event.row)
            if event.first is not None:
                self.table.grew(event.first, event.start, event.tail)
            self.throttled_status.ask()

    # what the widgets say

    def on_event_table_highlighted(self, event: EventTable.Highlighted) -> None:
        if self.table.follow:
            self.throttled_status.ask()
        else:
            self.word = ""
            self.show_status()
        if self.pane.display and (event.event is not None or not self.table.count):
            self.pane.show(event.event)

    def on_event_table_follow_changed(self) -> None:
        self.show_status()

    def on_event_table_opened(self) -> None:
        self._into_details()

    def on_filter_bar_applied(self, event: FilterBar.Applied) -> None:
        here = self.table.row
        self._open(event.query, here.id if here and not self.table.follow else None)

    def on_filter_bar_left(self) -> None:
        self.table.focus()

    # actions

    def action_filter(self) -> None:
        self.bar.edit()

    def action_follow(self) -> None:
        self.table.set_follow(not self.table.follow)

    def action_open(self) -> None:
        self._into_details()

    def _into_details(self) -> None:
        if not self.pane.display:
            self.action_details()
        self._focus_pane()

    def _focus_pane(self) -> None:
        target = self.pane if self.pane.focusable else next(iter(self.pane.query("*:can-focus").results()), None)
        if target is not None:
            target.focus()

    def action_details(self) -> None:
        self.pane.display = not self.pane.display
        if self.pane.display:
            row = self.table.row
            self.pane.show(row.id if row else None)
        else:
            self.table.focus()

    def action_switch_pane(self) -> None:
        if self.table.has_focus and self.pane.display:
            self._focus_pane()
        else:
            self.table.focus()

    def action_next_tab(self) -> None:
        self.pane.action_next_tab()

    def action_previous_tab(self) -> None:
        self.pane.action_previous_tab()

    def action_next_finding(self) -> None:
        self._seek(1, lambda row: row.worst > Severity.NONE, "finding")

    def action_previous_finding(self) -> None:
        self._seek(-1, lambda row: row.worst > Severity.NONE, "finding")

    def action_next_error(self) -> None:
        self._seek(1, lambda row: row.worst >= Severity.ERROR, "error")

    def action_previous_error(self) -> None:
        self._seek(-1, lambda row: row.worst >= Severity.ERROR, "error")

    def _seek(self, step: int, wanted: Callable[[EventRow], bool], what: str) -> None:
        view = self.table.view
        if view is None:
            return
        start = self.table.cursor + step

        async def work() -> None:
            self.post_message(Sought(view, await find_row(view, start, step, wanted), what))

        self._seeking = what
        self.show_status()
        self.start(work, f"Looking for the next {what}", "seek")

    def on_sought(self, event: Sought) -> None:
        self._seeking = ""
        if event.view is self.table.view and event.row is not None:
            self.table.move_to(event.row, middle=True)
        elif event.row is None:
            self.word = f"no further {event.what}"
        self.show_status()

    def action_copy(self) -> None:
        row = self.table.row
        if row is None:
            return

        async def work() -> None:
            details = await self._session.details(row.id)
            text = safe(details.event.event_id or f"{details.ledger.name} record {row.ordinal}", limit=NAME_LIMIT)
            self.app.copy_to_clipboard(text)
            self.show_note(f"copied {text}")

        self.start(work, "Copying", "copy")

    def event_here(self) -> int | None:
        return self.table.row.id if self.table.row else None

    def action_walk(self) -> None:
        row = self.table.row
        if row is not None:
            self.console_app.go_to.walk(self._session, row.id, self._go)

    def action_replay(self) -> None:
        row = self.table.row
        stream = self._stream.id if self._stream else row.stream if row else 0
        if stream:
            self.console_app.go_to.replay(self._session, stream, row.id if row else None, self._go)
        else:
            self.show_note("The event is in no stream.")

    def action_findings(self) -> None:
        ledger = self._ledger.id if self._ledger else None
        self.console_app.go_to.findings(self._session, ledger, then=self._go)

    def _go(self, event: int | None) -> None:
        """Put the cursor on an event; a filter that hides it is taken off."""
        view = self.table.view
        if event is None or view is None:
            return

        async def work() -> None:
            row = await view.position(event)
            if row is None:
                self._goal = event
                self._leave_filter(event)
            else:
                self.post_message(Sought(view, row, "event"))

        self.start(work, "Going to the event", "seek")

    def _leave_filter(self, event: int | None) -> None:
        self.table.follow = event is None and self.table.follow
        self._open("", event)

    def action_verify(self) -> None:
        ledger, stream = self._ledger, self._stream
        if ledger is None:
            of = "all ledgers"
        else:
            of = f"{stream.kind} {stream.key}" if stream else ledger.name.removeprefix(self.console_app.root)
        self.console_app.check(
            safe(of, limit=80), ledger=ledger.id if ledger else None, stream=stream.id if stream else None
        )

    def stop(self) -> bool:
        """Esc, one step at a time: a search or check, the details, the filter."""
        if self._seeking:
            self.workers.cancel_group(self, "seek")
            self._seeking = ""
            self.show_status()
            return True
        if super().stop():
            return True
        if not self.table.has_focus:
            self.table.focus()
            return True
        if self.bar.applied:
            here = self.table.row
            self._open("", here.id if here and not self.table.follow else None)
            return True
        return False

    def on_unmount(self) -> None:
        view: View | None = self.table.view
        if view is not None:
            self.app.run_worker(view.close(), group="closing", exit_on_error=False)
        self.app.run_worker(self._states.close(), group="closing", exit_on_error=False)
