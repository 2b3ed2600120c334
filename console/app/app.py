"""The console's application: opens the session, hands changes to the screen that is seen, and nothing else."""

import asyncio
import os
import signal
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from console.app.actions import HELP
from console.app.alarms import AlarmDesk
from console.app.drawing.sweep import SweepFilter
from console.app.messages import (
    AlarmsRaised,
    IndexChanged,
    IndexReplaced,
    SessionOpened,
    SessionTrouble,
    VerifyMoved,
)
from console.app.navigation import Navigation
from console.app.palette import ActionProvider
from console.app.screens.base import NAME_LIMIT, ConsoleScreen, idle
from console.app.terminal import ConsoleDriver
from console.app.theme import THEMES, other, preferred
from console.app.type_ahead import KeyThrough, TypeAhead
from console.app.work import in_words
from console.engine.api import Alarm, SessionApi
from console.text import SafeText, safe, safe_lines

STYLES = Path(__file__).parent / "styles"
INTERRUPTED = 130
"""Exit code where another than the operator ended the console."""
TICK = 1.0
"""Seconds between two looks at the clock."""
RATE_HOLDS = 2.0
"""Seconds after which a rate that nobody has confirmed is not shown any more."""


def clock() -> int:
    """UTC microseconds since 1970."""
    return time.time_ns() // 1000


