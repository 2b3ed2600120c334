"""``audit-console events``: the events themselves."""

import asyncio
import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from console.cli.options import common, given, moment_option, out, paths, say
from console.engine.printing import Printed
from console.text import safe


@click.command("events")
@paths
@click.option("--where", metavar="QUERY", default="", help="A filter, as in the console: type:DECIDED trust:broken …")
@click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
@click.option("--type", "types", multiple=True, metavar="T", help="Only this type (repeatable).")
@click.option("--since", metavar="ISO")
@click.option("--until", metavar="ISO")
@click.option("--follow", is_flag=True, help="Go on as events arrive.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table", show_default=True)
@click.option("--raw", is_flag=True, help="The exact bytes of each record, control characters and all, and a LF.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most N events.")
@common
def command(
    paths: tuple[str, ...],
    where: str,
    stream: str | None,
    types: tuple[str, ...],
    since: str | None,
    until: str | None,
    follow: bool,
    form: str,
    raw: bool,
    limit: int | None,
    index: str | None,
    **_: Any,
) -> int:
    """Print events, oldest first: of one ledger in its order, of several merged by time."""
    from console.index.query import QueryError

    moment_option(since)
    moment_option(until)
    terms = [where]
    terms += [f"stream:{_quoted(stream)}"] if stream else []
    terms += [f"type:{_quoted(','.join(types))}"] if types else []
    terms += [f"since:{since}"] if since else []
    terms += [f"until:{until}"] if until else []
    try:
        return asyncio.run(_print(given(paths), " ".join(terms), "raw" if raw else form, limit, follow, index))
    except QueryError as error:
        raise click.UsageError(str(error)) from error


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def _print(
    paths: Sequence[str], query: str, form: str, limit: int | None, follow: bool, index: str | None
) -> int:
    from console.engine.printing import printed

    writer = csv.writer(sys.stdout)
    if form == "csv":
        writer.writerow(_HEADS)
    count = 0
    async for each in printed(paths, query, index=index, follow=follow, note=say, raw=form in ("raw", "jsonl")):
        if limit is not None and count >= limit:
            break
        count += 1
        if form == "raw":
            sys.stdout.flush()
            sys.stdout.buffer.write(each.raw + b"\n")
        elif form == "jsonl":
            out(json.dumps(_object(each)))
        elif form == "csv":
            writer.writerow([safe(cell) for cell in _cells(each)])
        else:
            out(_line(each))
        if follow:
            sys.stdout.flush()
            sys.stdout.buffer.flush()
    return 0


_HEADS = ("time", "trust", "severity", "ledger", "record", "kind", "stream", "sequence", "type", "actor")


def _cells(each: Printed) -> list[str]:
    row = each.row
    return [
        each.time,
        row.trust.word,
        row.worst.word,
        each.ledger,
        str(row.ordinal),
        row.stream_kind,
        row.stream_key,
        "" if row.sequence is None else str(row.sequence),
        row.type,
        row.actor,
    ]


def _line(each: Printed) -> str:
    row = each.row
    sequence = "" if row.sequence is None else str(row.sequence)
    line = (
        f"{each.time or '-':<27} {row.trust.glyph} {row.trust.word:<9} {row.worst.word if row.worst else '':<8} "
        f"{sequence:>6}  {safe(row.type):<26} {safe(row.stream_key)}  {safe(row.actor)}"
    )
    return line.rstrip()


def _object(each: Printed) -> dict[str, Any]:
    row = each.row
    return {
        "ledger": each.ledger,
        "record": row.ordinal,
        "offset": row.offset,
        "length": row.length,
        "time": each.time or None,
        "type": row.type,
        "stream": {"kind": row.stream_kind, "key": row.stream_key} if row.stream else None,
        "sequence": row.sequence,
        "actor": row.actor or None,
        "trust": row.trust.word,
        "severity": row.worst.word,
        "raw": each.raw.decode("utf-8", "backslashreplace"),
    }
