"""``audit-console locate``: where things are kept."""

from typing import Any

import click

from console.cli.options import common, given, out, paths
from console.text import safe


@click.command("locate")
@paths
@common
def command(paths: tuple[str, ...], index: str | None, config: str | None, **_: Any) -> int:
    """Say where config, index, witness and casebook are (of these paths; default: the current folder)."""
    from console.engine.places import index_path, places

    found = places()
    out(f"config    {safe(config or str(found.config))}")
    out(f"index     {safe(index or str(index_path(given(paths))))}")
    out(f"witness   {safe(str(found.state / 'witness.sqlite'))}")
    out(f"casebook  {safe(str(found.data / 'cases'))}")
    return 0
