"""SQL of the index stands in ``store/sqlite`` alone, and nobody above a store knows how it packs its rows."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.places import ROOT

ALLOWED = (
    *("console/store/sqlite/", "console/sources/", "console/witness/", "console/samples/"),
    *("console/export/sqlite_file.py", "console/formats/zakops/migration.py"),
    *("console/library/database.py", "console/library/zakops.py"),
)
"""Places that may use SQLite: for the index, for ledgers that are databases, for the memory, for samples of those; for
databases that are exported, and for tables that the library's writers fill."""
MODULES = sorted(
    path.relative_to(ROOT)
    for path in (ROOT / "console").rglob("*.py")
    if not str(path.relative_to(ROOT)).startswith(ALLOWED)
)
SQL = re.compile(r"\b(SELECT\b.+\bFROM|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|CREATE \w+ |PRAGMA \w)")


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_sql(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {each.name for each in node.names} & {"sqlite3", "aiosqlite"}, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in ("sqlite3", "aiosqlite"), node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.search(node.value), node.lineno


@pytest.mark.parametrize("path", [path for path in MODULES if "store" not in path.parts], ids=str)
def test_no_packing(path: Path) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"\b(row_id|split_id|rowid)\b|_MASK\b.*mark|\bmark\b.*_MASK", source)
