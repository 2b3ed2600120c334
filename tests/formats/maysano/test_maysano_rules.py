"""Each check of Maysano's things by a small example, forwards and backwards."""

from typing import Any

import pytest

from console.model.event import StreamKey
from console.model.trust import Severity, Trust
from tests.support.maysano_cases import activity, history, raw, read, states, structural


def check(rows: list[dict[str, Any]], shape: str = "mixed") -> list[tuple[str, int | None]]:
    return [(each.code, each.record) for each in read(map(raw, rows), shape)[1]]


def test_three_shapes_in_one_file_are_three_streams() -> None:
    rows = [structural("created"), activity("created"), history("created")]
    out, findings, reader = read(map(raw, rows))
    assert findings == []
    assert out.new_streams == [
        StreamKey("entity", "kpi/k1"),
        StreamKey("product", "p1"),
        StreamKey("objective", "o1"),
    ]
    assert out.new_actors == ["ana", "li"]
    assert set(out.trust) == {Trust.UNCHAINED}, "nothing in the format can be verified"
    assert states(reader)["entity kpi/k1"] == {"life": "created", "name": "Freshness"}


def test_a_product_that_is_an_entity_is_followed_as_a_product_too() -> None:
    out, _, _ = read([raw(structural("created", entityType="product", entityId=7))])
    assert out.new_streams == [StreamKey("entity", "product/7"), StreamKey("product", "7")]
    assert (out.new_further, [*out.further]) == ([(2,)], [1])


def test_after_deletion_nothing_comes_but_a_new_life() -> None:
    rows = [structural(each, at) for at, each in enumerate(("created", "deleted", "updated", "restored", "updated"))]
    assert check(rows) == [("lifecycle.event-after-deletion", 3)]


def test_a_list_that_begins_in_the_middle_says_so_once_for_each_thing() -> None:
    rows = [structural("updated"), structural("published"), structural("updated", entityId="k2")]
    assert check(rows) == [("lifecycle.event-before-creation", 1), ("lifecycle.event-before-creation", 3)]


def test_the_values_of_an_objective_join() -> None:
    rows = [
        history("created"),
        history("updated", 1, "target", oldValue=None, newValue="90"),
        history("updated", 2, "target", oldValue=90, newValue="95"),
        history("kpi_linked", 3),
        history("status_changed", 4, oldValue="draft", newValue="active"),
        history("updated", 5, "target", oldValue="94", newValue="97"),
        history("status_changed", 6, "status", oldValue="active", newValue="done"),
    ]
    _, findings, reader = read(map(raw, rows))
    assert [(each.code, each.record, each.field, each.expected, each.actual) for each in findings] == [
        ("replay.value-discontinuity", 6, "target", "95", "94")
    ]
    assert states(reader)["objective o1"] == {"life": "changed", "target": "97", "status": "done"}


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        ({"old": {"target": 1}, "new": {"target": 2}}, {"old": {"target": 2}, "new": {"target": 3}}, False),
        ({"old": {"target": 1}, "new": {"target": 2}}, {"old": {"target": 1}, "new": {"target": 3}}, True),
        ({"field": "owner", "oldValue": "a", "newValue": "b"}, {"field": "owner", "oldValue": "c"}, True),
        ({"oldStatus": "a", "newStatus": "b"}, {"oldStatus": "b", "newStatus": "c"}, False),
        ({"oldStatus": "a", "newStatus": "b"}, {"from": "a", "to": "c"}, True),
        ({"changes": {"x": {"old": 1, "new": 2}}}, {"changes": {"x": {"old": 1, "new": 2}}}, True),
        ('{"old": {"x": 1}, "new": {"x": 2}}', {"old": {"x": 1}}, True),
        ({"old": 1, "new": 2}, {"old": 1, "new": 2}, True),
        ({"old": {"x": 1}, "new": {}}, {"old": {"x": 5}}, False),
    ],
)
def test_old_and_new_values_in_metadata(first: Any, second: Any, broken: bool) -> None:
    rows = [structural("created")]
    rows += [structural("status_changed", at, metadata=each) for at, each in enumerate((first, second), 1)]
    expected = [("replay.value-discontinuity", 3)] if broken else []
    assert check(rows) == expected
    rows = [activity("created")]
    rows += [activity("status_changed", at, details=each) for at, each in enumerate((first, second), 1)]
    assert check(rows) == expected


