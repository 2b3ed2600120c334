"""The command palette: the registry's actions, found by name, and the reports on what is open."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.app.actions import Action, on
from console.text import safe

if TYPE_CHECKING:
    from console.app.app import ConsoleApp
    from console.engine.questions import Report


class ActionProvider(Provider):
    """Offers what the screen below the palette can do, moves aside."""

    def _offered(self) -> list[Action]:
        where = getattr(self.screen, "WHERE", "")
        return [action for action in on(where) if not action.local and action.id != "app.command_palette"]

    async def discover(self) -> Hits:
        for action in self._offered():
            yield DiscoveryHit(_title(action), partial(self._run, action), text=action.label, help=action.help)
        for report in await self._reports():
            name = _report_name(report)
            yield DiscoveryHit(Content(name), partial(self._open, report), text=name, help=safe(report.summary))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in self._offered():
            score = max(matcher.match(action.label), matcher.match(action.help) * 0.5)
            if score > 0:
                yield Hit(score, _title(action), partial(self._run, action), text=action.label, help=action.help)

        for report in await self._reports():
            name = _report_name(report)
            score = max(matcher.match(name), matcher.match(safe(report.summary)) * 0.5)
            if score > 0:
                yield Hit(score, Content(name), partial(self._open, report), text=name, help=safe(report.summary))

    async def _reports(self) -> "Sequence[Report]":
        """Those that can be made on the ledgers that are open; none while that is not known."""
        session = cast("ConsoleApp", self.app).session
        try:
            return [] if session is None or not self._offered() else await session.reports()
        except Exception:  # noqa: BLE001 - the palette still has its actions; the screen says what is wrong
            return []

    async def _open(self, report: "Report") -> None:
        app = cast("ConsoleApp", self.app)
        if app.session is not None:
            app.go_to.reports(app.session, report.name)

    async def _run(self, action: Action) -> None:
        await self.screen.run_action(action.id)


def _report_name(report: "Report") -> str:
    return f"Report: {safe(report.title)}"


def _title(action: Action) -> Content:
    return Content.assemble(action.label, "  ", (action.key, "bold $footer-key-foreground"))
