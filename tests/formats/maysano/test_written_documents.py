"""Documents as Maysano gives them: nothing proves them, and whatever the replay contradicts is found."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.verdicts import Verdict, judge
from tests.support.writers.maysano import (
    Event,
    activities,
    answer,
    history,
    jsonl,
    setup,
    sse,
    stamp,
    structural_events,
)

ROWS = {"structural": structural_events(), "activities": activities(), "history": history()}


def judged(tmp_path: Path, data: bytes) -> Verdict:
    (tmp_path / "export").write_bytes(data)
    return judge(tmp_path / "export")


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("form", ["array", "newest last", "items", "data", "jsonl", "gzip"])
def test_every_shape_in_every_container(tmp_path: Path, rows: list[Event], form: str) -> None:
    match form:
        case "array" | "newest last":
            data = answer(rows, newest_first=form == "array")
        case "items" | "data":
            data = answer(rows, wrapped=form)
        case _:
            data = jsonl(rows, packed=form == "gzip")
    verdict = judged(tmp_path, data)
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], [None])
    assert verdict.trusts == {"unchained": len(rows)}


def test_states_by_replay(tmp_path: Path) -> None:
    verdict = judged(tmp_path, answer(history()))
    assert verdict.states["o-1"] == {"life": "changed", "status": "achieved", "kpi": "k-1", "target": "97"}
    verdict = judged(tmp_path, answer(structural_events()))
    assert verdict.states["kpi/k-1"]["life"] == "deleted"


def edited(name: str, at: int, **change: Any) -> list[Event]:
    rows = [dict(row) for row in ROWS[name]]
    rows[at] |= change
    return rows


@pytest.mark.parametrize(
    ("rows", "code", "record"),
    [
        (edited("history", 3, oldValue="94"), "replay.value-discontinuity", 4),
        (edited("history", 1, newValue="96"), "replay.value-discontinuity", 4),
        (history()[:1] + history()[2:], None, None),
        (history()[:1] + history()[1:3] + history()[4:], None, None),
        ([*history()[:3], *history()[3:4] * 2], "replay.value-discontinuity", 5),
        (edited("history", 2, performedBy=None), "schema.missing-field", 3),
        (edited("activities", 2, performedBy=""), "schema.missing-field", 3),
        (edited("structural", 3, metadata={"old": "draft", "new": "published"}), "replay.value-discontinuity", 4),
        (edited("structural", 0, eventType="updated"), None, None),
        ([*structural_events(), edited("structural", 1, createdAt=stamp(9))[1]], None, None),
        (
            [*structural_events(), edited("structural", 1, eventType="updated", createdAt=stamp(9))[1]],
            "lifecycle.event-after-deletion",
            7,
        ),
        (
            [edited("structural", 1, eventType="updated", createdAt=stamp(-1))[1], *structural_events()],
            "lifecycle.event-before-creation",
            1,
        ),
        (edited("structural", 3, createdAt=stamp(0)), "order.time-regression", 4),
        (edited("structural", 3, createdAt="yesterday"), "schema", 4),
    ],
)
def test_what_the_replay_contradicts_is_found(
    tmp_path: Path, rows: list[Event], code: str | None, record: int | None
) -> None:
    verdict = judged(tmp_path, jsonl(rows))
    assert verdict.broken() == []
    if code is None:
        assert not {each["severity"] for each in verdict.findings} & {"error", "critical"}
    else:
        assert [each["record"] for each in verdict.findings if each["code"].startswith(code)] == [record]


# Set-up streams


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_set_up_to_its_end(tmp_path: Path, end: str) -> None:
    verdict = judged(tmp_path, sse(setup(), end))
    assert (verdict.code, verdict.findings) == (0, []) and verdict.trusts == {"unchained": 17}
    (state,) = verdict.states.values()
    assert (state["status"], state["recommend"], state["create"]) == ("done", "3/3", "4/4")


def streamed(*changes: tuple[int, int, list[tuple[str, Event]]]) -> list[tuple[str, Event]]:
    """The set-up with slices replaced."""
    events = setup()
    for start, stop, instead in changes:
        events[start:stop] = instead
    return events


@pytest.mark.parametrize(
    ("events", "code", "status"),
    [
        (setup()[:9], "operation.interrupted", "running"),
        (streamed((1, 2, [])), "operation.unstarted", "done"),
        (
            streamed((9, 9, [("create_progress", {"check": f"more-{at}"}) for at in range(4)])),
            "operation.over-total",
            "done",
        ),
        (streamed((7, 8, []), (9, 9, setup()[7:8])), "operation.phase-order", None),
        ([*setup(), ("run_complete", {"passed": 1})], "lifecycle.event-after-end", "done"),
        ([*setup()[:6], ("error", {"message": "no more"})], None, "failed"),
    ],
)
def test_what_is_wrong_with_a_set_up_is_found(
    tmp_path: Path, events: list[tuple[str, Event]], code: str | None, status: str | None
) -> None:
    verdict = judged(tmp_path, sse(events))
    assert code is None or code in verdict.codes, verdict.codes
    (state,) = verdict.states.values()
    assert status is None or state["status"] == status


def test_a_block_without_its_blank_line_is_pending(tmp_path: Path) -> None:
    verdict = judged(tmp_path, sse(setup())[:-1])
    assert verdict.trusts == {"unchained": 16, "pending": 1}
