"""``audit-console events``: the events themselves."""

import asyncio
import csv
import sys
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from console.cli.names import UNVERIFIED
from console.cli.options import chosen_index, common, moment, paths
from console.cli.output import AsGiven, Paint, Ticker, out, out_json, problems, say
from console.text import safe

if TYPE_CHECKING:
    from console.engine.ingest.ingest import Step
    from console.engine.search.event_listing import Printed
    from console.store.rows import LedgerRow
    from console.store.sqlite.query import Query


@click.command("events")
@paths
@click.option("--where", metavar="QUERY", default="", help="A filter, as in the console: type:DECIDED trust:broken …")
@click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
@click.option("--type", "types", multiple=True, metavar="T", help="Only this type (repeatable).")
@click.option("--since", callback=moment, metavar="TIME", help="From this time on: 2026-11-20, 2026-11-20T09:17Z …")
@click.option("--until", callback=moment, metavar="TIME", help="Up to this time: 2026-11-20 is that whole day.")
@click.option("--follow", is_flag=True, help="Go on as events arrive.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table", show_default=True)
@click.option("--raw", is_flag=True, help="The exact bytes of each record, control characters and all, and a LF.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most N events.")
@common
def command(
    paths: list[str],
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
    config: str | None,
    no_color: bool,
) -> int:
    """Print events, oldest first: of one ledger in its order, of several merged by time."""
    from console.store.sqlite.query import QueryError, either, parse

    terms = [where]
    terms += [f"stream:{_quoted(stream)}"] if stream is not None else []
    terms += [f"since:{_quoted(since)}"] if since else []
    terms += [f"until:{_quoted(until)}"] if until else []
    printing = _Printing(paths, "raw" if raw else form, limit, Paint(no_color), stream)
    try:
        query = either(parse(" ".join(terms)), [parse(f"type:{_quoted(each)}") for each in types])
    except QueryError as error:
        raise click.UsageError(str(error)) from error
    return asyncio.run(printing.run(query, chosen_index(paths, index, config), follow))


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Printing:
    """One run of the command."""

    def __init__(self, paths: list[str], form: str, limit: int | None, paint: Paint, stream: str | None) -> None:
        self._paths = paths
        self._stream = stream
        self._form = form
        self._limit = limit
        self._paint = paint
        self._shown = AsGiven(paths)
        self._writer = csv.writer(sys.stdout)
        self._code = 0

    async def run(self, query: "Query", index: str | None, follow: bool) -> int:
        from console.engine.search.event_listing import Asked, NoSuchStreamError, followed, printed
        from console.store.sqlite.query import parse

        raw = self._form in ("raw", "jsonl")
        with Ticker("reading") as ticker:
            count = 0

            def progress(step: "Step") -> None:
                nonlocal count
                count += step.events
                ticker.show(f"{count:,} events")

            def found(ledgers: "Sequence[LedgerRow]") -> None:
                ticker.done()
                self._code = problems(ledgers, self._shown)

            only = None if self._stream is None else parse(f"stream:{_quoted(self._stream)}")
            asked = Asked(self._paths, query, index, raw, say, progress, found, only)
            if self._form == "csv":
                self._writer.writerow(_HEADS)
            printed_now = 0
            async with aclosing(followed(asked) if follow else printed(asked)) as events:
                while printed_now != self._limit:
                    try:
                        each = await anext(events, None)
                    except NoSuchStreamError:
                        say(f"There is no stream {self._stream} here; `audit-console streams` lists them.")
                        return UNVERIFIED
                    if each is None:
                        break
                    printed_now += 1
                    self._print(each)
                    if follow:
                        sys.stdout.flush()
        return self._code

    def _print(self, each: "Printed") -> None:
        name = self._shown(each.ledger)
        if each.problem and self._form == "raw":
            say(f"{name}: record {each.row.ordinal}: {each.problem}")
        match self._form:
            case "raw":
                sys.stdout.flush()
                sys.stdout.buffer.write(each.raw + b"\n")
                sys.stdout.buffer.flush()
            case "jsonl":
                out_json(_object(each, name))
            case "csv":
                self._writer.writerow([safe(cell) for cell in _cells(each, name)])
            case _:
                out(self._line(each, name))

    def _line(self, each: "Printed", name: str) -> str:
        row = each.row
        trust = self._paint.trust(f"{row.trust.glyph} {row.trust.word:<9}", row.trust)
        worst = self._paint.severity(f"{row.worst.glyph} {row.worst.word if row.worst else '':<8}", row.worst)
        sequence = "" if row.sequence is None else str(row.sequence)
        line = (
            f"{_time(each) or '-':<27} {trust} {worst} {sequence:>6}  {safe(row.type):<24} "
            f"{safe(row.stream_key):<36}  {safe(row.actor):<16}  {safe(name)}:{row.ordinal}"
        )
        return line.rstrip()


_HEADS = ("time", "trust", "severity", "ledger", "record", "kind", "stream", "sequence", "type", "actor")


def _time(each: "Printed") -> str:
    from console.formats.json.times import iso

    return "" if each.row.time is None else iso(each.row.time)


def _cells(each: "Printed", name: str) -> list[str]:
    row = each.row
    return [
        _time(each),
        row.trust.word,
        row.worst.word,
        name,
        str(row.ordinal),
        row.stream_kind,
        row.stream_key,
        "" if row.sequence is None else str(row.sequence),
        row.type,
        row.actor,
    ]


def _object(each: "Printed", name: str) -> dict[str, Any]:
    """The event for programs. ``raw`` is the exact text of the record; of one that is not UTF-8 it is null, and
    ``raw_hex`` has the bytes."""
    row = each.row
    try:
        text = None if each.problem and not each.raw else each.raw.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "ledger": name,
        "record": row.ordinal,
        "offset": row.offset,
        "length": row.length,
        "time": _time(each) or None,
        "type": row.type or None,
        "stream": {"kind": row.stream_kind, "key": row.stream_key} if row.stream else None,
        "sequence": row.sequence,
        "actor": row.actor or None,
        "trust": row.trust.word,
        "severity": row.worst.word if row.worst else None,
        "raw": text,
        "raw_hex": each.raw.hex() if text is None and each.raw else None,
        "problem": each.problem or None,
    }
