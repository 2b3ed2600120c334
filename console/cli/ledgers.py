"""``audit-console ledgers``: what is there."""

import asyncio
import json
from typing import Any

import click

from console.cli.options import common, given, out, paths
from console.cli.table import table


@click.command("ledgers")
@paths
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common
def command(paths: tuple[str, ...], form: str, index: str | None, **_: Any) -> int:
    """List the ledgers that are there, with trust and worst finding."""
    return asyncio.run(_list(given(paths), form, index))


async def _list(paths: list[str], form: str, index: str | None) -> int:
    from console.cli.indexing import reading
    from console.formats.instant import iso
    from console.model.trust import Severity, Trust

    async with reading(paths, index) as reader:
        ledgers = await reader.ledgers()
    if form == "json":
        out(
            json.dumps(
                [
                    {
                        "path": each.name,
                        "format": each.format or None,
                        "shape": each.shape or None,
                        "container": each.container or None,
                        "profile": each.profile,
                        "state": each.state,
                        "note": each.note,
                        "events": each.records,
                        "bytes": each.bytes,
                        "pending": each.pending,
                        "first_time": None if each.first_time is None else iso(each.first_time),
                        "last_time": None if each.last_time is None else iso(each.last_time),
                        "trust": {Trust(state).word: number for state, number in enumerate(each.trust)},
                        "findings": {Severity(level).word: each.findings[level] for level in range(4, 0, -1)},
                        "worst": each.worst.word,
                    }
                    for each in ledgers
                ]
            )
        )
        return 0
    rows = [
        (
            each.name,
            each.format or each.state,
            each.profile or "",
            f"{each.records:,}" if each.format else "",
            "" if each.last_time is None else iso(each.last_time, digits=0),
            _trust_words(each.trust) if each.format else each.note,
            "" if not each.worst else each.worst.word,
        )
        for each in ledgers
    ]
    table(("ledger", "format", "profile", ">events", "last", "trust", "worst"), rows)
    return 0


def _trust_words(trust: tuple[int, ...]) -> str:
    from console.model.trust import Trust

    return ", ".join(f"{number:,} {Trust(state).word}" for state, number in enumerate(trust) if number)
