"""Facts of ``tests/data``: see its README for where each comes from."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"


def facts(name: str) -> Any:
    """The JSON of one file, by its name without the ending."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
