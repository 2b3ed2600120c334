"""Each example of the README runs, where the sample ledgers are, and writes nothing but its own files."""

import re
import shutil
from pathlib import Path

import pytest

from tests.support.places import ROOT, SAMPLES

EXAMPLES = re.findall(
    r"```python\n(.*?)```",
    (ROOT / "README.md").read_text(encoding="utf-8").partition("## For programs")[2].partition("\n## ")[0],
    re.DOTALL,
)


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_runs(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "sample_ledgers" in example:
        for system in ("smvm", "maysano"):
            shutil.copytree(SAMPLES / system, tmp_path / "sample_ledgers" / system)
    monkeypatch.chdir(tmp_path)
    found: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), found)
    assert found.get("verdict", True)


def test_there_is_one_for_every_system() -> None:
    assert len(EXAMPLES) == 5