def test_every_change_names_who_made_it() -> None:
    rows = [activity("created"), activity("updated", performedBy=None), activity("updated", performedBy={"id": 5})]
    rows += [activity("updated", performedBy=[1])]
    del rows[0]["performedBy"]
    assert check(rows) == [("schema.missing-field", 1), ("schema.missing-field", 2), ("schema.wrong-type", 4)]
    assert check([structural("created")]) == [], "structural events have no field for it"


def test_time_does_not_go_back_in_one_thing() -> None:
    rows = [structural("created", 5), activity("created", 3), structural("updated", 5), structural("updated", 4)]
    assert check(rows) == [("order.time-regression", 4)]


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("2026-02-30T00:00:00Z", "schema.impossible-date"),
        ("last week", "schema.bad-pattern"),
        ("2026-01-12T15:00:00", "order.naive-timestamp"),
        ("2027-01-12T15:00:00Z", "order.future-timestamp"),
        (None, "schema.wrong-type"),
        (1768230000000, None),
        (10**20, "schema.impossible-date"),
    ],
)
def test_times_as_they_may_be_written(time: Any, code: str | None) -> None:
    found = [each for each, _ in check([structural("created", createdAt=time)]) if each != "record.unsafe-integer"]
    assert found == ([code] if code else [])


def test_fields_of_a_wrong_kind_and_missing_ones() -> None:
    row = structural("created", entityId={"a": 1}, entityName=5)
    del row["eventType"]
    out, findings, _ = read([raw(row)])
    assert {(each.code, each.field) for each in findings} == {
        ("schema.wrong-type", "entityId"),
        ("schema.wrong-type", "entityName"),
        ("schema.missing-field", "eventType"),
    }
    assert (out.trust[0], out.worst[0]) == (Trust.UNCHAINED, Severity.ERROR)


def test_open_vocabularies_and_numbers_as_ids_are_no_findings() -> None:
    row = structural("transmogrified", entityType="sla_profile", entityId=12, id=5, future={"a": []})
    assert check([structural("created", entityType="sla_profile", entityId=12), row]) == []


NEWEST = [
    history("status_changed", 9, "status", oldValue="active", newValue="done"),
    history("updated", 5, "target", oldValue="90", newValue="95"),
    history("status_changed", 4, "status", oldValue="draft", newValue="active"),
    history("created", 1),
]


def test_a_list_that_is_written_newest_first_is_read_backwards() -> None:
    _, findings, reader = read(map(raw, NEWEST), "objective history, newest first")
    assert findings == []
    assert states(reader)["objective o1"] == {"life": "changed", "status": "done", "target": "95"}


def test_backwards_the_same_breaks_are_found() -> None:
    shape = "mixed, newest first"
    rows = [dict(each) for each in NEWEST]
    rows[2]["newValue"] = "paused"
    _, findings, _ = read(map(raw, rows), shape)
    assert [(each.code, each.record, each.expected, each.actual) for each in findings] == [
        ("replay.value-discontinuity", 3, "active", "paused")
    ]
    lives = [structural("updated", 9), structural("deleted", 8), structural("created", 7), structural("updated", 6)]
    assert check(lives, shape) == [("lifecycle.event-after-deletion", 2), ("lifecycle.event-before-creation", 4)]
    assert check([structural("updated", 9), structural("updated", 10)], shape) == [("order.time-regression", 2)]
    assert check([structural("updated", 9), structural("updated", 8)], shape) == [], "a page of a longer list"


def test_many_breaks_of_one_thing_are_three_findings_and_a_count() -> None:
    rows = [history("created")] + [history("updated", at, "t", oldValue="x", newValue="y") for at in range(20)]
    out, findings, _ = read(map(raw, rows))
    assert [each.count for each in findings] == [1, 1, 1, 16]
    assert list(out.worst) == [0, 0] + [Severity.WARNING] * 19
