"""The command line. Commands are imported when they are called."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from console import __version__
from console.cli.databases import without_passwords
from console.cli.names import COMMANDS, INTERRUPTED, NAME, PIPE_CLOSED, UNVERIFIED, USAGE
from console.cli.recording import ARGUMENTS, record_end

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

    from console.cli.open import Show

_OWN = ("-h", "--help", "--version")
_OPEN = "open"
"""The command that has no name for people."""
_WORD = re.compile("[a-z][a-z-]*")
"""What may name a report: formats are asked for no other text."""


class _PipeClosedError(Exception):
    """The reader of our output went away. Not an OSError: click would take that one for a failure of ours."""


class _Commands(click.Group):
    """Knows the commands by name, and the reports of the formats; whatever is none of them is a path to open."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *_reports()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS and cmd_name != _OPEN:
            return _report(cmd_name)
        command: click.Command = import_module(f"console.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        completing = ctx.resilient_parsing and not args
        if args and not ctx.resilient_parsing:
            _not_a_command(args[0], ctx)
        if not completing and (not args or not (args[0] in COMMANDS or args[0] in _OWN or _report(args[0]))):
            args = [_OPEN, *args]
        ctx.meta[ARGUMENTS] = without_passwords(args[1:])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        ended: int | BaseException | None = None
        try:
            ended = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise _PipeClosedError from error
        except BaseException as error:
            ended = error
            raise
        finally:
            record_end(ctx, ended)
        return ended

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        if reports := _reports():
            with formatter.section("Reports"):
                formatter.write_dl(list(reports.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        known = {**COMMANDS, **_reports()}
        names = [CompletionItem(name, help=text) for name, text in known.items() if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


def _not_a_command(name: str, ctx: click.Context) -> None:
    """Raise for a name that is nearly a command's, and no path's: its options would make no sense for a path."""
    if name in COMMANDS or name.startswith("-") or os.path.lexists(name) or _report(name):
        return
    from difflib import get_close_matches

    if near := get_close_matches(name, [*COMMANDS, *_reports()], 1):
        raise click.UsageError(f"{name}: there is no such file or folder (is the command {near[0]} meant?)", ctx)


def _reports() -> Mapping[str, str]:
    """The reports of the formats, without those whose name is a command's."""
    from console.cli.report import report_names

    return {name: summary for name, summary in report_names().items() if name not in COMMANDS}


def _report(name: str) -> click.Command | None:
    """The command of a report; None where there is none of this name."""
    if _WORD.fullmatch(name) is None:
        return None
    from console.cli.report import report_command

    return report_command(name)


@click.command(
    cls=_Commands,
    name=NAME,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="",
    subcommand_metavar="[PATH]… | COMMAND …",
    epilog="With paths, or nothing (the current folder), the console opens. Options come after the command; "
    "every command takes --index PATH, --config PATH and --no-color. "
    "Exit codes: 0 intact or consistent, 1 findings, 2 usage, 3 incomplete or nothing recognised, 130 interrupted.",
)
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
def commands() -> None:
    """Watch append-only event ledgers live, and prove link by link what can be trusted in them."""


def main(arguments: list[str] | None = None, show: Show | None = None) -> NoReturn:
    """Entry point: 0 intact or consistent, 1 findings, 2 usage, 3 incomplete, 130 interrupted.

    ``arguments`` are those of the process, if none are given. ``show`` opens the console.
    """
    _stand_in()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows less than UTF-8 shows escapes; it does not end the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments, show)
        sys.stdout.flush()
    except (_PipeClosedError, BrokenPipeError):
        # Say nothing, and let the interpreter's own flush at exit find no pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = PIPE_CLOSED
    sys.exit(code)


def _stand_in() -> None:
    """Give streams that were closed before the start to the null device: no other file may take their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for as long as it runs


def _run(arguments: list[str] | None, show: Show | None) -> int:
    from console.cli.output import narrate, say

    try:
        code = commands.main(arguments, prog_name=NAME, standalone_mode=False, obj=show)
        return code if isinstance(code, int) else 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        for line in error.format_message().splitlines():
            narrate(line)
        return USAGE
    except click.UsageError as error:
        usage = error.ctx.get_usage() if error.ctx is not None else ""
        for line in usage.splitlines():
            narrate(line)
        say(error.format_message())
        for line in getattr(error, "shown", ()):
            narrate(line)
        return USAGE
    except click.ClickException as error:
        say(error.format_message())
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return UNVERIFIED
