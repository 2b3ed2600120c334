"""Hypothesis strategies for JSON as others write it: good, odd, damaged, and no JSON at all."""

from hypothesis import strategies as st

from tests.support.json_cases import cases

_CHARACTERS = st.sampled_from(
    [
        *"ab:,[]{} /",
        "é",
        "€",
        "😀",
        "\\\\",
        '\\"',
        "\\/",
        "\\n",
        "\\u0061",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\ude00",
    ]
)
STRINGS = st.lists(_CHARACTERS, max_size=12).map(lambda parts: '"' + "".join(parts) + '"')
KEYS = st.one_of(st.sampled_from(['"a"', '"b"', '"\\u0061"', '"é"', '"\\u00e9"', '""', '"type"', '"payload"']), STRINGS)
NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["-0", "0.0", "1e5", "1E+400", "1e-400", "-1.5e308", "1.8e308", "0e999", "9007199254740993", "1" * 400]
    ),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
)
_SPACE = st.sampled_from(["", "", "", "", "", "", " ", "\t", "\r", "  "])


def _array(items: list[tuple[str, str]]) -> str:
    return "[" + ",".join(space + item for space, item in items) + "]"


def _object(items: list[tuple[str, str, str]]) -> str:
    return "{" + ",".join(f"{key}{space}:{value}{space}" for space, key, value in items) + "}"


VALUES = st.recursive(
    st.one_of(STRINGS, NUMBERS, st.sampled_from(["true", "false", "null"])),
    lambda inner: st.one_of(
        st.lists(st.tuples(_SPACE, inner), max_size=4).map(_array),
        st.lists(st.tuples(_SPACE, KEYS, inner), max_size=5).map(_object),
    ),
    max_leaves=12,
)
OBJECTS = st.lists(st.tuples(_SPACE, KEYS, VALUES), max_size=6).map(_object)
_BYTES = st.one_of(
    st.sampled_from(
        [bytes([each]) for each in b'"\\{}[]:,0123456789eE+-.tfnul \t\r\x00\x1f\x7f\x80\xbf\xc2\xe2\xed\xf0\xff']
    ),
    st.binary(min_size=1, max_size=1),
)


@st.composite
def _damaged(draw: st.DrawFn, records: st.SearchStrategy[bytes]) -> bytes:
    raw = draw(records)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.integers(0, 2))
        raw = raw[:at] + (draw(_BYTES) if draw(st.booleans()) else b"") + raw[at + cut :]
    return raw


WRITTEN = st.one_of(OBJECTS, VALUES).map(str.encode)
RECORDS = st.one_of(
    WRITTEN,
    _damaged(WRITTEN),
    _damaged(st.sampled_from([raw for raw, _ in cases() if len(raw) < 2000])),
    st.lists(_BYTES, max_size=30).map(b"".join),
)
"""Records of every kind; they may hold an LF."""
LINES = st.lists(RECORDS.map(lambda raw: raw.replace(b"\n", b"")), max_size=8)
"""Records that are lines, without their LF."""
