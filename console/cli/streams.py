"""``audit-console streams``: runs, deals, actions and so on."""

import asyncio
import json
from typing import Any

import click

from console.cli.options import common, given, out, paths
from console.cli.table import table


@click.command("streams")
@paths
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most so many, worst first.")
@common
def command(paths: tuple[str, ...], form: str, limit: int, index: str | None, **_: Any) -> int:
    """List the streams, worst first, then latest first."""
    return asyncio.run(_list(given(paths), form, limit, index))


async def _list(paths: list[str], form: str, limit: int, index: str | None) -> int:
    from console.cli.indexing import reading
    from console.formats.instant import iso
    from console.model.trust import Severity, Trust

    async with reading(paths, index) as reader:
        ledgers = {each.id: each.name for each in await reader.ledgers()}
        streams, total = await reader.streams(limit=limit)
    if form == "json":
        out(
            json.dumps(
                [
                    {
                        "ledger": ledgers.get(each.ledger),
                        "kind": each.kind,
                        "key": each.key,
                        "events": each.events,
                        "first_time": None if each.first_time is None else iso(each.first_time),
                        "last_time": None if each.last_time is None else iso(each.last_time),
                        "trust": {Trust(state).word: number for state, number in enumerate(each.trust) if number},
                        "findings": {Severity(level).word: each.findings[level] for level in range(4, 0, -1)},
                        "worst": each.worst.word,
                        "state": dict(each.state),
                        "chain_intact": each.chain_intact,
                    }
                    for each in streams
                ]
            )
        )
    else:
        rows = [
            (
                each.kind,
                each.key,
                f"{each.events:,}",
                "" if each.last_time is None else iso(each.last_time, digits=0),
                ", ".join(f"{number:,} {Trust(state).word}" for state, number in enumerate(each.trust) if number),
                "" if not each.worst else each.worst.word,
                " ".join(each.state.values()),
            )
            for each in streams
        ]
        table(("kind", "key", ">events", "last", "trust", "worst", "state"), rows)
    if total > len(streams):
        click.echo(f"audit-console: showing {len(streams):,} of {total:,} streams (--limit)", err=True)
    return 0