class ConsoleApp(App[int]):
    """``open_session`` is called once the first screen is painted. ``where`` says what is watched, for the empty state.

    ``now`` is the clock for ages (UTC microseconds). ``bell``: ring for alarms; ``on_finding`` is a command to run for
    them. The app's result is its exit code.
    """

    TITLE = "audit-console"
    CSS_PATH = sorted(STYLES.glob("*.tcss"))
    COMMANDS: ClassVar[set[type[ActionProvider]]] = {ActionProvider}  # type: ignore[assignment] # narrower than App's own
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", show=False)]
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - as Textual declares it

    def __init__(
        self,
        open_session: Callable[[], Awaitable[SessionApi]],
        *,
        where: str = "",
        now: Callable[[], int] = clock,
        bell: bool = True,
        on_finding: Sequence[str] = (),
    ) -> None:
        super().__init__(driver_class=ConsoleDriver)
        self._open_session = open_session
        self.session: SessionApi | None = None
        self.progress = idle()
        self.where: SafeText = safe(where)
        self.now = now
        self.go_to = Navigation(self)
        self._keys = TypeAhead(self, super().on_event)
        self.alarms = AlarmDesk(self, bell=bell, command=on_finding)
        self.root = ""
        """The directories that all ledgers share: names are shown without them."""
        self._heard = 0.0
        self._filters.append(SweepFilter())
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = preferred()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables of ours, for themes that do not define them."""
        return {"quiet": "#8d9aa8"}

    def on_mount(self) -> None:
        for number in (signal.SIGHUP, signal.SIGTERM):  # a closed terminal, a polite kill: leave nothing behind
            asyncio.get_running_loop().add_signal_handler(number, partial(self.exit, INTERRUPTED, INTERRUPTED))
        self.go_to.overview()
        self.call_after_refresh(self._start)

    # keys, and the terminal

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.take(event)
            return
        await super().on_event(event)
        if isinstance(event, events.Key):
            self._keys.came_back()

    def on_key_through(self, event: KeyThrough) -> None:
        self._keys.came_back(event)

    def on_driver_signal_resume(self) -> None:
        """The terminal was somebody else's meanwhile: all of the screen is drawn again."""
        self.screen.refresh(layout=True)

    # the session

    def name_of(self, ledger: str) -> SafeText:
        """A ledger's name as lists show it: without what all names share."""
        return safe(ledger.removeprefix(self.root), limit=NAME_LIMIT)

    def _start(self) -> None:
        self.set_interval(TICK, self._tick)
        self.run_worker(self._open(), group="session", exclusive=True, exit_on_error=False)

    async def _open(self) -> None:
        try:
            session = await self._open_session()
        except Exception as error:  # noqa: BLE001 - why the session cannot be opened is shown on the screen
            self.post_message(SessionTrouble("Cannot open", in_words(error)))
        else:
            self.post_message(SessionOpened(session))

    async def _listen(self, session: SessionApi) -> None:
        try:
            async for change in session.changes():
                if change.new_index:
                    self.post_message(IndexReplaced())
                self.post_message(IndexChanged(change.progress))
        except Exception as error:  # noqa: BLE001 - the screens stay as they are, and say why
            self.post_message(SessionTrouble("Changes are not heard any more", in_words(error)))

    def on_session_opened(self, event: SessionOpened) -> None:
        self.session = event.session
        self.alarms.open(event.session)
        self._forward(IndexChanged(self.progress))
        self.run_worker(self._listen(event.session), group="changes", exclusive=True, exit_on_error=False)

    def on_index_changed(self, event: IndexChanged) -> None:
        news = event.progress.note if event.progress.note != self.progress.note else ""
        self.progress = event.progress
        self._heard = time.monotonic()
        self._forward(IndexChanged(event.progress))
        self.alarms.ask()
        screen = self._seen()
        if news and screen is not None:
            screen.show_note(safe(news, limit=NAME_LIMIT))
            if len(news) > self.size.width - 2:  # the status line cuts it
                self.notify(safe(news, limit=NAME_LIMIT), severity="warning", timeout=10, markup=False)

    def on_index_replaced(self, _: IndexReplaced) -> None:
        while len(self.screen_stack) > 2:  # but for the overview, and what Textual itself has below it
            self.pop_screen()

    def on_session_trouble(self, event: SessionTrouble) -> None:
        self._forward(SessionTrouble(event.what, event.words))

    def on_verify_moved(self, event: VerifyMoved) -> None:
        self._forward(VerifyMoved(event.progress, event.of))
        fits = len(event.progress.verdict) + len(event.of) + len("Verified : ") <= self.size.width - 2
        if event.progress.finished and not fits:  # the status line says it, but cuts it
            bad = event.progress.broken > 0
            self.notify(
                safe(event.progress.verdict),
                title=f"Verified {event.of}",
                severity="error" if bad else "information",
                timeout=6,
                markup=False,
            )

    def _tick(self) -> None:
        """Time passes though nothing happens: ages grow, and a rate does not last."""
        if self.progress.rate and time.monotonic() - self._heard > RATE_HOLDS:
            self.progress = replace(self.progress, rate=0.0)
        screen = self._seen()
        if screen is not None and screen.is_composed:
            screen.tick()

    def _seen(self) -> ConsoleScreen | None:
        """The screen that is seen (below the palette, if that is open)."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, ConsoleScreen)), None)

    def _forward(self, message: IndexChanged | SessionTrouble | VerifyMoved) -> None:
        """Hand a message to the screen that is seen."""
        screen = self._seen()
        if screen is not None:
            screen.post_message(message)

    # alarms

    def on_alarms_raised(self, event: AlarmsRaised) -> None:
        self.alarms.raise_all(event.alarms)
        self._show_alarms()

    def _show_alarms(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.show_alarms()

    def on_alarm_chosen(self) -> None:
        self.action_next_alarm()

    def action_next_alarm(self) -> None:
        """Go to what the alarm on the strip is about; with that it was looked at."""
        alarm, session = self.alarms.look_at_next(), self.session
        if alarm is None or session is None:
            self.notify("There is no alarm.", markup=False)
            return
        self._show_alarms()
        self.run_worker(self._to_alarm(session, alarm), group="alarm", exit_on_error=False)

    async def _to_alarm(self, session: SessionApi, alarm: Alarm) -> None:
        """Ledgers and streams are found by their names: the index may have been made again since."""
        try:
            ledger = next((row for row in await session.ledgers() if row.name == alarm.found.ledger_name), None)
            stream = None
            if ledger is not None and alarm.stream is not None:
                flagged = (await session.streams(ledger.id))[0]
                stream = next((row for row in flagged if row.key == alarm.stream.key), None)
        except Exception as error:  # noqa: BLE001 - shown on the status line
            self.post_message(SessionTrouble("Going to the alarm", in_words(error)))
            return
        if stream is not None:
            self.go_to.stream(session, ledger=ledger, stream=stream)
        else:
            self.go_to.finding(session, alarm.found, None if ledger is None else ledger.id)

    # checks from the raw bytes

    def check(self, of: SafeText, *, ledger: int | None, stream: int | None) -> None:
        """Verify from the raw bytes; a check under way is stopped first."""
        session = self.session
        if session is None:
            return
        self.clear_notifications()

        async def run() -> None:
            try:
                async with aclosing(session.verify(ledger=ledger, stream=stream)) as steps:  # type: ignore[type-var] # every implementation is an async generator
                    async for progress in steps:
                        self.post_message(VerifyMoved(progress, of))
            except Exception as error:  # noqa: BLE001 - shown on the status line
                self.post_message(SessionTrouble(f"Verifying {of}", in_words(error)))

        self.run_worker(run(), group="verify", exclusive=True, exit_on_error=False)

    def stop_check(self) -> None:
        self.workers.cancel_group(self, "verify")

    # actions

    def action_help(self) -> None:
        where = getattr(self.screen, "WHERE", None)
        if where is not None and where != HELP:
            self.go_to.help(where)

    def action_reports(self) -> None:
        if self.session is not None:
            self.go_to.reports(self.session)

    def action_toggle_light(self) -> None:
        self.theme = other(self.theme)

    async def action_quit(self) -> None:
        self.exit(0)

    async def on_unmount(self, event: events.Unmount) -> None:
        await self.alarms.close()
        if self.session is not None:
            await self.session.close()

    def _fatal_error(self) -> None:
        """A fault of the console itself: one line for people, and where it was only if asked for.

        Textual's own way prints local variables and messages raw, ledger texts included, and reads markup in them.
        """
        error = self._exception
        lines = [f"audit-console met an error in itself and ended: {in_words(error) if error else 'unknown'}"]
        if os.environ.get("AUDIT_CONSOLE_TRACEBACK"):
            lines += safe_lines("".join(traceback.format_exception(error)))
        else:
            lines.append("Set AUDIT_CONSOLE_TRACEBACK=1 to see where.")
        self.panic(Text("\n".join(lines)))
