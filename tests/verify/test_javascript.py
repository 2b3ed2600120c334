"""JavaScript's own text of JSON values."""

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.verify import javascript

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
KEYS = st.text(max_size=5) | st.integers(0, 2**33).map(str)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


def test_vectors_of_the_real_engine(real: Path) -> None:
    """Those of ``tests/data`` are checked with the writers."""
    vectors = json.loads((real / "kernel/vectors/js_stringify_vectors.json").read_text())
    assert len(vectors) >= 46
    for vector in vectors:
        assert javascript.stringify(javascript.parse(vector["json_in"])) == vector["js_stringify"], vector


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.0, "4"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e-6, "0.000001"),
        (-1.25e-7, "-1.25e-7"),
        (5e-324, "5e-324"),
        (0.30000000000000004, "0.30000000000000004"),
        (-12500000.5, "-12500000.5"),
        (2**53 + 1, "9007199254740992"),
        (10**400, "null"),
        (math.inf, "null"),
        (math.nan, "null"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert javascript.number(value) == text


def test_strings_keep_what_javascript_keeps() -> None:
    assert javascript.quote("\u2028/\x7f\x1f\b\ud800") == '"\u2028/\x7f\\u001f\\b\\ud800"'
    assert javascript.quote("\ud83c\udfe2") == '"\U0001f3e2"'
    assert javascript.utf8("a\udc00") == b"a\xef\xbf\xbd"


def test_a_repeated_key_keeps_its_first_place_and_last_value() -> None:
    assert javascript.stringify(javascript.parse('{"a":1,"b":2,"a":3,"10":0,"9":0}')) == '{"9":0,"10":0,"a":3,"b":2}'


@given(VALUES)
def test_the_text_is_stable(value: Any) -> None:
    once = javascript.stringify(value)
    assert javascript.stringify(javascript.parse(once)) == once


@settings(max_examples=5, deadline=None)
@given(st.lists(VALUES, min_size=40, max_size=80))
def test_as_node_does(values: list[Any]) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    texts = [json.dumps(value).replace("NaN", "1e999").replace("-Infinity", "-1e999") for value in values]
    texts = [text.replace("Infinity", "1e999") for text in texts]
    script = (
        "const texts = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(texts.map(text => JSON.stringify(JSON.parse(text)))))"
    )
    run = subprocess.run([node, "-e", script], input=json.dumps(texts), capture_output=True, text=True, check=True)
    assert [javascript.stringify(javascript.parse(text)) for text in texts] == json.loads(run.stdout)
