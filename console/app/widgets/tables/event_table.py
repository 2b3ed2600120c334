"""The live table of events: a million rows, and only those on screen are read and drawn.

Keys never wait for the index: the table draws the pages that it has, asks for those that it lacks, the last wanted
first, and redraws the lines that differ when they come.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from console.app.drawing.cells import fit, width
from console.app.messages import SessionTrouble
from console.app.widgets.tables.cursor_list import CursorList
from console.app.widgets.tables.event_columns import (
    TEXT_LIMIT,
    EventColumns,
    cells,
    fit_columns,
    state_cells,
    state_titles,
    titles,
)
from console.app.widgets.tables.event_pages import PAGE, Pages
from console.app.work import Coalescer, in_words
from console.engine.api import EventRow, View
from console.model.trust import Severity, Trust
from console.text import safe

KEPT = 8192
"""Summaries, and states after events, that are kept."""
_COMPONENTS = ("cursor", "marker", "dim", *(trust.word for trust in Trust), *(level.word for level in Severity))


class EventTable(CursorList):
    """Rows of a view. ``follow`` keeps the cursor on the newest event."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"event-table--{name}" for name in _COMPONENTS}

    class Highlighted(Message):
        """The cursor is on this event; None if the view is empty or the row is still on its way."""

        def __init__(self, event: int | None) -> None:
            super().__init__()
            self.event = event

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, EventTable.Highlighted)

    class Opened(Message):
        """Enter or a double click on this event."""

        def __init__(self, event: int) -> None:
            super().__init__()
            self.event = event

    class FollowChanged(Message):
        """Follow was entered or left."""

    def __init__(self, *, streams: bool = True, ledgers: bool = True, id: str | None = None) -> None:
        super().__init__(id=id)
        self.follow = True
        self.ledger_names: Mapping[int, str] = {}
        self._streams, self._ledgers = streams, ledgers
        self._sequences = False
        """True once a row with a number in its stream was seen: without any, their column gives its room to others."""
        self._states: dict[int, tuple[Sequence[str], bool]] = {}
        """What holds after an event, by its id, and true if the event changed it."""
        self._state_names: Sequence[str] = ()
        self._want_state: Callable[[int, EventRow], None] | None = None
        self._state_least = 0
        self._second = 0
        """Cells of the second value of a state, the longest that was seen."""
        self._summaries: dict[int, str] = {}
        """What events did, by their ids."""
        self._want_summary: Callable[[EventRow], None] | None = None
        self._view: View | None = None
        self._pages = Pages()
        self._wanted: dict[int, None] = {}
        self._fetcher = Coalescer(self._fetch, partial(self.run_worker, group="pages", exit_on_error=False))
        self._columns = EventColumns()
        self._posted: int | None = None
        self._inks: dict[bool, dict[str, Style]] = {}
        """For rows with and without the cursor: the style of each component, and of plain text as ``""``."""

    # what is shown

    @property
    def titles(self) -> str:
        """The headings for the present width."""
        return titles(self._columns, self._state_names)

    @property
    def row(self) -> EventRow | None:
        """The event under the cursor, None if there is none or it is on its way."""
        return self._pages.row(self.cursor) if self.count else None

    @property
    def view(self) -> View | None:
        return self._view

    def show(self, view: View, row: int | None = None) -> None:
        """Show a view from now on, the cursor on ``row``: at the end if follow is on, else on the first row."""
        self._view = view
        self._pages.clear()
        self._wanted.clear()
        self._posted = None
        self.resize_rows(view.count)
        self.forget()
        self._want_around(row or 0)
        if self.follow:
            self._to_end()
        elif row is not None:
            self.move_to(row, middle=True)
        else:
            self.move_to(0)
        self._forward()

    def tail(self, first: int, count: int) -> int:
        """The row from which on rows have to be read to show the end of ``count`` rows, if those from ``first`` on may
        differ."""
        start = max(0, count - self.page) // PAGE * PAGE
        return first if start < first and self._pages.holds(start, first) else start

    def grew(self, first: int, start: int = 0, tail: Sequence[EventRow] = ()) -> None:
        """The view looked again: rows from ``first`` on may differ. Others stay as they are drawn. ``tail`` are rows
        from ``start`` on that were read already."""
        if self._view is None:
            return
        self._pages.expire(first)
        before = self.count
        if self._view.count != before:
            self.resize_rows(self._view.count, top=max(0, self._view.count - self.page) if self.follow else None)
        for page, rows in list(self._pages.continued(start, tail)):
            self._arrived(page, rows)
        if self.cursor >= first:
            self._posted = None
        if self.follow:
            self._to_end()
        self._want_visible()
        if self.count < before:
            self.forget(self.count)
        if not self.count:
            self._forward()

    def shifted(self, row: int) -> None:
        """The event under the cursor now stands in another row: cursor and window go with it."""
        moved = row - self.cursor
        if moved:
            if self._view is not None:
                self.resize_rows(max(self.count, self._view.count))
            self.forget_row(self.cursor)
            self.cursor = row
            self.scroll_to(y=max(0, self.scroll_offset.y + moved), animate=False, force=True)

    def set_follow(self, follow: bool) -> None:
        """Enter or leave follow; entering goes to the end."""
        if follow:
            self._to_end()
        if follow != self.follow:
            self.follow = follow
            self.post_message(self.FollowChanged())

    def move_to(self, row: int, *, middle: bool = False) -> None:
        """Moving away from the end leaves follow."""
        if row < self.count - 1:
            self.set_follow(False)
        super().move_to(row, middle=middle)
        self._forward()

    def action_last(self) -> None:
        self.set_follow(True)

    def _to_end(self) -> None:
        super().move_to(self.count - 1)
        self._forward()

    def _forward(self) -> None:
        """Post the event under the cursor, once for each event."""
        row = self.row
        event = row.id if row else None
        if event != self._posted or event is None:
            self._posted = event
            self.post_message(self.Highlighted(event))

    # pages

    def _want_visible(self) -> None:
        top = self.scroll_offset.y
        for row in (top, min(top + self.page, self.count - 1), self.cursor):
            self._want(row // PAGE)

    def _want_around(self, row: int) -> None:
        for page in (row // PAGE - 1, row // PAGE + 1):
            if 0 <= page * PAGE < self.count:
                self._want(page)

    def _want(self, page: int) -> None:
        """Ask for a page; the one asked for last comes first."""
        if self._view is None or page * PAGE >= self.count or page < 0 or self._pages.fresh(page):
            return
        self._wanted.pop(page, None)
        self._wanted[page] = None
        self._fetcher.ask()

    async def _fetch(self) -> None:
        """Bring the wanted pages until none is left."""
        while self._wanted and (view := self._view) is not None:
            page, _ = self._wanted.popitem()
            try:
                rows = await view.rows(page * PAGE, (page + 1) * PAGE)
            except Exception as error:  # noqa: BLE001 - whatever the session meets becomes words on the status line
                if view is self._view:
                    self.post_message(SessionTrouble("reading rows", in_words(error)))
                continue
            if view is self._view:
                self._arrived(page, rows)

    def _arrived(self, page: int, rows: list[EventRow]) -> None:
        """Redraw only the lines that differ from what stood there."""
        if not self._sequences and any(row.sequence is not None for row in rows):
            self._sequences = True
            self.on_resize()
        before = self._pages.put(page, rows)
        start = page * PAGE
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.page
        for at in range(max(len(rows), len(before))):
            if at < len(before) and at < len(rows) and (before[at] is rows[at] or before[at] == rows[at]):
                continue
            self._strips.discard(start + at)
            if top <= start + at < bottom:
                self.refresh_line(start + at)
        if page == self.cursor // PAGE:
            self._forward()
        visible = {row // PAGE for row in (top, bottom)}
        if page in visible:
            self._want_around(page * PAGE)

    # states

    def show_states(self, names: Sequence[str], want: Callable[[int, EventRow], None], *, least: int = 0) -> None:
        """Show what holds after each event, in a table of at least so many cells; ``want`` is called for a row where
        that is not known."""
        self._state_names, self._want_state, self._state_least = names, want, least
        self.on_resize()

    def put_states(self, names: Sequence[str] | None, states: Mapping[int, tuple[Sequence[str], bool]]) -> None:
        """What holds after these events, by their ids; their names, where all have the same ones."""
        if names is not None and names != self._state_names:
            self._state_names = names
            if self.heading is not None:
                self.heading.refresh()
        self._widen_second(values for values, _ in states.values())
        if len(self._states) > KEPT:
            self._states.clear()
        self._states |= states
        if states:
            self.forget()

    def forget_states(self) -> None:
        """What was known of states does not count any more."""
        self._states.clear()
        self.forget()

    def _widen_second(self, states: Iterable[Sequence[str]]) -> None:
        """Room for the longest second value, so that it is shown whole."""
        texts = [state_titles(self._state_names)[1], *(safe(each[1], limit=TEXT_LIMIT) for each in states if each[1:])]
        second = max(self._second, *map(width, texts)) if any(texts) else 0
        if second > self._second:
            self._second = second
            self.on_resize()

    def _state_of(self, row: int, event: EventRow) -> tuple[str, str]:
        want = self._want_state
        if not self._columns.state or want is None:
            return "", ""
        known = self._states.get(event.id)
        if known is None:
            want(row, event)
        return state_cells(["…"] if known is None else known[0], self._columns)

    # summaries

    def show_summaries(self, want: Callable[[EventRow], None]) -> None:
        """Show what each event did, from the first drawing on; ``want`` is called for a row where it is not known."""
        self._want_summary = want

    def put_summaries(self, summaries: Mapping[int, str]) -> None:
        """What these events did, by their ids."""
        if len(self._summaries) > KEPT:
            self._summaries.clear()
        self._summaries |= summaries
        if summaries:
            self.forget()

    def _summary_of(self, event: EventRow) -> str:
        room, want = self._columns.summary, self._want_summary
        if not room or want is None:
            return ""
        known = self._summaries.get(event.id)
        if known is None:
            want(event)
        return fit(safe(known or "", limit=TEXT_LIMIT), room)

    # drawing

    def restyle(self) -> None:
        self._columns = fit_columns(
            self.inner_width,
            streams=self._streams,
            ledgers=self._ledgers,
            sequences=self._sequences,
            states=self._want_state is not None and self.inner_width >= self._state_least,
            summaries=self._want_summary is not None,
            second=self._second,
        )
        self._inks = {}

    def placeholder(self, selected: bool) -> Strip:
        """A row whose page is on its way."""
        inks = self._ink(selected)
        parts = [Segment("›" if selected else " ", inks[""]), Segment("…", inks["dim"])]
        return Strip(parts, 2).adjust_cell_length(self.inner_width, inks[""])

    def draw(self, row: int, selected: bool) -> Strip | None:
        event = self._pages.row(row)
        if not self._pages.fresh(row // PAGE):
            self._want(row // PAGE)
        if event is None:
            return None
        columns = self._columns
        text = cells(event, columns, self.ledger_names.get(event.ledger, ""))
        states = self._state_of(row, event)
        parts = (
            ("›" if selected else " ", "marker"),
            (text.trust, event.trust.word),
            (text.worst, event.worst.word),
            (text.time, "dim"),
            (text.sequence, ""),
            (text.type, "broken" if event.trust is Trust.BROKEN else ""),
            (self._summary_of(event), ""),
            *((text, "" if self._states.get(event.id, ("", False))[1] else "dim") for text in states),
            (text.stream, "dim"),
            (text.actor, ""),
            (text.ledger, "dim"),
            (text.record, "dim"),
        )
        inks = self._ink(selected)
        *shown, (last, name) = [each for each in parts if each[0]]
        segments = [Segment(f"{part} ", inks[name]) for part, name in shown] + [Segment(last, inks[name])]
        return Strip(segments, columns.total).adjust_cell_length(self.inner_width, inks[""])

    def _ink(self, selected: bool) -> dict[str, Style]:
        if selected not in self._inks:
            styles = {name: self.get_component_rich_style(f"event-table--{name}", partial=True) for name in _COMPONENTS}
            base = self.rich_style + styles["cursor"] if selected else self.rich_style
            self._inks[selected] = {"": base, **{name: base + style for name, style in styles.items()}}
        return self._inks[selected]

    # opening and the mouse

    def action_open(self) -> None:
        if self.row is not None:
            self.post_message(self.Opened(self.row.id))

    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        if event.chain == 2:
            self.action_open()

    def on_mouse_scroll_up(self) -> None:
        self.set_follow(False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._want_visible()
