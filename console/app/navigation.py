"""The one place that builds screens: a screen asks to go somewhere and knows no other screen.

Each screen is imported when it is first opened, so that the first paint waits for the overview alone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.engine.api import FindingRow, LedgerRow, SessionApi, StreamRow

if TYPE_CHECKING:
    from textual.app import App

ReturnTo = Callable[[int | None], None]
"""Called with the id of the event to go to when a screen is left, or None."""


class Navigation:
    """Opens screens above the present one."""

    def __init__(self, app: "App[int]") -> None:
        self._app = app

    def overview(self) -> None:
        """The first screen."""
        from console.app.screens.overview import OverviewScreen

        self._app.push_screen(OverviewScreen())

    def stream(
        self,
        session: SessionApi,
        *,
        ledger: LedgerRow | None = None,
        stream: StreamRow | None = None,
        event: int | None = None,
    ) -> None:
        """Events of a stream, of a ledger, or of all; the cursor on ``event``, else at the end."""
        from console.app.screens.stream import StreamScreen

        self._app.push_screen(StreamScreen(session, ledger=ledger, stream=stream, event=event))

    def findings(
        self, session: SessionApi, ledger: int | None, *, event: int | None = None, then: ReturnTo | None = None
    ) -> None:
        """Findings of all ledgers, of one, or of one event. Without ``then`` a chosen event opens in its stream."""
        from console.app.screens.findings import FindingsScreen

        self._app.push_screen(FindingsScreen(session, ledger, event=event), then or self._opener(session))

    def finding(self, session: SessionApi, found: FindingRow, ledger: int | None) -> None:
        """The findings of a ledger with the cursor on one of them: on the screen that shows findings, if one is seen
        that nobody waits for."""
        from console.app.screens.findings import FindingsScreen

        seen = self._app.screen
        if isinstance(seen, FindingsScreen) and seen.goal is not None:
            seen.turn_to(found, ledger)
            return
        self._app.push_screen(FindingsScreen(session, ledger, goal=found), self._opener(session))

    def walk(self, session: SessionApi, event: int, then: ReturnTo) -> None:
        """The chain walk from an event on."""
        from console.app.screens.walk import WalkScreen

        self._app.push_screen(WalkScreen(session, event), then)

    def replay(self, session: SessionApi, stream: int, event: int | None, then: ReturnTo) -> None:
        """The states of a stream, from an event on."""
        from console.app.screens.replay import ReplayScreen

        self._app.push_screen(ReplayScreen(session, stream, event), then)

    def causality(self, session: SessionApi, event: int) -> None:
        """What caused an event and what it caused."""
        from console.app.screens.causality import CausalityScreen

        self._app.push_screen(CausalityScreen(session, event))

    def reports(self, session: SessionApi, name: str = "") -> None:
        """The reports on the ledgers that are open, the one of this name first."""
        from console.app.screens.report import ReportScreen

        self._app.push_screen(ReportScreen(session, name), self._opener(session))

    def _opener(self, session: SessionApi) -> ReturnTo:
        """Opens a chosen event in its stream."""

        def open_event(chosen: int | None) -> None:
            if chosen is not None:
                self.stream(session, event=chosen)

        return open_event

    def help(self, of: str) -> None:
        """The keys of a screen; ``of`` is its name in the registry of actions."""
        from console.app.screens.help import HelpScreen

        self._app.push_screen(HelpScreen(of))
