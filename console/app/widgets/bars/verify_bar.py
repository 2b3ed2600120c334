"""One line on how a verification goes: a bar, counts, rate, time left; and its outcome, only when all of it is done."""

from textual.content import Content
from textual.widget import Widget

from console.app.drawing.cells import width
from console.app.drawing.layout import MUTED
from console.app.words import count
from console.engine.api import VerifyProgress
from console.text import safe


class VerifyBar(Widget):
    """Shows the progress that it is given; hidden until ``begin``."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._progress: VerifyProgress | None = None
        self.display = False

    def begin(self) -> None:
        self._progress = None
        self.display = True

    def go_on(self, progress: VerifyProgress) -> None:
        self._progress = progress
        self.refresh()

    def render(self) -> Content:
        progress = self._progress
        if progress is None:
            return Content("Verifying from the raw bytes …")
        words = progress_words(progress)
        room = min(self.content_size.width - width(words) - 2, 40)
        if room < 6:
            return Content(words)
        full = room if progress.done >= progress.total else room * progress.done // progress.total
        return Content.assemble(("━" * full, "bold $text-accent"), ("─" * (room - full), MUTED), "  ", words)


def progress_words(progress: VerifyProgress) -> str:
    """``✗ 1 broken so far · 41 % · 410,000 of 1,000,000 · 250,000/s · 2 s left``: nothing of what is not known yet."""
    parts = [f"✗ {progress.broken:,} broken so far"] if progress.broken else []
    parts.append(f"{100 * progress.done // progress.total} %" if progress.total else "0 %")
    parts.append(f"{progress.done:,} of {progress.total:,}")
    parts.append(f"{progress.rate:,.0f}/s")
    if progress.left is not None:
        parts.append(f"{remaining(progress.left)} left")
    return " · ".join(parts)


def remaining(seconds: float) -> str:
    """Seconds, minutes or hours to go, rounded up."""
    whole = int(seconds) + (seconds > int(seconds))
    if whole < 100:
        return f"{whole} s"
    if whole < 6000:
        return f"{-(-whole // 60)} min"
    return f"{-(-whole // 3600)} h"


def outcome(progress: VerifyProgress) -> str:
    """The end of a verification: its verdict, the worst first, and what was read for it."""
    read = f"{progress.done:,} of {count(progress.total, 'event')} read again from the raw bytes."
    return f"{'✗ ' if progress.broken else ''}{safe(progress.verdict, limit=500)} {read}".strip()
