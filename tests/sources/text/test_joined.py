"""Objects one after the other that are neither lines nor an array: all of them are read, or refused by name."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.sources.content import FileContent
from console.sources.discover import open_sources
from console.sources.protocol import CHUNK, Skipped, Source
from console.sources.text.joined import JoinedSource
from tests.support.source_cases import Read

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVENTS = [{"id": number, "payload": {"text": "a } { ] [\n{ \u2028", "list": [{}, []]}} for number in range(3)]
FORMS = {
    "pretty": lambda events: "\n".join(json.dumps(each, indent=2) for each in events) + "\n",
    "pretty, blank lines between": lambda events: "\n\n".join(json.dumps(each, indent="\t") for each in events),
    "pretty, commas": lambda events: ",\n".join(json.dumps(each, indent=1) for each in events),
    "comma at the end": lambda events: ",\n".join(json.dumps(each) for each in events) + "\n",
    "comma at the end of the last": lambda events: "".join(json.dumps(each) + ",\r\n" for each in events),
    "comma at the beginning": lambda events: "\n,\n".join(json.dumps(each) for each in events),
    "brackets": lambda events: "[\n" + "\n".join(json.dumps(each) for each in events) + "\n]\n",
    "opening bracket": lambda events: "[\n" + "\n".join(json.dumps(each) for each in events) + "\n",
    "brackets, pretty": lambda events: "[\n" + "\n".join(json.dumps(each, indent=4) for each in events) + "\n]",
}


def source_of(path: Path, data: bytes) -> Source:
    path.write_bytes(data)
    (source,) = open_sources(str(path))
    assert not isinstance(source, Skipped), source
    return source


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_object_is_a_record(form: str, packed: bool, tmp_path: Path, keeps_its_word: Read) -> None:
    data = FORMS[form](EVENTS).encode()
    source = source_of(tmp_path / "x", gzip.compress(data) if packed else data)
    assert isinstance(source, JoinedSource)
    got = keeps_its_word(source)
    assert [json.loads(raw) for raw in got.raws] == EVENTS
    assert [data[at : at + size] for at, size in zip(got.offsets, got.lengths, strict=True)] == got.raws
    assert not got.findings
    assert source.tail(got.next) is None


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@anything
@given(
    events=st.lists(st.dictionaries(st.text(max_size=3), values), min_size=2, max_size=9),
    form=st.sampled_from([*FORMS]),
)
def test_any_objects_in_any_form(events: list[dict[str, Any]], form: str, tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    path.write_text(FORMS[form](events), encoding="utf-8")
    source = JoinedSource(FileContent(str(path)))
    got = read(source)
    assert [json.loads(raw) for raw in got.raws] == events


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_an_object_that_breaks_off_is_the_tail_until_it_is_whole(cut: int, tmp_path: Path, read: Read) -> None:
    data = FORMS["pretty"](EVENTS).rstrip().encode()
    source = source_of(tmp_path / "x", data)
    (tmp_path / "x").write_bytes(data[:-cut])
    got = read(source)
    assert len(got.raws) == 2
    tail = source.tail(got.next)
    assert tail is not None
    assert (tail.ordinal, tail.offset + tail.length) == (3, len(data) - cut)
    assert data[tail.offset :].startswith(tail.raw)
    (tmp_path / "x").write_bytes(data)
    assert [json.loads(raw)["id"] for raw in read(source, got.next).raws] == [2]


def test_a_damaged_object_spoils_no_other_and_garbage_is_a_record(tmp_path: Path, keeps_its_word: Read) -> None:
    one, two, three = (json.dumps(each, indent=2) for each in EVENTS)
    torn = two[: len(two) // 2]
    source = source_of(tmp_path / "x", f"{one}\n{torn}\n{one} what?\n{three}\n".encode())
    got = keeps_its_word(source)
    assert got.raws == [each.encode() for each in (one, torn, one, "what?", three)]


def test_many_objects_come_in_batches_of_bounded_size(tmp_path: Path, keeps_its_word: Read) -> None:
    events = [{"id": number, "text": "x" * 900} for number in range(2000)]
    source = source_of(tmp_path / "x", FORMS["pretty"](events).encode())
    assert len(list(source.batches())) > 2000 * 900 // CHUNK
    assert [json.loads(raw)["id"] for raw in keeps_its_word(source).raws] == [*range(2000)]


OTHERS = ['{"a":1}\n{"a":2}\n', '{\n "a": 1\n}\n', '[{"a":1},\n{"a":2}]', '{"events":[\n{"a":1}]}']


@pytest.mark.parametrize("text", OTHERS)
def test_lines_and_documents_are_what_they_were(text: str, tmp_path: Path) -> None:
    assert not isinstance(source_of(tmp_path / "x", text.encode()), JoinedSource)
