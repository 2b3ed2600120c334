"""``audit-console events``: the events themselves."""

import asyncio
import csv
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING, Any

import click

from console.cli.databases import in_step
from console.cli.names import UNVERIFIED
from console.cli.options import common, index_place, metrics_port, metrics_socket, moment, on_finding, paths, where
from console.cli.output import AsGiven, Paint, Ticker, out, out_json, problems, say
from console.cli.recording import record_begin
from console.text import no_formula, safe

if TYPE_CHECKING:
    from socket import socket

    from console.engine.api import Alarm, EventRequest, LedgerRow, ListedEvent, SessionApi


@click.command("events")
@paths
@where("A filter, as in the console: type:DECIDED trust:broken …")
@click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
@click.option("--type", "types", multiple=True, metavar="T", help="Only this type (repeatable).")
@click.option("--since", callback=moment, metavar="TIME", help="From this time on: 2026-11-20, 2026-11-20T09:17Z …")
@click.option("--until", callback=moment, metavar="TIME", help="Up to this time: 2026-11-20 is that whole day.")
@click.option("--follow", is_flag=True, help="Go on as events arrive.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table", show_default=True)
@click.option("--spreadsheet-safe", is_flag=True, help="CSV: ' before cells that a spreadsheet takes for a formula.")
@click.option("--raw", is_flag=True, help="The exact bytes of each record, control characters and all, and a LF.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most N events.")
@on_finding
@metrics_port
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
    spreadsheet_safe: bool,
    raw: bool,
    limit: int | None,
    on_finding: tuple[str, ...],
    metrics_port: int | None,
    index: str | None,
    config: str | None,
    no_color: bool,
) -> int:
    """Print events, oldest first: of one ledger in its order, of several merged by time."""
    from console.engine.api import EventRequest

    if on_finding and not follow:
        raise click.UsageError("--on-finding goes with --follow.")
    if metrics_port is not None and not follow:
        raise click.UsageError("--metrics-port goes with --follow.")
    if follow:
        record_begin("search", config)
    form = "raw" if raw else form
    request = EventRequest(
        paths,
        index_place(paths, index, config),
        where,
        stream,
        types,
        since,
        until,
        raw=form in ("raw", "jsonl"),
    )
    form = "safe csv" if form == "csv" and spreadsheet_safe else form
    metrics = metrics_socket(metrics_port)
    with in_step() if follow else nullcontext():
        return asyncio.run(_Printing(request, form, limit, Paint(no_color), metrics).run(follow, on_finding))


class _Printing:
    """One run of the command."""

    def __init__(
        self, request: "EventRequest", form: str, limit: int | None, paint: Paint, metrics: "socket | None"
    ) -> None:
        self._request = request
        self._form = form
        self._limit = limit
        self._paint = paint
        self._metrics = metrics
        self._shown = AsGiven(request.paths)
        self._writer = csv.writer(sys.stdout)
        self._code = 0

    async def run(self, follow: bool, on_finding: Sequence[str]) -> int:
        """Print until there is no more. ``on_finding`` is a command for alarms, run beside it."""
        from console.engine.api import alarm_object, finding_command

        if not on_finding:
            return await self._list(follow, None)
        command = finding_command(on_finding, say)
        try:
            return await self._list(follow, lambda alarm: command.hand_over(alarm_object(alarm)))
        finally:
            await command.close()

    async def _list(self, follow: bool, alarm: "Callable[[Alarm], None] | None") -> int:
        from console.cli.indexing import so_far
        from console.engine.api import FilterError, Listeners, NoSuchStreamError, list_events

        with Ticker("reading") as ticker:

            def found(ledgers: "Sequence[LedgerRow]") -> None:
                ticker.done()
                self._code = problems(ledgers, self._shown)

            serve = None if self._metrics is None else self._serve
            listeners = Listeners(say, lambda at: ticker.show(so_far(at)), found, alarm, serve)
            try:
                listed = list_events(self._request, listeners, follow=follow)
            except FilterError as error:
                raise click.UsageError(str(error)) from error
            if self._form in ("csv", "safe csv"):
                self._writer.writerow(_HEADS)
            printed_now = 0
            async with aclosing(listed) as events:
                while printed_now != self._limit:
                    try:
                        each = await anext(events, None)
                    except NoSuchStreamError:
                        say(f"There is no stream {self._request.stream} here; `audit-console streams` lists them.")
                        return UNVERIFIED
                    except FilterError as error:
                        raise click.UsageError(str(error)) from error
                    if each is None:
                        break
                    printed_now += 1
                    self._print(each)
                    if follow:
                        sys.stdout.flush()
        return self._code

    async def _serve(self, session: "SessionApi") -> None:
        """Answer monitors, as long as this runs."""
        from console.export.metrics_server import serve_session

        if self._metrics is not None:
            await serve_session(self._metrics, session)

    def _print(self, each: "ListedEvent") -> None:
        file, record = each.volume or (each.ledger, each.row.ordinal)
        file = self._shown(file)
        if each.problem and self._form == "raw":
            say(f"{file}: record {record}: {each.problem}")
        match self._form:
            case "raw":
                sys.stdout.flush()
                sys.stdout.buffer.write(each.raw + b"\n")
                sys.stdout.buffer.flush()
            case "jsonl":
                volume = {} if each.volume is None else {"volume": {"path": file, "record": record}}
                out_json(_object(each, self._shown(each.ledger)) | volume)
            case "csv":
                self._writer.writerow([safe(cell) for cell in _cells(each, file, record)])
            case "safe csv":
                self._writer.writerow([no_formula(safe(cell)) for cell in _cells(each, file, record)])
            case _:
                out(self._line(each, f"{file}:{record}"))

    def _line(self, each: "ListedEvent", place: str) -> str:
        row = each.row
        trust = self._paint.trust(f"{row.trust.glyph} {row.trust_word:<9}", row.trust)
        worst = self._paint.severity(f"{row.worst.glyph} {row.worst.word if row.worst else '':<8}", row.worst)
        sequence = "" if row.sequence is None else str(row.sequence)
        line = (
            f"{_time(each) or '-':<27} {trust} {worst} {sequence:>6}  {safe(row.type):<24} "
            f"{safe(row.stream_key):<36}  {safe(row.actor):<16}  {safe(place)}"
        )
        return line.rstrip()


_HEADS = ("time", "trust", "severity", "ledger", "record", "kind", "stream", "sequence", "type", "actor")


def _time(each: "ListedEvent") -> str:
    from console.engine.api import time_text

    return "" if each.row.time is None else time_text(each.row.time)


def _cells(each: "ListedEvent", file: str, record: int) -> list[str]:
    row = each.row
    return [
        _time(each),
        row.trust.word,
        row.worst.word,
        file,
        str(record),
        row.stream_kind,
        row.stream_key,
        "" if row.sequence is None else str(row.sequence),
        row.type,
        row.actor,
    ]


def _object(each: "ListedEvent", name: str) -> dict[str, Any]:
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
