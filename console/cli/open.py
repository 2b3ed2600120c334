"""``audit-console [PATH…]``: the console itself."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from console.cli.databases import in_step
from console.cli.names import NAME, UNVERIFIED
from console.cli.options import common, index_place, metrics_port, metrics_socket, on_finding, paths, settings_in_force
from console.cli.output import say
from console.cli.recording import record_begin

if TYPE_CHECKING:
    from socket import socket

    from console.engine.api import IndexPlace


@dataclass(frozen=True, slots=True)
class Request:
    """What the console is to show."""

    paths: list[str]
    index: "IndexPlace"
    theme: str
    bell: bool = True
    on_finding: tuple[str, ...] = ()
    """A command and its arguments, run for each alarm."""
    metrics: "socket | None" = None
    """Where metrics are asked for, listening."""


Show = Callable[[Request], int]
"""Opens the console and gives its exit code: whoever starts the commands has it, they do not know the app."""


class _Unnamed(click.Command):
    """Its usage line has no command's name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(NAME, "[OPTIONS] [PATH]…")


@click.command("open", cls=_Unnamed)
@paths
@on_finding
@metrics_port
@common
def command(
    paths: list[str],
    on_finding: tuple[str, ...],
    metrics_port: int | None,
    index: str | None,
    config: str | None,
    no_color: bool,
    **_: Any,
) -> int:
    """Open the console on files and folders (default: the current folder)."""
    missing = [path for path in paths if not os.path.lexists(path)]
    watched_for = "" if len(missing) == len(paths) else " yet; it is taken when it appears"
    for path in missing:
        say(f"{path}: there is no such file or folder{watched_for}")
    if missing and not watched_for:
        return UNVERIFIED
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise click.UsageError("The console needs a terminal; for pipes there are verify, events, streams and ledgers.")
    if no_color:
        os.environ["NO_COLOR"] = "1"
    show: Show | None = click.get_current_context().obj
    if show is None:
        raise click.UsageError("The console is opened by the command audit-console.")
    settings = settings_in_force(config)
    record_begin("open", config)
    place, metrics = index_place(paths, index, config), metrics_socket(metrics_port)
    try:
        with in_step():
            return show(Request(paths, place, settings.theme, settings.bell, on_finding, metrics))
    finally:
        if metrics is not None:
            metrics.close()
