"""``audit-console locate``: where things are kept, and what reads records."""

from typing import Any

import click

from console.cli.options import common, index_place, paths
from console.cli.output import out
from console.text import safe


@click.command("locate")
@paths
@common
def command(paths: list[str], index: str | None, config: str | None, **_: Any) -> int:
    """Say where config, index (of these paths), witness, custody and casebook are, and which scanner runs."""
    from console.config.places import places
    from console.engine.api import scanner

    found = places()
    out(f"config    {safe(config or str(found.config))}")
    out(f"index     {safe(index_place(paths, index, config).path)}")
    out(f"witness   {safe(str(found.memory))}")
    out(f"custody   {safe(str(found.custody / 'custody.jsonl'))}")
    out(f"casebook  {safe(str(found.data / 'cases'))}")
    out(f"scanner   {scanner()}")
    return 0
