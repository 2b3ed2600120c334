"""``audit-console explain``: what a finding means."""

from difflib import get_close_matches
from typing import Any

import click
from click.shell_completion import CompletionItem

from console.cli.options import common
from console.cli.output import Paint, out, paragraph


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from console.engine.api import catalogue

    known = catalogue().items()
    return [CompletionItem(code, help=entry.title) for code, entry in known if code.startswith(incomplete)]


@click.command("explain")
@click.argument("code", shell_complete=_complete, required=False)
@common
def command(code: str | None, no_color: bool, **_: Any) -> int:
    """Say what a finding means, what was checked, what explains it innocently, what to do next.

    Without CODE, list all codes.
    """
    from console.engine.api import catalogue

    paint, codes = Paint(no_color), catalogue()
    if code is None:
        for entry in codes.values():
            severity = paint.severity(f"{entry.severity.glyph} {entry.severity.word:<8}", entry.severity)
            out(f"{entry.code:<34} {severity}  {entry.title}")
        return 0
    found = codes.get(code.strip().lower())
    if found is None:
        raise click.UsageError(f"There is no finding {code!r}.{_near(code.strip().lower(), list(codes))}")
    severity = paint.severity(f"{found.severity.glyph} {found.severity.word}", found.severity)
    out(f"{paint.strong(found.code)}  {severity}")
    texts = (found.explained, found.checked, found.innocent, found.next)
    for title, text in zip(("meaning", "checked", "innocent", "next"), texts, strict=True):
        for line in paragraph(text, first=f"  {title:<8} ", rest=" " * 11):
            out(line)
    return 0


def _near(code: str, known: list[str]) -> str:
    near = [each for each in known if each.partition(".")[2] == code or each.startswith(code + ".")]
    near = near[:8] or get_close_matches(code, known, 3)
    return f" Near: {', '.join(near)}." if near else " `audit-console explain` lists all."
