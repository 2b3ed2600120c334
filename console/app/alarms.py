"""Alarms at the console's desk: what nobody has looked at yet, the bell, and the operator's command.

An alarm must not be missed and must not get in the way: it stays on every screen until it was looked at, it rings and
runs the command once, and none of that makes a key wait.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from console.app.messages import AlarmsRaised, SessionTrouble
from console.app.work import Coalescer, Throttle, in_words
from console.engine.api import Alarm, AlarmWatch, SessionApi, alarm_object, finding_command
from console.text import safe

if TYPE_CHECKING:
    from console.app.app import ConsoleApp

LOOK = 0.3
"""Seconds between two looks while the index changes."""
BELL_REST = 5.0
"""Seconds between two rings of the bell."""


class AlarmDesk:
    """Keeps the alarms of a session. ``bell``: ring for them. ``command`` is run for each, if there is one."""

    def __init__(self, app: "ConsoleApp", *, bell: bool, command: Sequence[str]) -> None:
        self._app = app
        self._watch: AlarmWatch | None = None
        self._waiting: list[Alarm] = []
        self._command = finding_command(command, self._report) if command else None
        looking = Coalescer(self._look, partial(app.run_worker, group="alarms", exit_on_error=False))
        self._looks = Throttle(LOOK, looking.ask, app.set_timer)
        self._rings = Throttle(BELL_REST, app.bell if bell else lambda: None, app.set_timer)

    @property
    def is_watching(self) -> bool:
        """True once it is known what is bad already."""
        return self._watch is not None and self._watch.is_watching

    @property
    def number(self) -> int:
        """Findings that nobody has looked at."""
        return sum(alarm.count for alarm in self._waiting)

    @property
    def first(self) -> Alarm | None:
        """The alarm to look at next."""
        return self._waiting[0] if self._waiting else None

    def open(self, session: SessionApi) -> None:
        """Watch this session."""
        self._watch = AlarmWatch(session)

    def ask(self) -> None:
        """Something changed: look soon."""
        if self._watch is not None:
            self._looks.ask()

    async def _look(self) -> None:
        assert self._watch is not None
        try:
            raised = await self._watch.look(self._app.progress.phase)
        except Exception as error:  # noqa: BLE001 - any error of the session is shown, none ends the app
            self._app.post_message(SessionTrouble("Looking for alarms", in_words(error)))
            return
        if raised:
            self._app.post_message(AlarmsRaised(raised))

    def raise_all(self, raised: Sequence[Alarm]) -> None:
        """Take new alarms: behind those that wait, or into one of the same ledger and code."""
        for alarm in raised:
            at = next((at for at, known in enumerate(self._waiting) if _kind(known) == _kind(alarm)), None)
            if at is None:
                self._waiting.append(alarm)
            else:
                self._waiting[at] = replace(self._waiting[at], count=self._waiting[at].count + alarm.count)
            if self._command is not None:
                self._command.hand_over(alarm_object(alarm))
        self._waiting.sort(key=lambda alarm: -alarm.found.finding.severity)
        self._rings.ask()

    def look_at_next(self) -> Alarm | None:
        """The alarm that the operator looks at now; None if there is none."""
        return self._waiting.pop(0) if self._waiting else None

    async def close(self) -> None:
        """Leave nothing running."""
        if self._command is not None:
            await self._command.close()

    def _report(self, words: str) -> None:
        self._app.notify(
            safe(words, limit=200), title="The command for findings", severity="warning", markup=False, timeout=10
        )


def _kind(alarm: Alarm) -> tuple[str, str, str | None]:
    return alarm.found.ledger_name, alarm.found.finding.code, alarm.stream.key if alarm.stream else None
