"""JSON documents: elements with their exact bytes."""

import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import console.sources.text.json_array as json_array
import console.sources.text.json_ends as json_ends
from console.model.record import Cursor
from console.sources.content import FileContent, MemoryWindow
from console.sources.protocol import CHUNK, MAX_RECORD
from console.sources.record_hash import leaf
from console.sources.text.json_array import JsonSource
from tests.support.source_cases import Read

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(['"]}', "\\", '\\"{[']),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
indents = st.sampled_from([None, 0, 2])


def source_of(path: Path, data: bytes) -> JsonSource:
    path.write_bytes(data)
    return JsonSource(FileContent(str(path)))


@pytest.fixture(params=[2, 3, 16, 4096])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_ends, "CHUNK", request.param)
    monkeypatch.setattr(json_array, "CHUNK", request.param)


@anything
@given(elements=st.lists(values, max_size=6), indent=indents, ascii_only=st.booleans(), bom=st.booleans())
def test_elements_of_a_bare_array(
    tmp_path: Path,
    blocks: None,
    keeps_its_word: Read,
    elements: list[Any],
    indent: int | None,
    ascii_only: bool,
    bom: bool,
) -> None:
    data = json.dumps(elements, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    source = source_of(tmp_path / "x", b"\xef\xbb\xbf" * bom + data)
    got = keeps_its_word(source)
    assert [json.loads(raw.decode("utf-8", "surrogatepass")) for raw in got.raws] == elements
    assert [each.code for each in got.findings] == ["record.byte-order-mark"] * bom
    assert source.tail(got.next) is None


@anything
@given(
    elements=st.lists(values, max_size=5),
    before=st.dictionaries(st.sampled_from(["total", "a", "\\", "meta"]), values, max_size=3),
    after=st.dictionaries(st.sampled_from(["offset", "limit", "z"]), values, max_size=3),
    key=st.sampled_from(["data", "items", "events", "results", "audit_trail"]),
    indent=indents,
)
def test_elements_of_a_wrapped_array(
    tmp_path: Path,
    blocks: None,
    keeps_its_word: Read,
    elements: list[Any],
    before: dict[str, Any],
    after: dict[str, Any],
    key: str,
    indent: int | None,
) -> None:
    document = {**before, key: elements, **after}
    got = keeps_its_word(source_of(tmp_path / "x", json.dumps(document, indent=indent).encode()))
    assert [json.loads(raw) for raw in got.raws] == elements
    assert not got.findings


@anything
@given(document=st.dictionaries(st.sampled_from(["id", "type", "payload"]), values, max_size=3), indent=indents)
def test_another_object_is_one_record(
    tmp_path: Path, blocks: None, keeps_its_word: Read, document: dict[str, Any], indent: int | None
) -> None:
    data = json.dumps(document, indent=indent).encode()
    got = keeps_its_word(source_of(tmp_path / "x", b" \n" + data + b"\n"))
    assert got.raws == [data]
    assert got.offsets == [2]
    assert not got.findings


@anything
@given(
    elements=st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), min_size=1, max_size=5), data=st.data()
)
def test_a_document_that_breaks_off_keeps_what_was_complete(
    tmp_path: Path, blocks: None, keeps_its_word: Read, elements: list[Any], data: st.DataObject
) -> None:
    text = json.dumps(elements).encode()
    cut = data.draw(st.integers(1, len(text) - 1))
    source = source_of(tmp_path / "x", text[:cut])
    got = keeps_its_word(source)
    assert [json.loads(raw) for raw in got.raws] == elements[: len(got.raws)]
    assert got.codes == ["container.json-truncated"]
    tail = source.tail(got.next)
    structure = text[got.next.offset : cut]
    if tail is None:
        assert structure.strip(b"[, ") == b""
    else:
        assert structure.endswith(tail.raw)
        assert tail.offset + tail.length == cut
        assert tail.ordinal == len(got.raws) + 1
    # The writer goes on: nothing is lost or doubled.
    (tmp_path / "x").write_bytes(text)
    rest = keeps_its_word(source)
    assert [json.loads(raw) for raw in rest.raws] == elements


@anything
@given(
    data=st.lists(
        st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b" ", b"1", b"\xff", b'"data"']), max_size=40
    )
)
def test_garbage_never_stops_the_scanner(tmp_path: Path, blocks: None, keeps_its_word: Read, data: list[bytes]) -> None:
    source = source_of(tmp_path / "x", b"".join(data))
    got = keeps_its_word(source)
    source.tail(got.next)


