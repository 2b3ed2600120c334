"""``audit-console [PATH…]``: the console itself."""

import os
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from console.cli.main import COMMANDS, NAME, UNVERIFIED
from console.cli.options import chosen, chosen_index, common, paths
from console.cli.output import say

if TYPE_CHECKING:
    from console.engine.client import Session


class _Unnamed(click.Command):
    """Its usage line has no command's name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(NAME, "[OPTIONS] [PATH]…")


@click.command("open", cls=_Unnamed)
@paths
@common
def command(paths: list[str], index: str | None, config: str | None, no_color: bool, **_: Any) -> int:
    """Open the console on files and folders (default: the current folder)."""
    missing = [path for path in paths if not os.path.lexists(path)]
    for path in missing:
        near = get_close_matches(path, COMMANDS, 1)
        say(f"{path}: there is no such file or folder" + (f" (is the command {near[0]} meant?)" if near else ""))
    if missing:
        return UNVERIFIED
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise click.UsageError("The console needs a terminal; for pipes there are verify, events, streams and ledgers.")
    if no_color:
        os.environ["NO_COLOR"] = "1"
    theme = chosen(config).theme
    where = chosen_index(paths, index, config)
    from console.app.app import ConsoleApp

    async def opening() -> "Session":
        # Imported behind the first paint: the engine is half of what a start costs.
        from console.engine.client import open_session

        return await open_session(paths, index=where)

    app = ConsoleApp(opening, where=", ".join(paths))
    if theme != "auto":
        app.theme = f"console-{theme}"
    app.run()
    return app.return_code or 0
