"""The batch auto-setup as its capture tells it."""

from typing import Any

import pytest

from console.formats.maysano import FORMAT
from console.formats.protocol import Context, Sample
from console.model.event import StreamKey
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.maysano_cases import block, raw, read, states

WHOLE = [
    block("recommend_phase_start", {"totalTables": 2}),
    block("recommend_start", {"table": "orders"}),
    block("recommend_start", {"table": "users"}),
    block("recommend_error", {"table": "users", "message": "timeout"}),
    block("recommend_complete", {"table": "orders", "checks": 3}),
    block("recommend_phase_done"),
    block("create_phase_start", {"totalChecks": 3}),
    block("create_progress", {"check": "c1"}),
    block("create_error", {"check": "c2"}),
    block("create_progress", {"check": "c3"}),
    block("create_phase_done"),
    block("run_start", {"timestamp": "2026-01-12T15:00:00Z"}),
    block("run_complete", {"timestamp": "2026-01-12T15:00:02.5Z"}),
    block("done"),
]


def check(blocks: list[bytes]) -> list[tuple[str, int | None]]:
    return [(each.code, each.record) for each in read(blocks, "sse")[1]]


def test_a_whole_operation_is_clean_and_its_progress_is_told() -> None:
    out, findings, reader = read(WHOLE, "sse")
    assert findings == []
    assert out.new_streams == [StreamKey("batch", "auto-setup")]
    assert states(reader)["batch auto-setup"] == {
        "status": "done",
        "phase": "run",
        "recommend": "2/2",
        "create": "3/3",
        "errors": "2",
        "elapsed": "2.5 s",
    }
    _, _, reader = read(WHOLE[:3], "sse")
    assert states(reader)["batch auto-setup"] == {
        "status": "running",
        "phase": "recommend",
        "recommend": "0/2",
        "under way": "2",
    }


def test_an_operation_without_an_end_is_interrupted_as_of_now() -> None:
    _, findings, _ = read(WHOLE[:-1], "sse")
    assert [(each.code, each.record, each.standing) for each in findings] == [("operation.interrupted", 13, True)]
    assert check([*WHOLE[:4], block("error", {"message": "fatal"})]) == []
    assert check([]) == []


@pytest.mark.parametrize(
    ("blocks", "code", "record"),
    [
        ([WHOLE[0], block("recommend_complete", {"table": "x"})], "operation.unstarted", 2),
        ([WHOLE[0], WHOLE[1], WHOLE[4], WHOLE[4]], "operation.unstarted", 4),
        ([block("recommend_start", {"table": "x"})], "operation.unstarted", 1),
        ([block("create_progress")], "operation.unstarted", 1),
        ([block("run_complete")], "operation.unstarted", 1),
        ([*WHOLE[:6], WHOLE[6], *WHOLE[7:10], WHOLE[7]], "operation.over-total", 11),
        ([*WHOLE[:2], WHOLE[4], WHOLE[5], WHOLE[6], WHOLE[1]], "operation.phase-order", 6),
        ([*WHOLE, WHOLE[7]], "lifecycle.event-after-end", 15),
        ([WHOLE[0], block("error"), block("done")], "lifecycle.event-after-end", 3),
    ],
)
def test_operations_that_go_wrong(blocks: list[bytes], code: str, record: int) -> None:
    assert [each for each in check(blocks) if each[0] != "operation.interrupted"] == [(code, record)]


@pytest.mark.parametrize(
    ("data", "total"),
    [
        ({"total": 4}, "4"),
        ({"tables": ["a", "b"]}, "2"),
        ({"total_tables": "12"}, "12"),
        ({"count": -1}, "?"),
        ({}, "?"),
        ("four", "?"),
    ],
)
def test_totals_under_any_of_the_obvious_keys(data: Any, total: str) -> None:
    _, _, reader = read([block("recommend_phase_start", data)], "sse")
    assert states(reader)["batch auto-setup"]["recommend"] == f"0/{total}"


def test_the_name_may_stand_inside_the_data() -> None:
    out, findings, _ = read(
        [b'data: {"type":"recommend_phase_start","total":1}\r\n\r\n', b'data: {"event":"error"}\n\n'], "sse"
    )
    assert out.new_types == ["recommend_phase_start", "error"]
    assert findings == []


def test_unknown_events_are_shown_with_a_note() -> None:
    out, findings, _ = read([WHOLE[0], block("heartbeat"), block("heartbeat"), block("error")], "sse")
    assert [(each.code, each.severity, each.count) for each in findings] == [
        ("schema.unknown-event-type", Severity.NOTE, 2)
    ]
    assert "heartbeat" in out.new_types


def test_broken_data_is_a_finding_and_text_is_none() -> None:
    assert check([block("error", '{"a":')]) == [("record.invalid-json", 1)]
    assert check([block("error", "out of memory")]) == []
    out, findings, _ = read([b'event: error\ndata: {"m":"\xff"}\n\n'], "sse")
    assert [each.code for each in findings] == ["record.invalid-utf8"]
    assert out.trust[0] == Trust.UNCHAINED


def test_a_block_without_data_changes_nothing() -> None:
    out, findings, _ = read([WHOLE[0], b"event: done\nid: 7\n\n"], "sse")
    assert len(out) == 2
    assert {each.code for each in findings} == {"operation.interrupted", "schema.missing-field"}


def test_captures_are_known_by_the_names_of_their_events() -> None:
    def sniff(*blocks: bytes) -> Any:
        return FORMAT.sniff(Sample("x.sse", "sse", None, blocks))

    assert sniff(*WHOLE).shape == "sse"
    assert sniff(WHOLE[0], block("a"), block("b")).confidence < sniff(WHOLE[0]).confidence
    assert sniff(block("message", "hello")) is None


def test_panels_show_the_data_as_it_is() -> None:
    context = Context("sse", 0)
    event = FORMAT.decode(Record(1, 0, 9, WHOLE[0]), context)
    panels = {
        panel.title: [(each.name, each.value) for each in panel.fields] for panel in FORMAT.panels(event, context)
    }
    assert list(panels) == ["Envelope", "Metadata", "Provenance"]
    assert panels["Metadata"] == [("data.totalTables", "2"), ("total", "2")]
    text = FORMAT.decode(Record(1, 0, 9, block("error", "[red]no")), context)
    assert ("data", "[red]no") in [(each.name, each.value) for each in FORMAT.panels(text, context)[1].fields]
    assert FORMAT.prove(Record(1, 0, 9, WHOLE[0]), None, context) is None


def test_a_change_in_json_is_no_capture() -> None:
    assert FORMAT.sniff(Sample("x", "jsonl", None, [raw({"event": "done", "data": {}})])) is None
