"""``audit-console explain``: what a finding means."""

import textwrap
from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem

from console.cli.options import out


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from console.verify.catalogue import CATALOGUE

    return [CompletionItem(code, help=entry.title) for code, entry in CATALOGUE.items() if code.startswith(incomplete)]


@click.command("explain")
@click.argument("code", shell_complete=_complete, required=False)
def command(code: str | None) -> int:
    """Say what a finding means, what was checked, and what to do next. Without CODE, list all codes."""
    from console.verify.catalogue import CATALOGUE

    if code is None:
        for entry in CATALOGUE.values():
            out(f"{entry.code:<34} {entry.severity.word:<9} {entry.title}")
        return 0
    found = CATALOGUE.get(code.strip().lower())
    if found is None:
        near = get_close_matches(code, CATALOGUE, 3)
        hint = f" Near: {', '.join(near)}." if near else " `audit-console explain` lists all."
        raise click.UsageError(f"There is no finding {code!r}.{hint}")
    out(f"{found.code}  ({found.severity.word})")
    for title, text in (("meaning", found.title + "."), ("checked", found.checked), ("next", found.next)):
        out(textwrap.fill(text, 96, initial_indent=f"  {title:<8} ", subsequent_indent=" " * 11))
    return 0
