"""``audit-console custody``: what was done with this console, and if that record still holds."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from console.cli.options import common
from console.cli.output import Paint, out, out_json, say
from console.cli.table import table
from console.model.trust import Severity
from console.model.words import count
from console.text import safe

if TYPE_CHECKING:
    from console.engine.api import Verdict

SHOWN = 3
"""Ledgers of an entry that a table names."""


@click.command("custody")
@click.argument("path", required=False, type=click.Path(readable=False))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The last N entries.  [default: 50 in a table]")
@common
def command(path: str | None, form: str, limit: int | None, no_color: bool, **_: Any) -> int:
    """List who opened, verified, searched and exported which ledgers, and verify the chain of these entries.

    PATH is another chain of custody, such as a copy; by default it is this user's. `audit-console verify` takes it
    like any other ledger.
    """
    from console.config.places import places
    from console.engine.questions import recorded_acts

    place = path or str(places().custody / "custody.jsonl")
    acts, total = recorded_acts(place, limit or (None if form == "json" else 50))
    if not acts:
        say(f"{place}: nothing is recorded there.")
        return 3 if path else 0
    verdict, words = asyncio.run(_verdict(place))
    if form == "json":
        out_json({"schema_version": 1, "path": place, "verdict": verdict.word, "entries": total, "acts": acts})
    else:
        _print(acts, total, f"{safe(place)}: {words}", Paint(no_color))
    return verdict.exit_code


async def _verdict(path: str) -> "tuple[Verdict, str]":
    """What the chain comes to by itself, and in words."""
    from console.engine.api import Options, Policy, report, verify
    from console.engine.api import Verdict as Known

    found = report(await verify([path], Options(), executor="inline"), Policy())
    verdict = next(each for each in Known if each.word == found["verdict"])
    problems = [each["message"] for each in found["findings"]]
    return verdict, f"{verdict.word}" + (f", {count(len(problems), 'finding')}: {problems[0]}" if problems else "")


def _print(acts: "list[Mapping[str, Any]]", total: int, words: str, paint: Paint) -> None:
    rows = [_row(each) for each in acts]
    heads = (">number", "time", "who", "role", "action", "result", "ledgers")
    table(heads, rows, lambda head, cell, padded: _painted(paint, head, cell, padded), titles=5)
    if len(acts) < total:
        out(f"showing the last {len(acts):,} of {count(total, 'entry')} (--limit)")
    out(words)


def _row(act: Mapping[str, Any]) -> list[str]:
    entry = act.get("entry")
    entry = entry if isinstance(entry, dict) else {}
    ledgers = entry.get("ledgers")
    ledgers = [str(each) for each in ledgers] if isinstance(ledgers, list) else []
    more = len(ledgers) - SHOWN
    shown = ", ".join(ledgers[:SHOWN]) + (f" and {count(more, 'other')}" if more > 0 else "")
    at = str(act.get("at", ""))[:19].replace("T", " ")
    return [str(act.get("number", "")), f"{at} UTC", *(str(entry.get(name, "")) for name in _NAMES), shown]


_NAMES = ("who", "role", "action", "result")


def _painted(paint: Paint, head: str, cell: str, padded: str) -> str:
    bad = head == "result" and cell.startswith(("refused", "findings", "failed"))
    return paint.severity(padded, Severity.ERROR) if bad else padded
