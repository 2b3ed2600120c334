"""The frame of every screen: a line above with the place where one is, a line below with the keys.

Lines of their own instead of Textual's header and footer, which take more rows and cut what does not fit in silence.
"""

from textual.content import Content
from textual.widget import Widget

from console.app.actions import footer
from console.app.drawing.cells import width
from console.app.widgets.tables.cursor_list import CursorList
from console.app.words import count
from console.engine.api import Progress
from console.text import safe


class HeadLine(Widget):
    """One line: ``left`` is where one is, ``right`` is what the worker does. The right one is never cut."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.left = Content()
        self.right = Content()

    def set_text(self, *, left: Content | None = None, right: Content | None = None) -> None:
        """Change a side, or both."""
        before = (self.left, self.right)
        self.left = self.left if left is None else left
        self.right = self.right if right is None else right
        if not (_same(before[0], self.left) and _same(before[1], self.right)):
            self.refresh()

    def render(self) -> Content:
        cells = self.content_size.width
        left = self.left.truncate(max(0, cells - self.right.cell_length - 2), ellipsis=True)
        return Content.assemble(left, " " * max(1, cells - left.cell_length - self.right.cell_length), self.right)


class TextLine(Widget):
    """One line of content that is cut at the end."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.content = Content()

    def set_text(self, content: Content) -> None:
        if not _same(content, self.content):
            self.content = content
            self.refresh()

    def render(self) -> Content:
        return self.content.truncate(self.content_size.width, ellipsis=True)


def _same(one: Content, other: Content) -> bool:
    """Same text in the same styles (Content compares its text alone)."""
    return one.plain == other.plain and one.spans == other.spans


class TitleLine(Widget):
    """The headings above a list, for the widths that the list now has."""

    def __init__(self, of: CursorList) -> None:
        super().__init__()
        self._of = of
        of.heading = self

    def render(self) -> Content:
        return Content(self._of.titles)


class KeyLine(Widget):
    """The keys of a screen, as many as there is room for, the most useful first; help and quit always."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where

    def render(self) -> Content:
        actions = footer(self._where)
        always = [action for action in actions if action.id in {"app.help", "app.quit"}]
        room = self.content_size.width
        shown = {action.id for action in always}
        room -= sum(width(action.key) + width(action.label) + 3 for action in always)
        for action in actions:
            needed = width(action.key) + width(action.label) + 3
            if action.id not in shown and needed <= room:
                shown.add(action.id)
                room -= needed
        return Content("  ").join(
            Content.assemble((action.key, "bold $footer-key-foreground"), " ", action.label)
            for action in actions
            if action.id in shown
        )


def progress_words(progress: Progress) -> Content:
    """What the worker is doing, in a few words."""
    match progress.phase:
        case "reading":
            if progress.ledgers > 1:
                part = f"{progress.read:,} of {count(progress.ledgers, 'ledger')}"
            elif progress.found > 1:
                part = f"· {count(progress.found, 'ledger')} found so far"
            else:
                part = f"{100 * progress.done // progress.total} %" if progress.total else "…"
            rate = f" · {progress.rate:,.0f} events/s" if progress.rate else ""
            return Content.assemble((f"◐ reading {part}{rate}", "$text-primary"))
        case "following":
            rate = f" · {count(round(progress.rate), 'event')}/s" if progress.rate >= 1 else ""
            if not progress.behind:
                return Content.assemble((f"● following{rate}", "$text-success"))
            behind = f"{count(progress.behind, 'ledger')} behind"
            return Content.assemble((f"◐ following{rate} · {behind}", "$text-warning"))
        case "reader only":
            return Content.assemble(("◌ reader only: another console writes", "$text-warning"))
        case "restarting":
            return Content.assemble(("↻ restarting the reader", "$text-warning"))
        case "stopped":
            return Content.assemble(("■ stopped", "$text-error"))
        case phase:
            return Content.assemble((f"◌ {safe(phase)}", "$text-muted"))
