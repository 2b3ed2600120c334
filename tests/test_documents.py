"""What documents and configuration name is there."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.data import DATA
from tests.support.places import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / ".github").glob("*.md")),
    *(ROOT / name / "README.md" for name in ("sample_ledgers", "tests/benchmarks", "tests/data")),
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_that_a_document_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`((?:console|tests|sample_ledgers|\.ci|\.github)/[^`\s]*)`", text)
    for name in named:
        if not re.search(r"[<>…*]", name):
            assert (ROOT / name).exists(), name


def test_every_file_of_facts_has_its_origin() -> None:
    named = set(re.findall(r"^\| `([^`]+)` \|", (DATA / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named == {path.name for path in DATA.iterdir()} - {"README.md"}


def test_the_top_level_holds_the_house_and_nothing_else() -> None:
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    found = {path.name for path in ROOT.iterdir() if path.name not in ignored and path.suffix != ".egg-info"}
    plain = {name for name in found if not name.startswith(".")}
    assert plain == {"pyproject.toml", "console", "tests", "sample_ledgers", "README.md"}


def test_the_workflow_proves_every_python_that_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (matrix,) = re.findall(r"python: \[(.*)\]", (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert f">={matrix.split(', ')[0].strip(chr(34))}" == project["requires-python"]


def test_what_ci_installs_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = dict(
        line.lower().replace("_", "-").split("==")
        for line in (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    for each in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        name = re.match(r"[A-Za-z0-9-]+", each)
        assert name is not None and name[0].lower() in pinned, each
