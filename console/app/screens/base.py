"""What all screens share: the frame, the session, errors in words."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from console.app.drawing.compositing import LeanCompositor
from console.app.messages import IndexChanged, SessionTrouble, VerifyMoved
from console.app.widgets.bars.alarm_strip import AlarmStrip
from console.app.widgets.bars.frame import HeadLine, KeyLine, TextLine, progress_words
from console.app.words import count
from console.app.work import Throttle, in_words
from console.engine.api import Progress, VerifyProgress
from console.text import safe

if TYPE_CHECKING:
    from console.app.app import ConsoleApp

NAME_LIMIT = 300
"""Characters of a ledger's name that are looked at."""
FRAME_INTERVAL = 0.15
"""Seconds between two changes of head or status line while events stream in: nobody reads faster."""


class ConsoleScreen(Screen[int | None]):
    """A screen with a head line, a body, a status line and the keys.

    ``WHERE`` is the screen's name in the registry of actions. A subclass composes ``body``, reads in ``look`` what it
    shows (on opening, after each change, on return to it) and says ``place`` and ``status``.
    """

    WHERE: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LeanCompositor()
        self._trouble: SessionTrouble | None = None
        self._check: VerifyMoved | None = None
        self.word = ""
        """A passing word in front of the status, showable: what the last action came to."""
        self.throttled_place = Throttle(FRAME_INTERVAL, self.show_place, self.set_timer)
        self.throttled_status = Throttle(FRAME_INTERVAL, self.show_status, self.set_timer)
        """The lines of the frame, for what changes by itself."""

    @property
    def console_app(self) -> "ConsoleApp":
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        yield HeadLine(id="head")
        yield AlarmStrip()
        yield from self.body()
        yield TextLine(id="status")
        yield KeyLine(self.WHERE)

    def body(self) -> Iterator[Widget]:
        """The widgets between head and status."""
        yield from ()

    def place(self) -> Content:
        """Where one is, for the head line."""
        return Content()

    def status(self) -> Content:
        """What the status line says while there is nothing more urgent."""
        return Content()

    def look(self) -> None:
        """Read what is shown. Called when the session is there, after changes, and when the screen comes back."""

    def tick(self) -> None:
        """A second has passed."""
        self.show_place()

    # the lines of the frame

    @property
    def is_composed(self) -> bool:
        """False while the lines of the frame are still to come, or are gone already: time passes then, too."""
        return self.is_mounted and bool(self.query(HeadLine))

    def show_place(self) -> None:
        progress = self.console_app.progress
        self.query_one(HeadLine).set_text(left=self.place(), right=progress_words(progress))

    def show_status(self) -> None:
        """Trouble first, then a check under way, then the screen's own words."""
        line = self.query_one("#status", TextLine)
        if self._trouble:
            line.set_text(Content.assemble((f"✗ {self._trouble.what}: {self._trouble.words}", "bold $text-error")))
        elif self._check:
            line.set_text(check_words(self._check))
        elif self.word:
            line.set_text(Content("   ").join([Content.assemble((self.word, "bold")), self.status()]))
        else:
            line.set_text(self.status())

    def show_alarms(self) -> None:
        """Show what nobody has looked at yet, if there is anything."""
        if not self.is_composed:
            return
        desk = self.console_app.alarms
        alarm, strip = desk.first, self.query_one(AlarmStrip)
        if alarm is None:
            strip.show(0, safe(""), safe(""))
        else:
            found = alarm.found
            name = self.console_app.name_of(found.ledger_name)
            sentence = safe(found.finding.message, limit=500).replace(safe(found.ledger_name), name)
            strip.show(desk.number, name, safe(sentence))

    def show_note(self, word: str) -> None:
        """Show what an action came to; '' takes it away."""
        if word != self.word:
            self.word = word
            if self.is_composed:
                self.show_status()

    # work

    def start(self, work: Callable[[], Awaitable[None]], what: str, group: str) -> None:
        """Run ``work`` in an exclusive worker; what goes wrong becomes words on the status line."""

        async def guarded() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - any error of the session is shown, none ends the app
                self.post_message(SessionTrouble(what, in_words(error)))

        self.run_worker(guarded(), group=group, exclusive=True, exit_on_error=False)

    def guarded(self, work: Callable[[], Awaitable[None]], what: str) -> Callable[[], Awaitable[None]]:
        """``work`` whose errors become words, for loops that must not end."""

        async def run() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - as above
                self.post_message(SessionTrouble(what, in_words(error)))

        return run

    # events

    def on_mount(self) -> None:
        self.show_place()
        self.show_status()
        self.show_alarms()

    def on_screen_resume(self) -> None:
        self.show_place()
        self.show_alarms()
        if self.console_app.session is not None:
            self.look()

    def on_index_changed(self, event: IndexChanged) -> None:
        event.stop()
        if self._trouble is not None:
            self._trouble = None
            self.show_status()
        self.throttled_place.ask()
        self.look()

    def on_session_trouble(self, event: SessionTrouble) -> None:
        event.stop()
        if self._trouble is None or self._trouble.words != event.words:
            self.notify(event.words, title=event.what, severity="error", markup=False)
        self._trouble = event
        self.show_status()

    def on_verify_moved(self, event: VerifyMoved) -> None:
        event.stop()
        self._check = None if event.progress.finished else event
        if event.progress.finished:
            self.word = f"Verified {event.of}: {safe(event.progress.verdict)}"
        self.show_status()

    # actions that all screens have

    def event_here(self) -> int | None:
        """The event that the cursor is on."""
        return None

    def action_causality(self) -> None:
        event, session = self.event_here(), self.console_app.session
        if event is None or session is None:
            self.show_note("There is no event here.")
        else:
            self.console_app.go_to.causality(session, event)

    def action_back(self) -> None:
        if not self.stop():
            self.dismiss(None)

    def stop(self) -> bool:
        """Stop what is under way. True if there was anything."""
        self._trouble, self.word = None, ""
        if self._check:
            progress, of = self._check.progress, self._check.of
            self._check = None
            self.console_app.stop_check()
            broken = f"✗ {progress.broken:,} broken so far · " if progress.broken else ""
            self.word = f"Stopped: {broken}{progress.done:,} of {count(progress.total, 'event')} checked · {of}"
            self.show_status()
            return True
        self.show_status()
        return False


def check_words(moved: VerifyMoved) -> Content:
    """A check under way: how far, how much is broken, how long still."""
    progress: VerifyProgress = moved.progress
    part = 100 * progress.done // progress.total if progress.total else 0
    left = "" if progress.left is None else f" · {progress.left:,.0f} s left"
    broken = [(f"✗ {progress.broken:,} broken so far · ", "bold $text-error")] if progress.broken else []
    return Content.assemble(
        *broken,
        f"Verifying: {part} % of {count(progress.total, 'event')} · {progress.rate:,.0f}/s{left}",
        f" · Esc stops · {moved.of}",
    )


def idle() -> Progress:
    """The progress before there is any."""
    return Progress("starting")
