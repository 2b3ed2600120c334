"""Options that several commands share."""

import os
import shlex
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.cli.names import USAGE
from console.cli.recording import CONFIG, LEDGERS, custody_place
from console.text import safe

if TYPE_CHECKING:
    from socket import socket

    from console.config.settings import Settings
    from console.engine.api import IndexPlace, MemoryPlace

_NOTED = "console.cli.options."
Function = TypeVar("Function", bound=Callable[..., Any])


def paths(function: Function) -> Function:
    """PATH…, the current folder by default."""
    return click.argument("paths", nargs=-1, type=click.Path(readable=False), metavar="[PATH]…", callback=_or_here)(
        function
    )


def common(function: Function) -> Function:
    """The global options."""
    for option in (
        click.option("--no-color", is_flag=True, help="No colour (NO_COLOR is heeded too)."),
        click.option("--config", metavar="PATH", callback=_readable, help="Another configuration file."),
        click.option("--index", metavar="PATH", help="Where the index is kept, or :memory: for none that stays."),
        click.option(
            "--no-memory",
            is_flag=True,
            expose_value=False,
            callback=_noted,
            help="Neither compare with what was seen before, nor remember this.",
        ),
        click.option(
            "--memory",
            metavar="DIR",
            expose_value=False,
            callback=_noted,
            help="Where the memory of what was seen is kept.",
        ),
    ):
        function = option(function)
    return function


def on_finding(function: Function) -> Function:
    """The operator's command for alarms, as a shell would cut it."""
    return click.option(
        "--on-finding",
        metavar="COMMAND",
        callback=_command_line,
        help="Run COMMAND, without a shell, for each alarm: trust that gets worse meanwhile. It gets the finding on "
        "its standard input, one JSON object.",
    )(function)


class UnreadableQuery(click.UsageError):
    """A filter that cannot be read. ``shown`` are lines that show the place in it."""

    def __init__(self, words: str, query: str, at: int, ctx: click.Context) -> None:
        super().__init__(words, ctx)
        from rich.cells import cell_len

        self.shown = (f"  {safe(query)}", f"  {' ' * cell_len(str(safe(query[:at])))}^")


def where(help: str) -> Callable[[Function], Function]:
    """``--where QUERY``: a filter as in the console, read before anything else is done."""
    return click.option("--where", metavar="QUERY", default="", callback=_query, help=help)


def _query(ctx: click.Context, _: click.Parameter, text: str) -> str:
    if text:
        from console.engine.api import FilterError, check_filter

        try:
            check_filter(text)
        except FilterError as error:
            raise UnreadableQuery(str(error), text, error.at, ctx) from error
    return text


def metrics_port(function: Function) -> Function:
    """The port for monitors."""
    return click.option(
        "--metrics-port",
        type=click.IntRange(1, 65535),
        metavar="N",
        help="Answer http://127.0.0.1:N/metrics (OpenMetrics) while this runs; no other machine is answered.",
    )(function)


def metrics_socket(port: int | None) -> "socket | None":
    """A listening socket on this port of loopback, if one is wanted."""
    if port is None:
        return None
    from console.export.metrics_server import listen

    try:
        return listen(port)
    except OSError as error:
        raise PortUnusable(f"--metrics-port {port}: {error.strerror or error}") from error


class PortUnusable(click.ClickException):
    """A port that cannot be had: wrong usage, but not of the command's options."""

    exit_code = USAGE


class SettingsUnusable(click.ClickException):
    """A setting cannot be used: wrong usage, but not of the command's options."""

    exit_code = USAGE


def settings_in_force(config: str | None) -> "Settings":
    """The settings of the environment and of this file, or of the usual one."""
    from console.config import places
    from console.config.settings import SettingsError

    try:
        found = places.settings_in_force(config)
    except SettingsError as error:
        raise SettingsUnusable(str(error)) from error
    if found.key_file is not None or found.rules_file is not None:
        _check_files(found)
    if found.key_file is not None:
        os.environ["AUDIT_CONSOLE_KEY_FILE"] = str(found.key_file)  # where the engine, in all its processes, looks
    if found.rules_file is not None:
        os.environ["AUDIT_CONSOLE_RULES_FILE"] = str(found.rules_file)
    return found


def _check_files(found: "Settings") -> None:
    from console.engine.errors import EngineError
    from console.engine.questions import check_setting_files

    key, rules = (None if each is None else str(each) for each in (found.key_file, found.rules_file))
    try:
        check_setting_files(key_file=key, rules_file=rules)
    except EngineError as error:
        raise SettingsUnusable(str(error)) from error


def index_place(paths: list[str], index: str | None, config: str | None) -> "IndexPlace":
    """The index to use: the one that is named, or the one of these paths in the folder that is set, or in the usual
    one."""
    from console.config.places import index_apart, index_path
    from console.engine.api import IndexPlace

    memory, custody = memory_place(config), custody_place(config)
    if index:
        return IndexPlace(index, memory=memory, custody=custody)
    folder = settings_in_force(config).index_folder
    apart = str(index_apart(paths, folder))
    return IndexPlace(
        str(index_path(paths, folder)), named=folder is not None, memory=memory, apart=apart, custody=custody
    )


def memory_place(config: str | None) -> "MemoryPlace | None":
    """The memory that this command uses: the one that is named, or the usual one; None where none is wanted."""
    from console.config.places import places
    from console.engine.api import MemoryPlace

    settings = settings_in_force(config)
    context = click.get_current_context()
    if context.meta[_NOTED + "no_memory"]:
        return None
    folder = context.meta[_NOTED + "memory"] or str(places().memory)
    return MemoryPlace(folder, context.info_name or "", dict(settings.origins))


def moment(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Callback of options that take a time as people write it, such as ``2026-11-20``. The text as it was given."""
    if text is not None:
        micros(ctx, param, text)
    return text


def micros(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    """Like ``moment``: UTC microseconds of the time's beginning."""
    if text is None:
        return None
    from console.engine.api import time_span

    try:
        return time_span(text)[0]
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _noted(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Callback of options that only ``memory_place`` asks for."""
    ctx.meta[f"{_NOTED}{param.name}"] = value


def _or_here(ctx: click.Context, _: click.Parameter, paths: tuple[str, ...]) -> list[str]:
    from console.cli.databases import as_files

    found = as_files(ctx, paths) or ["."]
    ctx.meta[LEDGERS] = found
    return found


def _readable(ctx: click.Context, _: click.Parameter, config: str | None) -> str | None:
    ctx.meta[CONFIG] = config
    if config is not None:
        settings_in_force(config)
    return config


def _command_line(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[str, ...]:
    """A command as a shell would cut it, without a shell."""
    if text is None:
        return ()
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}", ctx, param) from None
    if not words or shutil.which(words[0]) is None:
        raise click.BadParameter(f"there is no command {words[0] if words else text!r}", ctx, param)
    return words
