"""``audit-console [PATH…]``: the console itself."""

import sys
from typing import Any

import click

from console.cli.options import common, given, paths


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
    from console.engine.client import open_session

    folders = given(paths)
    app = ConsoleApp(lambda: open_session(folders, index=index))
    app.run()
    return app.return_code or 0
