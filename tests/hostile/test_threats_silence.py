"""A container that is damaged never gives other events in silence; the same records give the same findings in each."""

import asyncio
import gzip
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.engine.ingest.tail import all_records
from console.engine.verify.results import LedgerReport
from console.engine.verify.verification import check_ledger
from console.formats.json import strict
from console.model.trust import Severity
from console.sources.protocol import SourceError
from console.sources.text.sse import parse_block
from tests.support.engine_cases import NOW, Deal, opened
from tests.support.places import SAMPLES

some = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVENTS = Deal().lines(40).splitlines()
LINES = b"".join(event + b"\n" for event in EVENTS)


def zipped(data: bytes, name: str = "events.jsonl") -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def checked(path: Path) -> LedgerReport | None:
    """The report; None where there is no ledger, or not one, so that everybody sees it."""
    ledgers = opened(path)
    return asyncio.run(check_ledger(ledgers[0], NOW)) if len(ledgers) == 1 else None


def is_loud(report: LedgerReport) -> bool:
    """True if something is reported that goes beyond what is known of these events."""
    known = "schema.unknown-event-type"
    return bool(report.problem) or any(
        each.severity >= Severity.WARNING and each.code != known for each in report.findings
    )


def events_of(path: Path) -> list[dict[str, Any]]:
    (ledger,) = opened(path)
    found = []
    try:
        for batch in all_records(ledger.source, ledger.format.reader(ledger.context())):
            found += [each for raw in batch.raws if (each := strict.decode(raw).document) is not None]
    except SourceError:
        return []
    return found


STORED = {
    "gzip": ("a.jsonl.gz", gzip.compress(LINES, mtime=0)),
    "members": ("a.jsonl.gz", gzip.compress(LINES[:6000], mtime=0) + gzip.compress(LINES[6000:], mtime=0)),
    "zip": ("a.zip", zipped(LINES)),
}


@pytest.mark.parametrize(("name", "data"), STORED.values(), ids=STORED.keys())
@some
@given(draw=st.data())
def test_what_is_stored_compressed_and_damaged_is_never_read_otherwise(
    tmp_path: Path, name: str, data: bytes, draw: st.DataObject
) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    kind = draw.draw(st.sampled_from(["flip", "cut", "drop", "twice", "zeros"]))
    size = draw.draw(st.integers(1, 200))
    changed = {
        "flip": data[:at] + bytes((data[at] ^ 1 << draw.draw(st.integers(0, 7)),)) + data[at + 1 :],
        "cut": data[:at],
        "drop": data[:at] + data[at + size :],
        "twice": data[: at + size] + data[at:],
        "zeros": data[:at] + bytes(len(data[at : at + size])) + data[at + size :],
    }[kind]
    path = tmp_path / name
    path.write_bytes(changed)
    report = checked(path)
    if report is None or is_loud(report):
        return
    found, before = events_of(path), [json.loads(each) for each in EVENTS]
    # A tail that was cut off before the first look leaves no trace: what is there is the beginning.
    assert found == before[: len(found)]


WRAPPED = b'{"total":40,"events":[' + b",".join(EVENTS) + b'],"next":null}'
EDGES = [at for at in range(len(WRAPPED)) if at < 22 or at > len(WRAPPED) - 15]
EDGES += [
    at for at in range(len(WRAPPED) - 3) if WRAPPED[at : at + 3] == b"},{" and WRAPPED[at + 3 : at + 7] == b'"id"'
]


