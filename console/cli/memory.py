"""``audit-console memory``: what was seen of ledgers, and what becomes of that."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from console.cli.names import UNVERIFIED
from console.cli.options import common, memory_place, settings_in_force
from console.cli.output import Paint, out, out_json, say
from console.cli.recording import demand
from console.cli.table import table
from console.model.words import count
from console.text import safe

if TYPE_CHECKING:
    from console.engine.api import MemoryPlace, PastLook, RememberedLedger

_LIST = "list"
"""The command that has no name for people."""


class _Memory(click.Group):
    """Whatever is not one of its commands is a path to list."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        completing = ctx.resilient_parsing and not args
        if not completing and (not args or (args[0] not in ("show", "accept", "forget", "-h", "--help"))):
            args = [_LIST, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["show", "accept", "forget"]


_form = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
_path = click.argument("path", type=click.Path(readable=False))


@click.group("memory", cls=_Memory, subcommand_metavar="[PATH]… | COMMAND …")
@_form
@common
def command(**_: Any) -> None:
    """List what was seen of ledgers, by which command, and if their files are still as they were.

    Without a path all that are known. To compare what is there with what was seen: `audit-console verify`.
    """


@command.command(_LIST, hidden=True)
@click.argument("paths", nargs=-1, type=click.Path(readable=False), metavar="[PATH]…")
@_form
@common
def _list(paths: Sequence[str], form: str, config: str | None, no_color: bool, **_: Any) -> int:
    """List the ledgers that are known."""
    from console.engine.api import remembered_ledgers

    found = _answered(lambda place: remembered_ledgers(place, paths), config)
    if found is None:
        return UNVERIFIED
    if form == "json":
        out_json([_object(each) for each in found])
    elif found:
        paint = Paint(no_color)
        heads = ["ledger", ">records", ">looks", "first", "last agreed", "by", "now"]
        table(heads, [_row(each) for each in found], lambda head, cell, padded: _painted(paint, head, cell, padded))
    else:
        say("Nothing is known of any ledger here.")
    return 0


@command.command("show")
@_path
@_form
@common
def _show(path: str, form: str, config: str | None, **_: Any) -> int:
    """Every look at the ledgers of a path."""
    from console.engine.api import remembered_ledgers

    found = _answered(lambda place: remembered_ledgers(place, [path]), config)
    if not found:
        if found is not None:
            say(f"{path}: nothing is known of it.")
        return UNVERIFIED
    if form == "json":
        out_json([{**_object(each), "observations": [asdict(look) for look in each.looks]} for each in found])
        return 0
    for each in found:
        out(f"{safe(each.name)}  {safe(each.now)}")
        heads = ["time", ">looks", "by", ">records", ">bytes", "root", "verdict", "memory"]
        table(heads, [_look(look) for look in each.looks], lambda head, cell, padded: padded)
    return 0


@command.command("accept")
@_path
@click.option("--why", required=True, metavar="TEXT", help="What explains the change: it is kept with it.")
@common
def _accept(path: str, why: str, config: str | None, **_: Any) -> int:
    """A change is explained: what stands there now counts from here on. What counted before is kept."""
    from console.engine.api import accept

    demand("memory accept", config, [path])
    found = _answered(lambda place: accept(place, path, why), config)
    if found is None:
        return UNVERIFIED
    assert found.last is not None
    say(f"{found.name}: {count(found.last.records, 'record')} from here on.")
    return 0


@command.command("forget")
@_path
@common
def _forget(path: str, config: str | None, **_: Any) -> int:
    """Forget what is known of the ledger at a path."""
    from console.engine.api import forget

    demand("memory forget", config, [path])
    found = _answered(lambda place: forget(place, path), config)
    for each in found or ():
        say(f"{each}: forgotten.")
    return UNVERIFIED if found is None else 0


def _answered(ask: Any, config: str | None) -> Any:
    """What the memory answers; None, with words on stderr, where it has no answer."""
    from console.engine.api import EngineError

    settings_in_force(config)
    place: MemoryPlace | None = memory_place(config)
    if place is None:
        raise click.UsageError("--no-memory leaves nothing to ask.")
    try:
        return ask(place)
    except EngineError as error:
        sys.stdout.flush()
        say(str(error))
        return None


def _object(each: "RememberedLedger") -> dict[str, Any]:
    last = each.last
    return {
        "ledger": each.name,
        "path": each.path,
        "now": each.now,
        "holds": each.holds,
        "looks": each.count,
        "first": each.looks[0].time if each.looks else None,
        "last": last.time if last else None,
        "command": last.command if last else None,
        "records": last.records if last else None,
        "bytes": last.size if last else None,
        "root": last.root if last else None,
    }


def _row(each: "RememberedLedger") -> list[str]:
    last = each.last
    if last is None:
        return [each.name, "", f"{each.count:,}", "", "", "", each.now]
    times = [_time(each.looks[0].time), _time(last.time)]
    return [each.name, f"{last.records:,}", f"{each.count:,}", *times, last.command, each.now]


def _look(look: "PastLook") -> list[str]:
    memory = "agreed" if look.agrees else ", ".join(look.codes)
    memory += f" (accepted: {look.note})" if look.note else ""
    return [
        _time(look.time),
        f"{look.looks:,}",
        f"{look.command} {look.version}",
        f"{look.records:,}",
        f"{look.size:,}",
        look.root[:16],
        look.verdict,
        memory,
    ]


def _painted(paint: Paint, head: str, cell: str, padded: str) -> str:
    from console.model.trust import Severity

    if head == "now" and cell not in ("as it was", "changed since, not compared"):
        return paint.severity(padded, Severity.ERROR)
    return padded


def _time(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC"
