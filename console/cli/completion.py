"""``audit-console completion``: completion for bash, zsh and fish."""

import click
from click.shell_completion import get_completion_class

from console.cli.options import out


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script of a shell, to be evaluated by it."""
    from console.cli.main import commands

    kind = get_completion_class(shell)
    assert kind is not None
    out(kind(commands, {}, "audit-console", "_AUDIT_CONSOLE_COMPLETE").source())
    return 0
