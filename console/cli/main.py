"""The command line. Commands are imported when they are called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from console import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "verify": "Verify ledgers and report what was found.",
    "events": "Print events.",
    "streams": "List the streams: runs, deals, actions and so on.",
    "ledgers": "List the ledgers that are there.",
    "explain": "Say what a finding means and what to do next.",
    "formats": "List formats, containers and profiles, and what each covers.",
    "locate": "Say where config, index, witness and casebook are.",
    "completion": "Print the completion script of a shell.",
}
_OWN = ("-h", "--help", "--version")


class _Commands(click.Group):
    """Knows the commands by name; whatever is not one of them is a path to open."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS and cmd_name != "open":
            return None
        command: click.Command = import_module(f"console.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in _COMMANDS and args[0] not in _OWN):
            args = ["open", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in _COMMANDS.items() if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="",
    subcommand_metavar="[PATH…] | COMMAND …",
    epilog="With paths, or nothing (the current folder), the console opens. Options come after the command.",
)
@click.version_option(__version__, prog_name="audit-console")
def commands() -> None:
    """Watch append-only event ledgers live, and prove link by link what can be trusted in them."""


def main() -> None:
    """Entry point: 0 intact, 1 findings, 2 usage, 3 could not verify, 130 interrupted."""
    try:
        code = commands.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = 130
    except KeyboardInterrupt:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our output went away: say nothing, and let the interpreter's own flush at exit find no pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except OSError as error:
        click.echo(f"audit-console: {error}", err=True)
        code = 3
    sys.exit(code if isinstance(code, int) else 0)
