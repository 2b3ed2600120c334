"""``audit-console completion``: completion for bash, zsh and fish."""

from typing import Any

import click

from console.cli.names import NAME
from console.cli.options import common
from console.cli.output import out


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def command(shell: str, **_: Any) -> int:
    """Print the completion script of a shell, to be evaluated by it, such as

    \b
      eval "$(audit-console completion bash)"
    """
    from click.shell_completion import get_completion_class

    from console.cli.main import commands

    kind = get_completion_class(shell)
    assert kind is not None
    for line in kind(commands, {}, NAME, "_AUDIT_CONSOLE_COMPLETE").source().splitlines():
        out(line)
    return 0
