"""The command palette: the registry's actions, found by name."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.app.actions import Action, on


class ActionProvider(Provider):
    """Offers what the screen below the palette can do, moves aside."""

    def _offered(self) -> list[Action]:
        where = getattr(self.screen, "WHERE", "")
        return [action for action in on(where) if not action.local and action.id != "app.command_palette"]

    async def discover(self) -> Hits:
        for action in self._offered():
            yield DiscoveryHit(_title(action), partial(self._run, action), text=action.label, help=action.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in self._offered():
            score = max(matcher.match(action.label), matcher.match(action.help) * 0.5)
            if score > 0:
                yield Hit(score, _title(action), partial(self._run, action), text=action.label, help=action.help)

    async def _run(self, action: Action) -> None:
        await self.screen.run_action(action.id)


def _title(action: Action) -> Content:
    return Content.assemble(action.label, "  ", (action.key, "bold $footer-key-foreground"))
