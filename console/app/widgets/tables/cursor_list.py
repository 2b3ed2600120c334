"""A list of rows of one line each with a cursor, drawn line by line: the base of all our tables.

The keyboard must never wait for a million rows, and Textual's own tables lay out and paint all that they hold. Here a
move redraws two lines, and a row is drawn when it is seen.
"""

from math import ceil

from textual import events
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from console.app.actions import moves

_MOVES = moves()
STRIPS = 512
"""Drawn rows that are kept: some screens full."""


class CursorList(ScrollView, can_focus=True):
    """Rows 0 to ``count`` - 1. A subclass draws them: ``draw(row, selected)``.

    Moves touch the cursor and redraw two lines, and wait for nothing.
    """

    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, list: "CursorList", row: int) -> None:
            super().__init__()
            self.list, self.row = list, row

        @property
        def control(self) -> "CursorList":
            return self.list

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, CursorList.Moved) and message.list is self.list

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self.heading: Widget | None = None
        """The line above with the headings: drawn again when the widths change."""
        self._count = 0
        self._strips: LRUCache[int, Strip] = LRUCache(STRIPS)

    # for subclasses

    def draw(self, row: int, selected: bool) -> Strip | None:
        """One row as a strip of the list's inner width, None while it is not known."""
        raise NotImplementedError

    def placeholder(self, selected: bool) -> Strip:
        """What stands in a row while it is not known."""
        return Strip.blank(self.size.width, self.rich_style)

    @property
    def titles(self) -> str:
        """The headings for the present width."""
        return ""

    def restyle(self) -> None:
        """Colours or width have changed."""

    # rows

    @property
    def count(self) -> int:
        return self._count

    @property
    def inner_width(self) -> int:
        """Cells of a row: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    @property
    def page(self) -> int:
        """Rows that are visible at a time."""
        return max(1, self.scrollable_content_region.height)

    def resize_rows(self, count: int, *, top: float | None = None) -> None:
        """There are now so many rows; the cursor stays within them. ``top`` is the row that is about to be on top."""
        grows = self._count <= count and self.is_mounted and self.virtual_size.width == self.inner_width
        self._count = count
        size = Size(self.inner_width, count)
        if grows:
            # Textual would lay out the screen and paint the whole list for this: only the scroll bar need know.
            self.set_reactive(Widget.virtual_size, size)
            self._tell_bar(self.scroll_y if top is None else top)
        else:
            self.virtual_size = size
        if self.cursor >= count:
            self.cursor = max(0, count - 1)

    def forget(self, first: int = 0) -> None:
        """Rows from ``first`` on are drawn again."""
        if first <= 0:
            self._strips.clear()
        else:
            for row in [row for row in self._strips.keys() if row >= first]:  # noqa: SIM118 - an LRUCache is not iterable
                self._strips.discard(row)
        top = self.scroll_offset.y
        if first < top + self.page:
            self.refresh_lines(max(first, top), top + self.page - max(first, top))

    def forget_row(self, row: int) -> None:
        """One row is drawn again."""
        self._strips.discard(row)
        self.refresh_line(row)

    # the cursor

    def move_to(self, row: int, *, middle: bool = False) -> None:
        """Put the cursor on a row and the row into view; with ``middle`` into its middle, if it was out of view."""
        row = max(0, min(row, self._count - 1))
        if row != self.cursor:
            self.refresh_line(self.cursor)
            self.cursor = row
            self.refresh_line(row)
            self.post_message(self.Moved(self, row))
        self.into_view(row, middle=middle)

    def into_view(self, row: int, *, middle: bool = False) -> None:
        top, page = self.scroll_offset.y, self.page
        if top <= row < top + page:
            return
        near_edge = row if row < top else row - page + 1
        top = row - page // 2 if middle else near_edge
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def action_cursor_down(self) -> None:
        self.move_to(self.cursor + 1)

    def action_cursor_up(self) -> None:
        self.move_to(self.cursor - 1)

    def action_page_down(self) -> None:
        self._leap(self.page)

    def action_page_up(self) -> None:
        self._leap(-self.page)

    def action_half_down(self) -> None:
        self._leap(max(1, self.page // 2))

    def action_half_up(self) -> None:
        self._leap(-max(1, self.page // 2))

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(self._count - 1)

    def _leap(self, rows: int) -> None:
        """Cursor and window move together, so that the eye keeps its place."""
        top = max(0, min(self.scroll_offset.y + rows, self._count - self.page))
        self.scroll_to(y=top, animate=False, force=True)
        self.move_to(self.cursor + rows)

    # events

    def on_key(self, event: events.Key) -> None:
        move = _MOVES.get(event.key)
        if move is not None:
            event.stop()
            event.prevent_default()
            getattr(self, f"action_{move}")()

    def on_click(self, event: events.Click) -> None:
        row = event.get_content_offset(self)
        if row is not None and row.y + self.scroll_offset.y < self._count:
            self.move_to(row.y + self.scroll_offset.y)

    def on_resize(self) -> None:
        self.restyle()
        if self.heading is not None:
            self.heading.refresh()
        self.resize_rows(self._count)
        self.forget()
        self.into_view(self.cursor)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.restyle()
        self.forget()

    def on_focus(self) -> None:
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        self.refresh_line(self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Textual's own would draw the scroll bar again for each row of a million."""
        self._tell_bar(new_value)
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    def _tell_bar(self, top: float) -> None:
        """Tell the scroll bar where the list stands, if that shows in it."""
        bar, page = self.vertical_scrollbar, self.page
        if _thumb(page, self._count, top) != _thumb(page, bar.window_virtual_size, bar.position):
            bar.window_virtual_size, bar.position = self._count, top

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines by row. Textual keeps what it painted by line of the screen: when rows scroll it would paint
        all again.

        A list has no border and no padding, so that its lines need nothing more than the filters. They end where the
        scroll bar begins.
        """
        width, background = self.inner_width, self.background_colors[1]
        lines = [self._finished(y + self.scroll_offset.y, width, background) for y in crop.line_range]
        if crop.column_span != (0, self.region.width):
            lines = [line.crop(*crop.column_span) for line in lines]
        return lines

    def _finished(self, row: int, width: int, background: Color) -> Strip:
        """One row, or the empty line behind the last one, filtered."""
        selected = row == self.cursor
        strip = None if selected else self._strips.get(row)
        if strip is None:
            drawn = self.draw(row, selected) if row < self._count else Strip.blank(width, self.rich_style)
            segments = list(self.placeholder(selected) if drawn is None else drawn)
            for line_filter in self.get_line_filters():
                segments = line_filter.apply(segments, background)
            strip = Strip(segments, width)
            if drawn is not None and not selected and row < self._count:
                self._strips[row] = strip
        return strip


def _thumb(page: int, rows: float, top: float) -> tuple[int, int]:
    """Where the thumb of a scroll bar of ``page`` cells begins and how long it is, in eighths of a cell."""
    if rows <= page:
        return 0, 0
    length = max(1.0, page * page / rows)
    return int((page - length) * top / (rows - page) * 8), ceil(length * 8)
