"""``audit-console streams``: runs, deals, actions and so on."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from console.cli.ledgers import counted, counts_in_words, painter, worst_in_words
from console.cli.options import common, index_place, paths
from console.cli.output import AsGiven, Paint, human_time, out_json, problems, say
from console.cli.table import table

if TYPE_CHECKING:
    from console.engine.api import IndexPlace, StreamRow


@click.command("streams")
@paths
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most so many, worst first.")
@common
def command(paths: list[str], form: str, limit: int, index: str | None, config: str | None, no_color: bool) -> int:
    """List the streams: flagged ones on top, then worst first, then latest first."""
    return asyncio.run(_list(paths, form, limit, index_place(paths, index, config), Paint(no_color)))


async def _list(paths: list[str], form: str, limit: int, index: "IndexPlace", paint: Paint) -> int:
    from console.cli.indexing import reading
    from console.engine.api import state_words

    shown = AsGiven(paths)
    async with reading(paths, index) as reader:
        ledgers = await reader.ledgers()
        streams, total = await reader.streams(limit=limit)
    names = {each.id: shown(each.name) for each in ledgers}
    if form == "json":
        out_json([_object(each, names.get(each.ledger)) for each in streams])
    elif streams:
        rows = [
            (
                each.kind,
                each.key,
                f"{each.events:,}",
                human_time(each.first_time),
                human_time(each.last_time),
                counts_in_words(each.trust),
                worst_in_words(each),
                names.get(each.ledger, ""),
                state_words(each.state),
            )
            for each in streams
        ]
        heads = ("kind", "key", ">events", "first", "last", "trust", "worst", "ledger", "state")
        table(heads, rows, painter(paint), titles=2)
    if total > len(streams):
        say(f"showing {len(streams):,} of {total:,} streams (--limit)")
    return problems(ledgers, shown)


def _object(each: "StreamRow", ledger: str | None) -> dict[str, Any]:
    from console.engine.api import time_text

    return {
        "ledger": ledger,
        "kind": each.kind,
        "key": each.key,
        "events": each.events,
        "first_time": None if each.first_time is None else time_text(each.first_time),
        "last_time": None if each.last_time is None else time_text(each.last_time),
        **counted(each),
        "state": dict(each.state),
        "chain_intact": each.chain_holds,
    }
