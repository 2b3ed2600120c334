"""``audit-console [PATH…]``: the console itself."""

import sys
from typing import TYPE_CHECKING, Any

import click

from console.cli.options import common, given, paths

if TYPE_CHECKING:
    from console.engine.client import Session


@click.command("open")
@paths
@common
def command(paths: tuple[str, ...], index: str | None, config: str | None, no_color: bool, **_: Any) -> int:
    """Open the console on files and folders (default: the current folder)."""
    import os

    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise click.UsageError("The console needs a terminal; for pipes there are verify, events, streams and ledgers.")
    if no_color:
        os.environ["NO_COLOR"] = "1"
    from console.app.app import ConsoleApp

    folders = given(paths)

    async def opening() -> "Session":
        # Imported behind the first paint: the engine is half of what a start costs.
        from console.engine.client import open_session

        return await open_session(folders, index=index)

    app = ConsoleApp(opening, where=", ".join(folders))
    app.run()
    return app.return_code or 0
