"""``audit-console formats``: what can be read, and what each hash profile covers."""

from typing import Any

import click

from console.cli.options import common
from console.cli.output import Paint, out, paragraph
from console.text import safe

_CONTAINERS = {
    "jsonl": "one JSON object a line (LF; a CR before it is kept)",
    "json": "a JSON array, bare or under data, items, events or results; JSON objects one after the other (jq)",
    "gzip": "either of these, compressed; all members",
    "sqlite": "tables of a database, live ones too; nothing is written beside it",
    "sse": "captures of a text/event-stream",
    "zip": "evidence packs, with their manifest",
    "tar": "members of a tar archive, plain or in gzip",
    "docker": "lines that a program wrote, in a log of Docker (json-file)",
    "cri": "the same in a log of Kubernetes (CRI)",
}


@click.command("formats")
@common
def command(no_color: bool, **_: Any) -> int:
    """List formats, containers and profiles known, and what each covers."""
    from console.engine.api import broken_formats, formats

    paint = Paint(no_color)
    out(paint.strong("containers"))
    for name, text in _CONTAINERS.items():
        out(f"  {name:<8} {text}")
    out()
    out(paint.strong("addresses"))
    out("  postgresql://USER@HOST/DATABASE  tables of a server, read-only, through a mirror that stays in step")
    for form in formats():
        out()
        out(paint.strong(f"{form.name}: {form.title}"))
        for line in paragraph(form.description, first="  ", rest="  "):
            out(line)
        for profile in form.profiles:
            out(f"  profile {paint.strong(profile.name)}")
            for title, text in (
                ("recipe", profile.recipe),
                ("covers", ", ".join(profile.coverage.covered) or "nothing"),
                ("not", ", ".join(profile.coverage.uncovered) or "–"),
            ):
                for line in paragraph(text, first=f"    {title:<7}", rest=" " * 11):
                    out(line)
        for answer in form.answers:
            out(f"  answer  {paint.strong(answer.name)}: verify --as {answer.name}, of one {answer.kind}")
    for each in broken_formats():
        out()
        for line in paragraph(safe(each.why), first="", rest="  "):
            out(line)
    return 0
