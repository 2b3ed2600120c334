"""Options and output that several commands share."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from console.text import safe

Function = TypeVar("Function", bound=Callable[..., Any])


def paths(function: Function) -> Function:
    """PATH…, the current folder by default."""
    return click.argument("paths", nargs=-1, type=click.Path(), default=None)(function)


def common(function: Function) -> Function:
    """The global options."""
    for option in (
        click.option("--index", metavar="PATH", help="Where the index is kept, or :memory: for none that stays."),
        click.option("--config", metavar="PATH", type=click.Path(), help="Another configuration file."),
        click.option("--no-color", is_flag=True, help="No colour (NO_COLOR is heeded too)."),
    ):
        function = option(function)
    return function


def given(paths: tuple[str, ...] | None) -> list[str]:
    """The paths, or the current folder."""
    return list(paths or ()) or ["."]


def out(text: str = "") -> None:
    """One line of data."""
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """One line of narration."""
    click.echo(f"audit-console: {safe(text)}", err=True)


class Ticker:
    """Progress on stderr, only where that is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False
        self._on = sys.stderr.isatty()

    def show(self, text: str) -> None:
        if self._on:
            sys.stderr.write(f"\r\x1b[K{self._what} {safe(text)}")
            sys.stderr.flush()
            self._shown = True

    def done(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def moment_option(text: str | None) -> int | None:
    """UTC microseconds of an ISO time. Raises a usage error for text that is none."""
    if text is None:
        return None
    from console.formats.instant import parse

    found = parse(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not an ISO time such as 2026-11-20T09:17:40Z")
    return found.micros
