"""``audit-console export``: events as files of other forms."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from console.cli.names import UNVERIFIED, USAGE
from console.cli.options import Function, common, index_place, moment, paths, where
from console.cli.output import AsGiven, Ticker, problems, say
from console.cli.recording import demand, note_output
from console.text import sweep

if TYPE_CHECKING:
    from console.engine.api import ExportedLedgers, IndexPlace
    from console.export.exporters import Exporter

METRICS = "metrics"
"""The form that is made from figures of ledgers, not from their events."""
_HEARD_EVERY = 10_000
"""Events between two lines of progress."""


class _Forms(click.Group):
    """A command for each form, with the form's own options."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from console.export.exporters import exporters

        return sorted([*exporters(), METRICS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from console.export.exporters import exporters

        if cmd_name == METRICS:
            return _metrics
        exporter = exporters().get(cmd_name)
        return None if exporter is None else _command_of(exporter)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"There is no form {args[0]!r}. Known: {known}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Forms"):
            formatter.write_dl([(name, (each and each.help) or "") for name, each in commands.items()])


@click.command("export", cls=_Forms, subcommand_metavar="FORM PATH… -o FILE")
def command() -> None:
    """Write events to a file: FORM is one of those below.

    Files are written whole or not at all, and an existing one is not overwritten without --force. `-o -` is stdout,
    with exact bytes unless it is a terminal.
    """


def _into_file(function: Function) -> Function:
    """Where an export is written."""
    force = click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")(function)
    name = click.option("-o", "--output", required=True, metavar="FILE", help="Where it is written; - is stdout.")
    return name(force)


@click.command(METRICS)
@paths
@_into_file
@common
def _metrics(paths: list[str], output: str, force: bool, index: str | None, config: str | None, no_color: bool) -> int:
    """Figures for monitors, as OpenMetrics text: events by type, agent and trust, findings by code, lag."""
    demand("export", config, paths)
    return asyncio.run(_write_metrics(paths, output, force, index_place(paths, index, config)))


async def _write_metrics(paths: list[str], output: str, force: bool, index: "IndexPlace") -> int:
    import time

    from console.cli.indexing import reading
    from console.engine.api import figures
    from console.export.openmetrics import openmetrics
    from console.export.output_file import OutputError, ensure_free, write_file

    async with reading(paths, index) as reader:
        ledgers = await reader.ledgers()
        text = openmetrics(await figures(reader), time.time_ns() // 1000).encode("utf-8", "backslashreplace")
    if output == "-":
        _print([text])
        return problems(ledgers, AsGiven(paths))
    try:
        ensure_free(output, force=force, never=[each.path for each in ledgers])
        write_file(output, [text], force=force)
        note_output(output)
    except OutputError as error:
        say(str(error))
        return USAGE if error.refused else UNVERIFIED
    return problems(ledgers, AsGiven(paths))


def _command_of(exporter: "Exporter") -> click.Command:
    of = f" For ledgers of {exporter.formats}." if exporter.formats else ""

    @click.command(exporter.name, help=exporter.description + of)
    @paths
    @_into_file
    @where("Only these events: a filter, as in the console.")
    @click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
    @click.option("--type", "types", multiple=True, metavar="T", help="Only this type (repeatable).")
    @click.option("--since", callback=moment, metavar="TIME", help="From this time on.")
    @click.option("--until", callback=moment, metavar="TIME", help="Up to this time: 2026-11-20 is that whole day.")
    @common
    def export(
        paths: list[str],
        output: str,
        force: bool,
        where: str,
        stream: str | None,
        types: tuple[str, ...],
        since: str | None,
        until: str | None,
        index: str | None,
        config: str | None,
        no_color: bool,
        **chosen: Any,
    ) -> int:
        from console.engine.api import EventRequest

        demand("export", config, paths)
        request = EventRequest(paths, index_place(paths, index, config), where, stream, types, since, until)
        options = {option.name: chosen[option.name.replace("-", "_")] for option in exporter.options}
        return asyncio.run(_Export(exporter, options, output, force).run(request))

    for option in exporter.options:
        kind: dict[str, Any] = {"is_flag": True}
        if option.choices:
            kind = {"type": click.Choice(option.choices), "default": option.choices[0], "show_default": True}
        export = click.option(f"--{option.name}", help=option.help, **kind)(export)
    return export


class _Export:
    """One run of the command."""

    def __init__(self, exporter: "Exporter", options: dict[str, Any], output: str, force: bool) -> None:
        self._exporter = exporter
        self._options = options
        self._output = output
        self._force = force

    async def run(self, request: Any) -> int:
        """Write it; the exit code."""
        from console.cli.indexing import so_far
        from console.engine.api import FilterError, Listeners, NoSuchStreamError, export_sources
        from console.export.exporters import FormFailedError, SeveralFormsError
        from console.export.output_file import OutputError, ensure_free

        shown = AsGiven(request.paths)
        with Ticker("exporting") as ticker:
            try:
                if self._output != "-":
                    ensure_free(self._output, force=self._force)
                listeners = Listeners(say, lambda at: ticker.show(so_far(at)), lambda _: None)
                sources = await export_sources(request, self._exporter.accepts, listeners)
                if not sources.kinds:
                    ticker.done()
                    return self._nothing(sources.about, shown)
                records = _counted(sources.records(), ticker) if sys.stderr.isatty() else sources.records()
                self._write(self._exporter.write(sources.kinds, records, self._options, self._output), sources.about)
            except SeveralFormsError as error:
                raise click.UsageError(str(error)) from error
            except FormFailedError as error:
                say(str(error))
                return UNVERIFIED
            except FilterError as error:
                raise click.UsageError(str(error)) from error
            except NoSuchStreamError:
                say(f"There is no stream {request.stream} here; `audit-console streams` lists them.")
                return UNVERIFIED
            except OutputError as error:
                say(str(error))
                return USAGE if error.refused else UNVERIFIED
        return _report(sources.about, shown)

    def _nothing(self, about: "ExportedLedgers", shown: AsGiven) -> int:
        for name, why in about.problems:
            say(f"{shown(name)}: {why}")
        of = (
            f": {self._exporter.name} is a form of ledgers of {self._exporter.formats}"
            if self._exporter.formats
            else ""
        )
        say(f"There is nothing here to be exported{of}. No file was written.")
        return UNVERIFIED

    def _write(self, pieces: Iterator[bytes], about: "ExportedLedgers") -> None:
        from console.export.output_file import ensure_free, write_file

        if self._output == "-":
            _print(pieces)
            return
        ensure_free(self._output, force=self._force, never=about.files)
        write_file(self._output, pieces, force=self._force)
        note_output(self._output)


def _print(pieces: Iterable[bytes]) -> None:
    sys.stdout.flush()
    if sys.stdout.isatty():
        for piece in pieces:
            for line in piece.decode("utf-8", "backslashreplace").splitlines():
                sys.stdout.write(sweep(line) + "\n")
        return
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _counted(records: Iterable[Any], ticker: Ticker) -> Iterator[Any]:
    for number, each in enumerate(records, 1):
        if not number % _HEARD_EVERY:
            ticker.show(f"{number:,} events")
        yield each


def _report(about: "ExportedLedgers", shown: AsGiven) -> int:
    """Say what is not in the export; 0, or 3 where something could not be read."""
    for name, why in about.problems:
        say(f"{shown(name)}: {why}")
    for name, format in about.left_out:
        say(f"{shown(name)}: left out, it is a ledger of {format} that this form does not take.")
    if about.unreadable:
        one = about.unreadable == 1
        say(f"{about.unreadable:,} record{' is' if one else 's are'} not in the export: no event could be read there.")
    return UNVERIFIED if about.problems or about.unreadable else 0