@some
@given(at=st.sampled_from(EDGES), piece=st.sampled_from([b"", b"\0", b"\xff", b",", b"]", b"}", b"[]", b'"a"', b"{}"]))
def test_what_stands_around_records_hides_none(tmp_path: Path, at: int, piece: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(WRAPPED[: at + 1] + piece + WRAPPED[at + 2 :])
    report = checked(path)
    if report is None or is_loud(report):
        return
    assert events_of(path) == [json.loads(each) for each in EVENTS]


STREAM = SAMPLES / "maysano" / "batch-setup.sse"


@some
@given(draw=st.data())
def test_no_event_of_a_stream_is_lost_in_silence(tmp_path: Path, draw: st.DataObject) -> None:
    data = STREAM.read_bytes()
    begins = [found.start() for found in re.finditer(rb"^(?:data|event|id)", data, re.MULTILINE)]
    at = draw.draw(st.sampled_from(begins)) + draw.draw(st.integers(0, 4))
    piece = draw.draw(st.sampled_from([b"", b"\0", b"x", b"\xff"]))
    path = tmp_path / "a.sse"
    path.write_bytes(data)
    before, count = checked(path), len(dispatched(data))
    changed = data[:at] + piece + data[at + 1 :]
    path.write_bytes(changed)
    after = checked(path)
    if before is None or after is None or len(dispatched(changed)) == count:
        return
    assert {each.code for each in after.findings} - {each.code for each in before.findings}


def dispatched(data: bytes) -> list[str]:
    """What a client would be given."""
    return [block.data for raw in data.split(b"\n\n") if (block := parse_block(raw)).data is not None]


def array(records: list[bytes]) -> bytes:
    return b"[" + b",".join(records) + b"]"


FORMS: dict[str, tuple[str, Callable[[list[bytes]], bytes]]] = {
    "no last line end": ("a.jsonl", b"\n".join),
    "gzip": ("a.jsonl.gz", lambda records: gzip.compress(b"\n".join(records) + b"\n")),
    "zip": ("a.zip", lambda records: zipped(b"\n".join(records))),
    "array": ("a.json", array),
    "array in gzip": ("a.json.gz", lambda records: gzip.compress(array(records))),
    "wrapper": ("a.json", lambda records: b'{"events":' + array(records) + b"}"),
}


def said(report: LedgerReport) -> Counter[tuple[Any, ...]]:
    """Findings without their bytes' places."""
    return Counter(
        (each.code, each.severity, each.stream, each.event_id, each.record, each.field, each.expected, each.actual)
        for each in report.findings
        if each.family != "container"
    )


@st.composite
def changed_records(draw: st.DrawFn) -> list[bytes]:
    """Records of a chain; some are edited, dropped, doubled, swapped or damaged."""
    records = EVENTS[: draw(st.integers(4, 12))]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(records) - 2))
        what = draw(st.sampled_from(["edit", "drop", "twice", "swap", "key", "cut", "type"]))
        if what == "edit":
            records[at] = records[at].replace(b'"number":', b'"number":9')
        elif what == "drop" and len(records) > 4:
            del records[at]
        elif what == "twice":
            records.insert(at, records[at])
        elif what == "swap":
            records[at], records[at + 1] = records[at + 1], records[at]
        elif what == "key":
            records[at] = records[at].replace(b'"actorId":', b'"actorId":1,"actorId":')
        elif what == "cut":
            records[at] = records[at].removesuffix(b"}") + b",}"
        elif what == "type":
            records[at] = records[at].replace(b'"evidenceRefs":[]', b'"evidenceRefs":7')
    return records


def assert_the_same_in_every_form(folder: Path, records: list[bytes]) -> None:
    plain = folder / "plain" / "a.jsonl"
    plain.parent.mkdir(exist_ok=True)
    plain.write_bytes(b"".join(each + b"\n" for each in records))
    wanted = checked(plain)
    assert wanted is not None
    for form, (name, write) in FORMS.items():
        path = folder / form / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(write(records))
        report = checked(path)
        assert report is not None, form
        assert list(report.trust) == list(wanted.trust), form
        assert said(report) == said(wanted), form


@some
@given(records=changed_records())
def test_the_same_records_give_the_same_findings(tmp_path: Path, records: list[bytes]) -> None:
    assert_the_same_in_every_form(tmp_path, records)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.jsonl")), ids=lambda path: str(path.relative_to(SAMPLES)))
def test_every_systems_records_give_the_same_findings(path: Path, tmp_path: Path) -> None:
    records = path.read_bytes().splitlines()[:60]
    assert_the_same_in_every_form(tmp_path, records)
    assert_the_same_in_every_form(tmp_path, [*records[:3], *records[4:], records[2]])
