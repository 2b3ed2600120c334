"""Options that several commands share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from console.config.places import Settings

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
    ):
        function = option(function)
    return function


def chosen(config: str | None) -> "Settings":
    """The settings in force. Raises ``SettingsError``."""
    from console.config.places import settings

    return settings(config)


def chosen_index(paths: list[str], index: str | None, config: str | None) -> str | None:
    """The index to use: the one that is named, the one in the folder that is set, or None for the default place."""
    from console.config.places import index_path

    if index:
        return index
    folder = chosen(config).index_folder
    return str(index_path(paths, folder)) if folder else None


def moment(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Callback of options that take a time as people write it, such as ``2026-11-20``. The text as it was given."""
    if text is not None:
        micros(ctx, param, text)
    return text


def micros(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    """Like ``moment``: UTC microseconds of the time's beginning."""
    if text is None:
        return None
    from console.store.sqlite.query import moment as span

    try:
        return span(text)[0]
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _or_here(_: click.Context, __: click.Parameter, paths: tuple[str, ...]) -> list[str]:
    return list(paths) or ["."]


def _readable(_: click.Context, __: click.Parameter, config: str | None) -> str | None:
    if config is not None:
        chosen(config)
    return config
