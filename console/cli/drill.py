"""``audit-console drill``: live ledgers with planted faults, to train eyes and alarms."""

import secrets
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.names import NAME, USAGE
from console.cli.options import common
from console.cli.output import out_json, say
from console.cli.table import table
from console.model.words import count

if TYPE_CHECKING:
    from console.samples.drill.planted import Planted


@click.command("drill")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--rate", metavar="N", type=click.FloatRange(0.1, 1000), default=5, show_default=True, help="Events a second."
)
@click.option(
    "--seconds",
    metavar="N",
    type=click.FloatRange(1, 86_400),
    default=300,
    show_default=True,
    help="How long it writes.",
)
@click.option(
    "--faults", metavar="N", type=click.IntRange(0, 1000), default=6, show_default=True, help="How many are planted."
)
@click.option("--seed", metavar="TEXT", help="The same seed writes the same events and faults. By default a new one.")
@click.option("--reveal", is_flag=True, help="Write nothing: show what a drill planted in DIR.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common
def command(
    folder: Path, rate: float, seconds: float, faults: int, seed: str | None, reveal: bool, form: str, **_: Any
) -> int:
    """Write live ledgers of all systems into DIR, an empty folder, with faults planted among healthy events.

    Watch DIR with a console meanwhile. What was planted stands in a file beside DIR; --reveal shows it.
    """
    from console.samples.drill.run import DrillError, planted_in, run

    try:
        if reveal:
            return _reveal(planted_in(folder), form)
        begun = time.monotonic()

        def wait(number: int) -> None:
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))

        say(f"writing into {folder} for {seconds:g} s; watch it: {NAME} {folder}")
        planted = run(folder, seed or secrets.token_hex(4), int(rate * seconds), faults, wait)
    except DrillError as error:
        say(str(error))
        return USAGE
    say(f"{count(planted, 'fault')} planted; {NAME} drill {folder} --reveal shows them")
    return 0


def _reveal(planted: "list[Planted]", form: str) -> int:
    if form == "json":
        out_json([asdict(each) for each in planted])
        return 0
    rows = [[each.time, f"{each.ledger}:{each.record}", each.code, each.what] for each in planted]
    table(("time", "where", "code", "what was done"), rows, lambda _, __, padded: padded)
    return 0