def test_growth_by_rewriting_the_end(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    source = source_of(path, b'{"events": [{"n": 1}, {"n": 2}], "total": 2}')
    got = read(source)
    path.write_bytes(b'{"events": [{"n": 1}, {"n": 2}, {"n": 3}], "total": 3}')
    more = read(source, got.next)
    assert more.raws == [b'{"n": 3}']
    assert more.next.ordinal == 4
    assert not more.findings


def test_several_wrapped_arrays_hide_nothing(tmp_path: Path, keeps_its_word: Read) -> None:
    got = keeps_its_word(source_of(tmp_path / "x", b'{"data":[],"x":{"items":[0]},"events":[1,2],"items":[3]}'))
    assert got.raws == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("text", "raws", "code"),
    [
        (b"[1,2]\n[3]", [b"1", b"2", b"3"], "record.invalid-json"),
        (b'[{"a":1}}, {"b":2}]', [b'{"a":1}}', b'{"b":2}'], None),
        (b'[{"a":1} {"b":2}, 3]', [b'{"a":1} {"b":2}', b"3"], None),
        (b"[1,,2]", [b"1", b"2"], "record.invalid-json"),
        (b"[1,2,]", [b"1", b"2"], "record.invalid-json"),
        (b'{"data":[1],x}', [b"1"], "record.invalid-json"),
        (b"{oops}", [b"{oops}"], None),
    ],
)
def test_damage_is_kept_or_said(tmp_path: Path, read: Read, text: bytes, raws: list[bytes], code: str | None) -> None:
    got = read(source_of(tmp_path / "x", text))
    assert got.raws == raws
    assert got.codes == ([code] if code else [])


def test_an_element_over_the_cap_is_hashed_and_the_others_are_read(tmp_path: Path, keeps_its_word: Read) -> None:
    big = b'{"x":"' + b"y" * MAX_RECORD + b'"}'
    got = keeps_its_word(source_of(tmp_path / "x", b"[1, " + big + b", 2]"))
    assert got.raws == [b"1", b"", b"2"]
    assert got.leaves == {1: leaf(big)}
    assert got.codes == ["record.too-large"]
    assert (got.findings[0].record, got.findings[0].offset, got.findings[0].length) == (2, 4, len(big))


def test_depth_and_size_need_no_stack_and_little_memory(tmp_path: Path) -> None:
    deep = b"[" * 500_000
    source = source_of(tmp_path / "x", b"[" + deep + b"]" * 500_000 + b',"' + b"\\\\" * 1_000_000 + b'",{}]')
    tracemalloc.start()
    lengths = [length for batch in source.batches() for length in batch.lengths]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lengths == [1_000_000, 2_000_002, 2]
    assert peak < 3 * MAX_RECORD


def test_real_documents_hold_what_a_parser_finds(real: Path, keeps_its_word: Read) -> None:
    seen = 0
    for path in [*real.glob("kernel/**/events.json"), *real.glob("zakops/**/*.json")]:
        document = json.loads(path.read_bytes())
        elements = document if isinstance(document, list) else document["events"]
        got = keeps_its_word(JsonSource(FileContent(str(path))))
        assert [json.loads(raw) for raw in got.raws] == elements
        seen += len(elements)
    assert seen > 100


def test_a_cursor_behind_the_end_gives_nothing(tmp_path: Path) -> None:
    source = source_of(tmp_path / "x", b"[1,2]")
    assert [len(batch) for batch in source.batches(Cursor(9, 500))] in ([], [0])


@pytest.mark.parametrize("text", [b"[{}, {}]", b'{"events": [{}]}'])
def test_a_byte_order_mark_is_said(tmp_path: Path, text: bytes) -> None:
    for mark, codes in ((b"\xef\xbb\xbf", ["record.byte-order-mark"]), (b"", [])):
        batches = list(source_of(tmp_path / "x", mark + text).batches())
        assert [each.code for batch in batches for each in batch.findings] == codes


@pytest.mark.parametrize("run", [b"[", b"[{", b'{"a":[', b"[]", b'{"a":{}},'])
def test_megabytes_of_brackets_are_moved_over_by_runs(run: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the bytes, at most twice the steps, and for one run of them a step a block."""

    class Counted:
        def __init__(self, pattern: re.Pattern[bytes]) -> None:
            self.pattern, self.steps = pattern, 0

        def finditer(self, block: bytes, at: int) -> Iterator[re.Match[bytes]]:
            for found in self.pattern.finditer(block, at):
                self.steps += 1
                yield found

    steps = []
    for size in (1 << 20, 2 << 20):
        counted = Counted(json_ends._BRACKETS)
        with monkeypatch.context() as patch:
            patch.setattr(json_ends, "_BRACKETS", counted)
            json_ends.JsonPlace(MemoryWindow(b"[" + run * (size // len(run))), 0).composite()
        steps.append(counted.steps)
    assert steps[1] <= 2 * steps[0] + 8
    if run in (b"[", b"[{"):
        assert steps[1] <= 4 * (2 << 20) // CHUNK
