"""A sixth system as an installed package, and lamp logs as its own software writes them."""

import json
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from console.engine.ledgers.opening import Opened as Opened
from console.engine.ledgers.opening import open_ledgers as open_ledgers
from console.formats import registry

PACKAGE = Path(__file__).parent / "beacon"


def install(folder: Path) -> Path:
    """Put the package and what an installer writes about it into a folder, which is then for ``PYTHONPATH``."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(PACKAGE / "beacon_ledgers", folder / "beacon_ledgers", ignore=shutil.ignore_patterns("__pycache__"))
    describe(folder, project["name"], project["entry-points"][registry.GROUP])
    return folder


def describe(folder: Path, name: str, points: dict[str, str]) -> None:
    """The metadata of an installed package with these entry points."""
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"[{registry.GROUP}]", *(f"{point} = {value}" for point, value in points.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Packages of this folder can be imported, and their formats are known, in this process."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    registry.forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
        registry.forget()


def entries(lamp: str = "north", count: int = 12, **changed: dict[str, Any]) -> list[dict[str, Any]]:
    """A lamp's log: lit and put out, day after day. ``changed`` are other values of an entry, by ``e<number>``, as they
    were when it was hashed."""
    found: list[dict[str, Any]] = []
    previous = None
    for number in range(1, count + 1):
        entry: dict[str, Any] = {
            "lamp": lamp,
            "number": number,
            "event": "lit" if number % 2 else "out",
            "at": f"2026-03-{1 + (number - 1) // 2:02}T{6 if number % 2 else 18:02}:00:00Z",
            "keeper": "ada" if number % 4 else "grace",
            "note": {"wind": "NW", "force": number % 8},
            "previous": previous,
        } | changed.get(f"e{number}", {})
        hashed = (lamp, number, entry["event"], entry["at"], compact(entry["note"]), entry["previous"] or "-")
        previous = entry["hash"] = sha256("".join(map(str, hashed)).encode()).hexdigest()
        found.append(entry)
    return found


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def lines(made: list[dict[str, Any]]) -> bytes:
    return "".join(compact(entry) + "\n" for entry in made).encode()
