"""Addresses among the paths of a command: databases, which are read through their mirrors.

What a command goes on with are paths of files, so that no command knows of servers. No password goes any further.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from console.cli.names import UNVERIFIED

if TYPE_CHECKING:
    from console.engine.mirrors import MirroredDatabase

_NOTED = "console.cli.databases"
_SCHEMES = ("postgresql://", "postgres://")


class DatabaseUnreadable(click.ClickException):
    """A database cannot be read."""

    exit_code = UNVERIFIED


def is_address(text: str) -> bool:
    """True for the address of a database."""
    return text.lower().startswith(_SCHEMES)


def as_files(ctx: click.Context, paths: Sequence[str]) -> list[str]:
    """The paths, with the mirrors of a database in place of its address. Raises ``DatabaseUnreadable``."""
    return [one for path in paths for one in (_mirrors(ctx, path) if is_address(path) else [path])]


def without_passwords(arguments: Sequence[str]) -> list[str]:
    """Arguments of a command, as they may be recorded."""
    return [_shown(each) if is_address(each) else each for each in arguments]


@contextmanager
def in_step() -> Iterator[None]:
    """Meanwhile the mirrors of this command follow their databases."""
    databases: list[MirroredDatabase] = click.get_current_context().meta.get(_NOTED, [])
    if not databases:
        yield
        return
    from console.engine.mirrors import kept_in_step

    with kept_in_step(databases):
        yield


def _shown(text: str) -> str:
    from console.engine.mirrors import shown_address

    return shown_address(text)


def _mirrors(ctx: click.Context, text: str) -> list[str]:
    from console.cli.output import say
    from console.config.places import places
    from console.engine.errors import EngineError
    from console.engine.mirrors import mirrored

    try:
        found = mirrored(text, str(places().state / "databases"))
    except EngineError as error:
        raise DatabaseUnreadable(str(error)) from None
    ctx.meta.setdefault(_NOTED, []).append(found)
    for path in found.paths:
        say(f"{found.shown} is read through its mirror {path}")
    return found.paths
