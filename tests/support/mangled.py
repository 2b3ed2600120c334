"""Records as they come, and as they should not: sound ones changed in their values, their keys or their bytes."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["", "7", ":", "a b", "é", "\ud800", "\0", '"x":', "x" * 300]),
    st.integers(-3, 3),
    st.sampled_from([2**53 - 1, 2**53, -(2**53), 2**64, 10**400]),
    st.floats(allow_nan=False),
    st.sampled_from([[], {}, {"a": {"b": [1, {"c": None}]}}, [[[[[[[[1]]]]]]]], {"a": "x", "tool_name": 1}]),
    st.lists(st.text(max_size=3), max_size=2),
)


TIMES = st.sampled_from(
    [
        *("2031-01-01T00:00:00.000001Z", "2031-01-01T00:00:00", "1999-12-31T23:59:60Z", "2026-02-30T00:00:00"),
        *("2025-10-01T10:00:00", "2025-10-01T10:00:00.5Z", "2025-10-01T10:00:00.500000Z", "now"),
    ]
)
INNER = ["event_id", "trace_id", "schema_version", "tool_name", "status", "field", "oldValue", "more"]
"""Keys that mean something inside of some system's objects."""


@st.composite
def documents(draw: st.DrawFn, pool: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A document of the pool; now and then a key has another value, is gone, or is new."""
    document = dict(draw(st.sampled_from(pool)))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        times = [name for name, value in document.items() if str(value)[10:11] == "T"]
        objects = [name for name, value in document.items() if isinstance(value, dict)]
        what = draw(st.sampled_from(["set", "set", "drop", *["time"] * bool(times), *["inside"] * bool(objects)]))
        if what == "time":
            document[draw(st.sampled_from(times))] = draw(TIMES)
        elif what == "inside":
            name = draw(st.sampled_from(objects))
            document[name] = document[name] | {draw(st.sampled_from([*document[name], *INNER * 2])): draw(VALUES)}
        else:
            name = draw(st.sampled_from([*document, "extra"]))
            document = {each: value for each, value in document.items() if each != name}
            if what == "set":
                document[name] = draw(VALUES)
    return document


@st.composite
def written(draw: st.DrawFn, pool: Sequence[dict[str, Any]]) -> bytes:
    """A record's bytes, as one of several writers would write them; now and then damaged."""
    document = draw(documents(pool))
    compact = draw(st.booleans())
    text = json.dumps(document, ensure_ascii=draw(st.booleans()), separators=(",", ":") if compact else None)
    raw = text.encode("utf-8", "surrogatepass")
    damage = draw(st.sampled_from([*[""] * 4, "twice", "space", "colon", "escape", "cut", "flip", "two", "cr", "none"]))
    at = draw(st.integers(0, max(len(raw) - 1, 0)))
    if damage == "twice":
        raw = raw[:-1] + f",{json.dumps(next(iter(document), 'a'))}:1}}".encode()
    elif damage == "space":
        raw = raw.replace(b'":', b'" :', 1)
    elif damage == "colon":
        raw = raw.replace(b":", b"\\u003a")
    elif damage == "escape":
        raw = raw.replace(b"e", b"\\u0065", 3)
    elif damage == "cut":
        raw = raw[:at]
    elif damage == "flip":
        raw = raw[:at] + bytes((raw[at] ^ 1 << draw(st.integers(0, 7)),)) + raw[at + 1 :]
    elif damage == "two":
        raw = raw + b" " + raw
    elif damage == "cr":
        raw += b"\r"
    elif damage == "none":
        raw = draw(st.sampled_from([b"", b"{}", b"[]", b"\r", b'{"a":', b'{"a":1}}', b"\xef\xbb\xbf{}"]))
    return raw.replace(b"\n", b" ")


def ledgers(pool: Sequence[dict[str, Any]]) -> st.SearchStrategy[list[bytes]]:
    """Records of one ledger: a stretch of the pool as it stands, with others among them."""

    @st.composite
    def ledger(draw: st.DrawFn) -> list[bytes]:
        start = draw(st.integers(0, len(pool) - 1))
        sound = [json.dumps(each).encode() for each in pool[start : start + draw(st.integers(0, 12))]]
        for raw in draw(st.lists(written(pool), max_size=5)):
            sound.insert(draw(st.integers(0, len(sound))), raw)
        return sound

    return ledger()
