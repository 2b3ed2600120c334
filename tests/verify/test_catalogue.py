"""The catalogue explains the codes that something raises, and no others."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from console.formats.registry import catalogue
from console.model.trust import Severity
from console.verify.catalogue import CATALOGUE, CatalogueEntry
from console.verify.catalogue.entry import UNKNOWN
from tests.support.places import ROOT

CODES = re.compile(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*")
NO_CODES = ("console/verify/catalogue/", "console/engine/verify/codes.py")
"""These name codes without raising them."""
FILES = {"db", "json", "jsonl", "sqlite", "toml"}
"""What begins like a code and ends like this is the name of a file."""


def texts() -> Iterator[str]:
    """The texts of all modules, docstrings too."""
    for path in sorted((ROOT / "console").rglob("*.py*")):
        if str(path.relative_to(ROOT)).startswith(NO_CODES):
            continue
        if path.suffix == ".pyx":
            yield from re.findall(r'"([^"\n]*)"', path.read_text("utf-8"))
        elif path.suffix == ".py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_what_is_raised_is_explained_and_nothing_else() -> None:
    explained = catalogue()
    families = {code.partition(".")[0] for code in explained}
    raised = {
        text
        for text in texts()
        if CODES.fullmatch(text) and text.partition(".")[0] in families and text.partition(".")[2] not in FILES
    }
    assert raised - explained.keys() == set()
    assert explained.keys() - raised == set()


def test_explanations_are_sentences() -> None:
    for entry in catalogue().values():
        for text in (entry.explained, entry.checked, entry.innocent, entry.next):
            assert len(text) > 5 and text.endswith("."), entry.code
        assert not entry.title.endswith("."), entry.code


def test_our_codes_say_more_than_their_titles() -> None:
    for entry in CATALOGUE.values():
        assert len(entry.meaning) > 30 and entry.meaning != f"{entry.title}.", entry.code
        assert entry.innocent != UNKNOWN, entry.code


def test_each_code_has_texts_of_its_own() -> None:
    for name in ("meaning", "innocent", "title"):
        texts = Counter(getattr(entry, name) for entry in CATALOGUE.values())
        assert not [text for text, count in texts.items() if count > 1], name


def test_a_code_of_another_package_may_say_less() -> None:
    entry = CatalogueEntry("oil.low", Severity.WARNING, "Little oil", "The oil.", "Send the tender.")
    assert entry.explained == "Little oil."
    assert entry.innocent.startswith("Nothing is known: ")
