"""The house keeps its habits: small modules and rooms, names that stand once, plain words, light front doors."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.formats.registry import own_names
from tests.support.places import ROOT

CONSOLE = ROOT / "console"
MODULES = sorted(path.relative_to(ROOT) for path in CONSOLE.rglob("*.py*") if path.suffix in (".py", ".pyx"))
LINES = 400
"""Lines of a module, at most."""
LONGER = {
    "console/formats/json/native_scan.pyx": 1500,  # one state machine; cut, it would call across modules per byte
}
FILES = 12
"""Files in a room, at most, not counting ``__init__``."""
FULLER = {
    "console/cli": 26,  # one module per command
    "console/engine/verify": 17,
}
HEAVY = ("textual", "rich", "pydantic", "msgspec", "watchfiles", "aiosqlite", "asyncio", "distributed", "sqlite3")


# What is still to be put in order. Nothing is added here.

UNPLAIN = {
    "console/engine/verify",
    "console/verify",
}
"""Rooms."""
TWICE = {"Kind", "Step", "Verdict"}
"""Classes."""


# Size


def test_modules_are_small() -> None:
    lines = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}
    longer = {path: count for path, count in lines.items() if count > LONGER.get(path, LINES)}
    assert not longer, "two ideas? then two modules"


def test_rooms_are_small() -> None:
    rooms = Counter(str(path.parent) for path in MODULES if path.stem != "__init__")
    fuller = {room: count for room, count in rooms.items() if count > FULLER.get(room, FILES)}
    assert not fuller, "a room of its own for some of them?"


# Names


def classes_of(tree: ast.AST, within: str = "") -> Iterator[str]:
    """Names of classes; one in another class is named with it, as a widget's messages are."""
    for node in ast.iter_child_nodes(tree):
        name = f"{within}{node.name}" if isinstance(node, ast.ClassDef) else ""
        if name:
            yield name
        yield from classes_of(node, f"{name}." if name else within)


def test_no_name_of_a_class_stands_twice() -> None:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        if path.suffix == ".py":
            for name in classes_of(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
                found[name].append(str(path))
    twice = {name: places for name, places in found.items() if len(places) > 1 and name not in TWICE}
    assert not twice


# Words

WORDS = re.compile(
    r"\b(said|told|whereof|of which|whether|thereof|anew|no longer|formerly|henceforth)\b", re.IGNORECASE
)
"""What plain English says otherwise: reported, shown, true if …; and what speaks of the past of the code."""


def words_of(source: str) -> Iterator[tuple[int, str]]:
    """Every comment, every string, and every name with its parts apart, by line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.start[0], token.string
        elif token.type == tokenize.NAME:
            yield token.start[0], token.string.replace("_", " ")


def test_plain_words() -> None:
    found = [
        f"{path}:{line}: {text}"
        for path in MODULES
        if path.suffix == ".py" and str(path.parent) not in UNPLAIN
        for line, text in words_of((ROOT / path).read_text(encoding="utf-8"))
        if WORDS.search(text)
    ]
    assert not found


# Imports at run time; lint-imports knows what is written, not what is loaded


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import console", (*HEAVY, "lark")),
        ("import console.api", (*HEAVY, "lark")),
        ("import console.engine.api", ("textual", "rich", "click", "pydantic", "sqlite3", "aiosqlite", "watchfiles")),
        ("from console.formats.registry import all_formats; all_formats()", ("textual", "rich", "click", "sqlite3")),
        ("import console.engine.session.worker", ("textual", "rich", "click", "distributed")),
        ("import console.app.app", ("sqlite3", "aiosqlite", "watchfiles", "distributed", "pydantic", "lark")),
    ],
)
def test_doors_are_light(statement: str, absent: tuple[str, ...]) -> None:
    script = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(absent)


SYSTEMS = own_names()


def outside_of_systems() -> list[Path]:
    """Modules that may name no system: all but the systems' own folders and modules, and the samples."""
    own = [CONSOLE / "samples", *(CONSOLE / "formats" / name for name in SYSTEMS)]
    own += [CONSOLE / "library" / f"{name}.py" for name in SYSTEMS]
    return [path for path in sorted(CONSOLE.rglob("*.py")) if not any(path.is_relative_to(each) for each in own)]


def words(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names and texts of a module, docstrings included, with their lines."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for field in ("id", "name", "attr", "arg", "module", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield line, value
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield line, node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def test_there_are_systems() -> None:
    assert len(SYSTEMS) == 5
    assert len(outside_of_systems()) > 100


def test_no_module_outside_of_its_folder_names_a_system() -> None:
    named = [
        f"{path.relative_to(CONSOLE)}:{line}: {word[:80]!r}"
        for path in outside_of_systems()
        for line, word in words(ast.parse(path.read_text(encoding="utf-8")))
        if any(one in word.lower() for one in SYSTEMS)
    ]
    assert not named


def test_no_system_imports_another() -> None:
    """Also one whose folder is new: the import contract lists those of today."""
    foreign = [
        f"{path.relative_to(CONSOLE)} imports {module}"
        for name in SYSTEMS
        for path in sorted((CONSOLE / "formats" / name).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for module in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _imported(node))
        if any(module.startswith(f"console.formats.{other}") for other in SYSTEMS if other != name)
    ]
    assert not foreign


def _imported(node: ast.AST) -> list[str]:
    return [each.name for each in node.names] if isinstance(node, ast.Import) else []


def test_all_that_is_no_module_is_packaged() -> None:
    """Files that modules read are installed with them: those of the checkout would hide that they are not."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = declared["tool"]["setuptools"]["package-data"]["console"]
    packaged = {path for pattern in patterns for path in CONSOLE.glob(pattern)}
    made = {".py", ".pyc", ".pyx", ".c", ".so"}
    data = {path for path in CONSOLE.rglob("*") if path.is_file() and path.suffix not in made}
    assert not data - packaged
