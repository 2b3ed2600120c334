"""A profile is declared once: preimage, spans, coverage and search follow from its pieces, in any order."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.ledger import OTHERS, Coverage
from console.verify.javascript import stringify
from console.verify.judgement import Hashed, Kind, Memory, judge
from console.verify.profile import JSON, TEXT, Document, Form, HashProfile, Kept, Layout, Moment, Piece, Value, members
from console.verify.profile import spans as spans_of
from console.verify.recover import Hit, Miss, deep, moment, nearby, quick

LAYOUT = Layout(("id", "deal_id", "number", "body", "at", "note", "digest"), {"deal": "deal_id", "hash": "digest"})
PIECES: dict[str, Piece] = {
    "deal": Value("deal", JSON),
    "number": Value("number", JSON),
    "body": Document("body", Kept.VALUE),
    "clock": Moment("clock"),
}
STORED = 1_700_000_000_123


def profile(names: list[str], kept: Kept = Kept.VALUE) -> HashProfile:
    pieces = {**PIECES, "body": Document("body", kept)}
    return HashProfile("made/1", "As tests have it.", members({name: pieces[name] for name in names}), LAYOUT)


def event(body: Any, hash: str, text: bytes | None = None) -> Hashed:
    values = {"deal": 'a "deal"\u2028', "number": 7}
    return Hashed(values, "number", body, True, text, "Kind", STORED, hash)


def hash_of(names: list[str], body: str, millis: int) -> str:
    """An independent rendering: JSON.stringify of an object with these keys."""
    values = {"deal": 'a "deal"\u2028', "number": 7, "body": "BODY", "clock": moment(millis).decode()}
    text = stringify({name: values[name] for name in names}).replace('"BODY"', body)
    return hashlib.sha256(text.encode()).hexdigest()


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(["deal", "number", "body", "clock"]),
    st.integers(1, 4),
    st.sampled_from([0, -1, -8, -300, 4]),
    st.permutations(["a", "bb", "c"]),
)
def test_any_order_of_pieces_is_searched(names: list[str], size: int, delta: int, keys: list[str]) -> None:
    names = [name for name in names if name in ("body", "clock") or (name == "deal" and size > 2)]
    body = {key: len(key) for key in sorted(keys)}
    hashed = stringify({key: body[key] for key in keys})
    made = profile(names)
    verdict = judge(event(body, hash_of(names, hashed, STORED + delta)), made, [made], Memory())
    exact = delta == 0 and keys == sorted(keys)
    assert verdict.kind is (Kind.VERIFIED if exact else Kind.RECOVERED)
    assert verdict.hit is not None
    assert (verdict.hit.delta, verdict.hit.text) == (delta, hashed.encode())
    failing = judge(event(body | {"a": 9}, hash_of(names, hashed, STORED)), made, [made], Memory())
    assert failing.kind is Kind.MISMATCH


@pytest.mark.parametrize("names", [["deal", "body"], ["body", "number"], ["body"]])
def test_a_profile_without_a_time_is_searched_for_orders_alone(names: list[str]) -> None:
    made = profile(names)
    stored = {"a": 1, "b": {"y": 1, "x": 2}}
    hashed = '{"b":{"x":2,"y":1},"a":1}'
    target = hash_of([*names], hashed, 0)
    job = made.job(event(stored, target).values, stored, stringify(stored).encode(), None, bytes.fromhex(target))
    assert quick(job, [job.stored]) is None
    assert nearby(job) == Hit(hashed.encode(), 0, 0, reordered=True)
    assert deep(job, [job.stored]) == nearby(job)
    job.target = bytes(32)
    assert deep(job, [job.stored]) == Miss(complete=True, tried=4, spent=4)


def test_a_profile_whose_document_is_kept_needs_no_search() -> None:
    names = ["deal", "body"]
    made = profile(names, Kept.TEXT)
    assert made.complete
    text = b'{"a" : 1}'
    assert judge(event({"a": 1}, hash_of(names, text.decode(), 0), text), made, [made], Memory()).kind is Kind.VERIFIED
    compact = profile(names, Kept.COMPACT)
    for hashed, kind in ((text.decode(), Kind.MISMATCH), ('{"a":1}', Kind.VERIFIED)):
        assert judge(event({"a": 1}, hash_of(names, hashed, 0), text), compact, [compact], Memory()).kind is kind


def test_spans_and_coverage_name_the_ledgers_fields() -> None:
    made = profile(["clock", "deal", "body"])
    values = event({}, "").values
    parts = made.parts(values, b"{}", b"T")
    whole = made.preimage(values, b"{}", b"T")
    assert whole == '{"clock":"T","deal":"a \\"deal\\"\u2028","body":{}}'.encode()
    assert {span.field: whole[span.start : span.end] for span in spans_of(parts)} == {
        "clock": b'"T"',
        "deal_id": '"a \\"deal\\"\u2028"'.encode(),
        "body": b"{}",
    }
    assert made.coverage == Coverage(("deal_id", "body", "digest"), ("id", "number", "at", "note", OTHERS))
    assert made.described().coverage == made.coverage


def test_other_writers_forms_are_pieces_too() -> None:
    """As Python's json writes sorted keys with its own separators."""
    python = Form("json.dumps", lambda value: json.dumps(value, sort_keys=True).encode())
    pieces = members({"agent": Value("agent", python), "kind": Value("kind", python)}, comma=b", ", colon=b": ")
    made = HashProfile("python/1", "Sorted.", pieces, Layout(("agent", "kind")))
    values = {"agent": "é", "kind": {"b": 1, "a": None}}
    assert made.preimage(values) == json.dumps(values, sort_keys=True).encode()
    assert made.complete


@pytest.mark.parametrize(("value", "written"), [(None, b"null"), ("", b"null"), ("x", b"x"), (0, b"null")])
def test_what_stands_for_a_missing_value(value: Any, written: bytes) -> None:
    assert Value("previous", TEXT, null=b"null").write(value) == written
