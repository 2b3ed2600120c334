"""``audit-console findings``: what is wrong or notable, grouped by cause."""

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from console.cli.options import common, index_place, paths, where
from console.cli.output import AsGiven, Paint, Ticker, out, out_json, paragraph, problems, say
from console.model.words import count
from console.text import safe

if TYPE_CHECKING:
    from console.engine.api import CodeFindings, FindingList, FindingRow

INDENT = " " * 11


@click.command("findings")
@paths
@where("A filter, as in the console: code:chain.* severity:error …")
@click.option("--format", "form", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(0),
    metavar="N",
    help="At most N of each cause, in jsonl N in all.  [default: 10 in a table]",
)
@common
def command(
    paths: list[str],
    where: str,
    form: str,
    limit: int | None,
    index: str | None,
    config: str | None,
    no_color: bool,
) -> int:
    """List the findings, grouped by cause, the worst first."""
    from console.cli.indexing import so_far
    from console.engine.api import FilterError, list_findings

    place = index_place(paths, index, config)
    with Ticker("reading") as ticker:
        try:
            found = asyncio.run(
                list_findings(paths, place, where, progress=lambda at: ticker.show(so_far(at)), note=say)
            )
        except FilterError as error:
            raise click.UsageError(str(error)) from error
    listing = _Listing(found, AsGiven(paths), Paint(no_color))
    match form:
        case "json":
            out_json(listing.whole(limit))
        case "jsonl":
            listing.lines(limit)
        case _:
            listing.table(10 if limit is None else limit)
    if found.unplaced:
        say(f"{count(found.unplaced, 'finding')} left out: the filter asks for events, and they point at none")
    return problems(found.ledgers, listing.shown)


class _Listing:
    """Prints what was found."""

    def __init__(self, found: "FindingList", shown: AsGiven, paint: Paint) -> None:
        self._found = found
        self._ledgers = {each.id: each for each in found.ledgers}
        self.shown = shown
        self._paint = paint

    def whole(self, limit: int | None) -> dict[str, Any]:
        """One object for programs."""
        return {
            "schema_version": 1,
            "findings": sum(group.found for group in self._found.groups),
            "causes": [
                {
                    "code": group.code,
                    "severity": group.worst.word,
                    "title": _title(group.code),
                    "count": group.found,
                    "findings": [self._object(row) for row in group.rows[:limit]],
                }
                for group in self._found.groups
            ],
        }

    def lines(self, limit: int | None) -> None:
        """One object a finding, as ``verify --format jsonl`` has them."""
        for row in islice((row for group in self._found.groups for row in group.rows), limit):
            out_json(self._object(row))

    def table(self, limit: int) -> None:
        """For people."""
        for group in self._found.groups:
            self._head(group)
            for row in group.rows[:limit]:
                self._row(row)
            rest = sum(row.finding.count for row in group.rows[limit:])
            if rest:
                out(f"{INDENT}{self._paint.quiet(f'… and {rest:,} more (--limit)')}")
        if not self._found.groups and any(each.format for each in self._found.ledgers):
            out("no findings")

    def _head(self, group: "CodeFindings") -> None:
        mark = self._paint.severity(f"{group.worst.glyph} {group.worst.word:<8}", group.worst)
        out(f"{mark} {self._paint.strong(safe(group.code))}  {count(group.found, 'finding')}")
        if title := _title(group.code):
            out(f"{INDENT}{title}")

    def _row(self, row: "FindingRow") -> None:
        found, record = row.finding, self._object(row)["record"]
        place = self.shown(row.ledger_name) + ("" if record is None else f":{record}")
        if (volume := self._found.volume_of(row)) is not None:
            place = f"{self.shown(volume[0])}:{volume[1]} (record {record:,} of the ledger)"
        where = [] if found.stream is None else [f"stream {safe(found.stream, limit=80)}"]
        where += [] if found.sequence is None else [f"sequence {found.sequence}"]
        times = f" (×{found.count:,})" if found.count > 1 else ""
        out(f"  {safe(place)}{times}  {self._paint.quiet(', '.join(where))}".rstrip())
        for line in paragraph(safe(found.message), first=INDENT, rest=INDENT, most=None):
            out(line)

    def _object(self, row: "FindingRow") -> dict[str, Any]:
        from console.engine.api import finding_object

        volume = self._found.volume_of(row)
        shown = None if volume is None else (self.shown(volume[0]), volume[1])
        return finding_object(self.shown(row.ledger_name), row.finding, self._ledgers[row.ledger].container, shown)


def _title(code: str) -> str:
    from console.engine.api import catalogue

    entry = catalogue().get(code)
    return "" if entry is None else entry.title
