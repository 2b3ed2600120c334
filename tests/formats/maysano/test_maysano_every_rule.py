"""Every field and every relation of the documents: a small ledger that is right beside one that is not.

Each is recognised first, as a file of its own is.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from console.formats.maysano import FORMAT
from console.formats.protocol import Sample
from console.model.trust import Severity
from tests.support.maysano_cases import activity, block, history, raw, read, structural

Row = dict[str, Any]


def judged(raws: Sequence[bytes], container: str = "jsonl") -> list[tuple[str, int | None]]:
    """Findings of warning or worse, as codes and records."""
    claim = FORMAT.sniff(Sample("x", container, None, raws))
    assert claim is not None and not claim.alike, "not recognised"
    found = read(raws, claim.shape)[1]
    return [(each.code, each.record) for each in found if each.severity > Severity.NOTE]


def of(rows: Sequence[Row], container: str = "jsonl") -> list[tuple[str, int | None]]:
    return judged([raw(row) for row in rows], container)


# Fields by themselves

BASES = {
    "structural": structural("created", metadata={"status": "draft"}),
    "activity": activity("created"),
    "history": history("created") | {"oldValue": None, "newValue": None},
}
MISSING, WRONG, PATTERN, RANGE = (
    "schema.missing-field",
    "schema.wrong-type",
    "schema.bad-pattern",
    "schema.out-of-range",
)
DATE = "schema.impossible-date"
GONE = "(left out)"
IDS: list[tuple[Any, str | None]] = [
    ("x", None),
    (7, None),
    (GONE, MISSING),
    (None, WRONG),
    ("", MISSING),
    (1.5, WRONG),
    (True, WRONG),
    ([], WRONG),
    ({"a": 1}, WRONG),
]
WORDS: list[tuple[Any, str | None]] = [*IDS[:1], *IDS[2:5], (7, WRONG), *IDS[5:]]
TEXTS: list[tuple[Any, str | None]] = [
    ("x", None),
    ("", None),
    (None, None),
    (GONE, None),
    (5, WRONG),
    (True, WRONG),
    ([], WRONG),
    ({}, WRONG),
]
OBJECTS: list[tuple[Any, str | None]] = [
    ({"a": 1}, None),
    ({}, None),
    (None, None),
    ('{"a": 1}', None),
    ("text", None),
    (GONE, None),
]
OBJECTS += [
    (5, WRONG),
    ([], WRONG),
    (True, WRONG),
    ('{"a":1,"a":2}', "record.duplicate-key"),
    ("{", "record.invalid-json"),
]
WHO: list[tuple[Any, str | None]] = [("ana", None), (5, None), ({"name": "Ana"}, None), ({"id": 5}, None)]
WHO += [
    ({"email": "a@b"}, None),
    ("", MISSING),
    (" ", MISSING),
    (None, MISSING),
    (GONE, MISSING),
    ([1], WRONG),
    ({}, WRONG),
    (True, WRONG),
]
TIMES: list[tuple[Any, str | None]] = [
    ("2026-01-12T15:00:00Z", None),
    ("2026-01-12T15:00:00.123456Z", None),
    ("2026-01-12T15:00:00+02:00", None),
    ("2026-01-12 15:00:00", None),
    (1768230000, None),
    (1768230000.25, None),
    (1768230000123, None),
    (GONE, MISSING),
    (None, WRONG),
    ("", MISSING),
    (True, WRONG),
    ([], WRONG),
    ("2026-02-30T00:00:00Z", DATE),
    ("2026-01-12T25:00:00Z", DATE),
    ("2026-01-12", PATTERN),
    ("yesterday", PATTERN),
    (10**15, DATE),
    ("2026-02-01T00:00:00Z", "order.future-timestamp"),
    (1769904000, "order.future-timestamp"),
    (1769904000000, "order.future-timestamp"),
]
FIELDS: dict[tuple[str, str], list[tuple[Any, str | None]]] = {
    ("structural", "entityType"): WORDS,
    ("structural", "entityId"): IDS,
    ("structural", "entityName"): TEXTS,
    ("structural", "eventType"): WORDS,
    ("structural", "metadata"): OBJECTS,
    ("structural", "createdAt"): TIMES,
    ("activity", "productId"): IDS,
    ("activity", "productName"): TEXTS,
    ("activity", "activityType"): WORDS,
    ("activity", "description"): TEXTS,
    ("activity", "details"): OBJECTS,
    ("activity", "performedBy"): WHO,
    ("activity", "createdAt"): TIMES,
    ("history", "objectiveId"): IDS,
    ("history", "action"): WORDS,
    ("history", "field"): TEXTS,
    ("history", "oldValue"): [("x", None), (None, None), (5, None), ([], None), ({}, None), (GONE, None)],
    ("history", "newValue"): [("x", None), (None, None), (5, None), ([], None), ({}, None), (GONE, None)],
    ("history", "summary"): TEXTS,
    ("history", "performedBy"): WHO,
    ("history", "createdAt"): TIMES,
}
ID: list[tuple[Any, str | None]] = [("x", None), (5, None), (None, None), ([], WRONG), (True, WRONG), ({}, WRONG)]
FIELDS |= {(shape, "id"): ID for shape in BASES}
TYPES = frozenset({"eventType", "activityType", "action"})


@pytest.mark.parametrize("field", FIELDS, ids=".".join)
def test_a_field_right_and_wrong(field: tuple[str, str]) -> None:
    shape, name = field
    for value, code in FIELDS[field]:
        row = {**BASES[shape], name: value}
        if value is GONE:
            del row[name]
        found = of([row])
        if name in TYPES and code is None:  # another type than 'created' is of a thing that begins elsewhere
            found = [each for each in found if each[0] != "lifecycle.event-before-creation"]
        assert found == ([(code, 1)] if code else []), value
        ahead = {**BASES[shape], "createdAt": "2026-01-12T14:00:00Z"}
        assert (code in {each for each, record in of([ahead, row]) if record == 2}) == (code is not None), value


def test_documented_fields_that_are_not_there_are_a_note() -> None:
    for shape, names in {
        "structural": ("entityName", "metadata"),
        "activity": ("productName", "description", "details"),
        "history": ("summary",),
    }.items():
        for name in names:
            row = {key: value for key, value in BASES[shape].items() if key != name}
            (found,) = read([raw(row)])[1]
            assert (found.code, found.severity, found.field) == (MISSING, Severity.NOTE, name)


def test_an_update_of_an_objective_names_its_field() -> None:
    right = history("updated", 1, "target", oldValue=1, newValue=2)
    assert of([BASES["history"], right]) == []
    assert of([BASES["history"], {**right, "field": None}]) == [(MISSING, 2)]
    assert of([BASES["history"], {key: right[key] for key in right if key != "field"}]) == [(MISSING, 2)]
    assert of([BASES["history"], history("updated", 1, oldValue={"a": 1}, newValue={"a": 2})]) == []


@pytest.mark.parametrize(
    "type",
    ["updated", "published", "status_changed", "version_published", "governance_attached", "kpi_linked", "unlinked"],
)
def test_vocabularies_are_open_and_documented_types_are_known(type: str) -> None:
    for base, make in (("structural", structural), ("activity", activity), ("history", history)):
        assert of([BASES[base], make(type, 1)]) == []


# Lives

Lives = list[tuple[str, int]]
BEFORE, AFTER, TWICE = (
    "lifecycle.event-before-creation",
    "lifecycle.event-after-deletion",
    "lifecycle.illegal-transition",
)
LIVES: list[tuple[list[str], Lives]] = [
    (["created", "updated", "deleted"], []),
    (["created", "updated", "updated"], []),
    (["created", "deleted", "created", "updated"], []),
    (["created", "deleted", "restored", "updated"], []),
    (["created", "deleted", "updated"], [(AFTER, 3)]),
    (["created", "deleted", "status_changed"], [(AFTER, 3)]),
    (["created", "deleted", "deleted"], [(AFTER, 3)]),
    (["created", "created"], [(TWICE, 2)]),
    (["created", "updated", "created"], [(TWICE, 3)]),
    (["updated"], [(BEFORE, 1)]),
    (["updated", "updated"], [(BEFORE, 1)]),
    (["updated", "created"], [(BEFORE, 1)]),
    (["deleted"], [(BEFORE, 1)]),
    (["Created", "KPI_DELETED", "Updated"], [(AFTER, 3)]),
    (["created", "statusChanged", "DELETED"], []),
]


@pytest.mark.parametrize(("types", "expected"), LIVES, ids=lambda each: " ".join(map(str, each)))
def test_lives(types: list[str], expected: Lives) -> None:
    for make in (structural, activity, history):
        if make is not structural and "KPI_DELETED" in types:
            continue
        assert of([make(type, at) for at, type in enumerate(types)]) == expected, make


def product(type: str, second: int, **more: Any) -> Row:
    return structural(type, second, entityType="product", entityId="p1", **more)


def objective(type: str, second: int, **more: Any) -> Row:
    return structural(type, second, entityType="objective", entityId="o1", **more)


ACROSS: list[tuple[list[Row], Lives]] = [
    ([product("created", 1), activity("created", 2), activity("updated", 3)], []),
    ([product("created", 1), activity("updated", 2)], []),
    ([activity("created", 1), product("status_changed", 2)], []),
    ([product("status_changed", 2), activity("created", 1)], []),
    ([product("status_changed", 2), activity("created", 3)], [(BEFORE, 1)]),
    ([activity("updated", 2), product("created", 1)], []),
    ([activity("updated", 2), product("created", 3)], [(BEFORE, 1)]),
    ([product("created", 3), activity("updated", 2)], [(BEFORE, 2)]),
    ([objective("created", 1), history("kpi_linked", 2)], []),
    ([product("created", 1), activity("created", 1), product("deleted", 3), activity("updated", 4)], [(AFTER, 4)]),
    ([product("created", 1), activity("created", 1), activity("updated", 4), product("deleted", 3)], [(AFTER, 3)]),
    ([product("created", 1), activity("created", 1), activity("updated", 4), product("deleted", 5)], []),
    ([product("created", 1), activity("created", 1), activity("deleted", 3), product("deleted", 4)], []),
    ([product("created", 1), activity("created", 1), activity("deleted", 3), product("updated", 4)], [(AFTER, 4)]),
    ([objective("created", 1), history("created", 1), objective("deleted", 3), history("unlinked", 4)], [(AFTER, 4)]),
    ([objective("created", 1), history("created", 1), objective("deleted", 4), history("unlinked", 3)], []),
    (
        [
            product("created", 1),
            activity("created", 1),
            product("deleted", 3),
            product("restored", 4),
            activity("updated", 5),
        ],
        [],
    ),
    ([product("created", 1), product("deleted", 3), activity("updated", 4, productId="p2")], [(BEFORE, 3)]),
    ([structural("created", 1), structural("deleted", 2), activity("created", 4), history("created", 4)], []),
]


@pytest.mark.parametrize(("rows", "expected"), ACROSS)
def test_one_thing_over_the_three_shapes(rows: list[Row], expected: Lives) -> None:
    assert of(rows) == expected


def test_a_partial_export_is_reported_once() -> None:
    rows = [activity("updated", productId=f"p{at}") for at in range(300)]
    found = read(map(raw, rows))[1]
    assert [(each.code, each.count) for each in found] == [(BEFORE, 1)] * 3 + [(BEFORE, 297)]
    rows = [structural("updated", entityId=f"p{at}") for at in range(300)]
    assert [(each.code, each.count) for each in read(map(raw, rows))[1]] == [(BEFORE, 1)] * 3 + [(BEFORE, 297)]


# Values

BREAK = "replay.value-discontinuity"


def pair(old: str, new: str, field: str | None = None, **more: Any) -> list[Row]:
    """A change from a to b, one from b to c that goes on from it, and one from x to c that does not, by two keys."""
    named = {} if field is None else {"field": field}
    return [{**named, **more, old: before, new: after} for before, after in (("a", "b"), ("b", "c"), ("x", "c"))]


def listed(field: str, old: str, new: str) -> list[Row]:
    return [{"changes": [{field: "owner", **each}, {field: "n", old: 1, new: 1}]} for each in pair(old, new)]


SPELLINGS: dict[str, list[Row]] = {
    "old/new": pair("old", "new"),
    "oldValue/newValue": pair("oldValue", "newValue"),
    "old_value/new_value": pair("old_value", "new_value"),
    "oldStatus/newStatus": pair("oldStatus", "newStatus"),
    "old_status/new_status": pair("old_status", "new_status"),
    "previousStatus/newStatus": pair("previousStatus", "newStatus"),
    "previousStatus/status": pair("previousStatus", "status"),
    "previous_status/status": pair("previous_status", "status"),
    "previousStatus/currentStatus": pair("previousStatus", "currentStatus"),
    "fromStatus/toStatus": pair("fromStatus", "toStatus"),
    "from/to": pair("from", "to"),
    "before/after": pair("before", "after"),
    "previous/current": pair("previous", "current"),
    "previousValue/newValue": pair("previousValue", "newValue"),
    "field and old/new": pair("old", "new", "owner"),
    "field and oldValue/newValue": pair("oldValue", "newValue", "owner"),
    "fieldName": pair("oldValue", "newValue", fieldName="owner"),
    "oldOwner/newOwner": pair("oldOwner", "newOwner"),
    "objects": [
        {"old": {"owner": old["old"], "n": 1}, "new": {"owner": old["new"], "n": 1}} for old in pair("old", "new")
    ],
    "oldValues/newValues": [
        {"oldValues": {"x": each["old"]}, "newValues": {"x": each["new"]}} for each in pair("old", "new")
    ],
    "changes by field": [{"changes": {"owner": each}} for each in pair("old", "new")],
    "changes by field, two values": [{"changes": {"owner": [each["old"], each["new"]]}} for each in pair("old", "new")],
    "changes by field, from/to": [{"changes": {"owner": each}} for each in pair("from", "to")],
    "changes of old and new": [
        {"changes": {"old": {"x": each["old"]}, "new": {"x": each["new"]}}} for each in pair("old", "new")
    ],
    "list with field": listed("field", "old", "new"),
    "list with field, oldValue/newValue": listed("field", "oldValue", "newValue"),
    "list with name": listed("name", "from", "to"),
    "list with key": listed("key", "before", "after"),
    "text of an object": [raw(each).decode() for each in pair("old", "new")],  # type: ignore[misc]  # as a column holds it
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_changes_go_on_from_each_other_in_every_spelling(name: str) -> None:
    first, right, wrong = SPELLINGS[name]
    for make, inside, base in ((structural, "metadata", "structural"), (activity, "details", "activity")):
        for last, expected in ((right, []), (wrong, [(BREAK, 3)])):
            rows = [
                BASES[base],
                make("status_changed", 1, **{inside: first}),
                make("status_changed", 2, **{inside: last}),
            ]
            assert of(rows) == expected, (make, last)


@pytest.mark.parametrize("name", ["oldValue/newValue", "old/new", "previousStatus/newStatus", "previousStatus/status"])
def test_history_and_values_beside_metadata_are_spelled_so_too(name: str) -> None:
    first, right, wrong = SPELLINGS[name]
    for make, base in ((history, "history"), (structural, "structural"), (activity, "activity")):
        for last, expected in ((right, []), (wrong, [(BREAK, 3)])):
            rows = [BASES[base], make("status_changed", 1, **first), make("status_changed", 2, **last)]
            assert of(rows) == expected, (make, last)


def changed(old: Any, new: Any) -> list[Row]:
    first = history("updated", 1, "target", oldValue=None, newValue=old)
    return [BASES["history"], first, history("updated", 2, "target", oldValue=new, newValue="z")]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("90", "90", True),
        ("90", "91", False),
        (90, "90", True),
        (2, 2.0, True),
        (None, None, True),
        (None, "0", False),
        (0, None, False),
        (True, False, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ("A", "a", False),
    ],
)
def test_values_that_are_the_same(old: Any, new: Any, same: bool) -> None:
    assert of(changed(old, new)) == ([] if same else [(BREAK, 3)])


def test_a_creation_may_name_a_status_that_is_shown() -> None:
    _, _, reader = read([raw(structural("created", 0, metadata={"status": "draft"}))])
    (facts,) = reader.facts()
    assert facts.state["status"] == "draft"


def test_what_is_no_change_of_one_field_need_not_go_on() -> None:
    links = [history("kpi_linked", at, "kpi", oldValue=None, newValue=f"k{at}") for at in (1, 2)]
    assert of([BASES["history"], *links]) == []
    ranges = [structural("updated", at, metadata={"fromDate": f"d{at}", "toDate": f"e{at}"}) for at in (1, 2)]
    assert of([BASES["structural"], *ranges]) == []
    others = [structural("updated", at, metadata={"oldest": at, "newsletter": at, "format": at}) for at in (1, 2)]
    assert of([BASES["structural"], *others]) == []


def test_fields_and_things_are_apart() -> None:
    other = history("updated", 2, "owner", oldValue="x", newValue="y")
    elsewhere = history("created", 2, objectiveId="o2"), history("updated", 3, "target", objectiveId="o2", oldValue="q")
    first = history("updated", 1, "target", oldValue=None, newValue="90")
    assert of([BASES["history"], first, other, *elsewhere]) == []


# Order, and rows that stand twice


@pytest.mark.parametrize("make", [structural, activity, history])
def test_order_is_of_each_thing(make: Any) -> None:
    kind = {structural: "entityId", activity: "productId", history: "objectiveId"}[make]
    assert of([make("created", 5), make("updated", 5), make("updated", 6)]) == []
    assert of([make("created", 5), make("created", 3, **{kind: "other"})]) == []
    assert of([make("created", 5), make("updated", 4)]) == [("order.time-regression", 2)]
    numbers = [make("created", createdAt=1768230000), make("updated", createdAt=1768230001)]
    assert of(numbers) == []
    assert of([*numbers, make("updated", createdAt=1768229999)]) == [("order.time-regression", 3)]


@pytest.mark.parametrize("make", [structural, activity, history])
def test_falling_times_of_a_list_are_newest_first_only_if_lives_run_backwards(make: Any) -> None:
    rows = [make("created", 5), make("updated", 4)]
    assert of(rows, "json") == [("order.time-regression", 2)]
    assert of([make("deleted", 5), make("updated", 4), make("created", 3)], "json") == []


@pytest.mark.parametrize("make", [structural, activity, history])
def test_rows_without_ids_that_stand_twice(make: Any) -> None:
    rows = [make("created"), make("updated", 1)]
    assert of([*rows, rows[1]]) == [("identity.duplicate-event-id", 3)]
    assert of([*rows, make("updated", 2)]) == []
    assert of([*rows, make("published", 1), rows[1]]) == [("identity.duplicate-event-id", 4)]
    assert of([{**rows[0], "id": 1}, {**rows[1], "id": 2}, {**rows[1], "id": 3}]) == []


# Set-up streams

TABLES = [("recommend_start", {"table": "a"}), ("recommend_start", {"table": "b"})]
GOOD: list[tuple[str, Any]] = [
    ("recommend_phase_start", {"totalTables": 2}),  # 1
    ("recommend_start", {"table": "a"}),
    ("recommend_start", {"table": "b"}),
    ("recommend_complete", {"table": "b"}),  # 4
    ("recommend_error", {"table": "a"}),
    ("recommend_phase_done", {}),
    ("create_phase_start", {"totalChecks": 2}),  # 7
    ("create_progress", {"check": "c1", "table": "b"}),
    ("create_error", {"check": "c2", "table": "b"}),
    ("create_phase_done", {}),
    ("run_start", {}),  # 11
    ("run_complete", {}),
    ("done", {}),
]
OPEN, UNSTARTED, OVER, ORDER, END = (
    "operation.interrupted",
    "operation.unstarted",
    "operation.over-total",
    "operation.phase-order",
    "lifecycle.event-after-end",
)
Change = tuple[int, int, list[tuple[str, Any]]]
STREAMS: dict[str, tuple[list[Change], Lives]] = {
    "all of it": ([], []),
    "failed": ([(5, 13, [("error", {"message": "no"})])], []),
    "nothing to recommend": ([(0, 10, [("recommend_phase_start", {"total": 0}), ("recommend_phase_done", {})])], []),
    "all tables failed, and nothing more": ([(3, 4, [("recommend_error", {"table": "b"})]), (6, 12, [])], []),
    "interrupted": ([(12, 13, [])], [(OPEN, 12)]),
    "interrupted early": ([(3, 13, [])], [(OPEN, 3)]),
    "an open table": ([(4, 5, [])], [(OPEN, 5), (OPEN, 12)]),
    "an open table, and no end of the phase": ([(4, 6, [])], [(ORDER, 5), (OPEN, 11)]),
    "a table too few": ([(4, 5, []), (1, 2, [])], [(OPEN, 4), (OPEN, 11)]),
    "a check too few": ([(8, 9, [])], [(OPEN, 9), (OPEN, 12)]),
    "a table too many": ([(5, 5, [("recommend_start", {}), ("recommend_error", {})])], [(OVER, 7)]),
    "a check too many": ([(9, 9, [("create_progress", {"check": "c3"})])], [(OVER, 10)]),
    "never started": ([(2, 3, [])], [(UNSTARTED, 3)]),
    "error of one never started": ([(1, 2, [])], [(UNSTARTED, 4)]),
    "completed twice": ([(4, 5, [("recommend_complete", {"table": "b"})])], [(UNSTARTED, 5), (OPEN, 6), (OPEN, 13)]),
    "a phase without its start": ([(6, 7, [])], [(UNSTARTED, 7)]),
    "a phase without its end": ([(9, 10, [])], [(ORDER, 10), (OPEN, 12)]),
    "no run": ([(10, 12, [])], [(OPEN, 11)]),
    "a run without its start": ([(10, 11, [])], [(UNSTARTED, 11)]),
    "a run without its end": ([(11, 12, [])], [(OPEN, 12)]),
    "a table after the phase": ([(4, 6, [("recommend_phase_done", {}), GOOD[4]])], [(OPEN, 5), (ORDER, 6)]),
    "creating before recommending is done": ([(5, 7, [GOOD[6], GOOD[5]])], [(ORDER, 6), (ORDER, 7)]),
    "running before creating is done": ([(9, 11, [GOOD[10], GOOD[9]])], [(ORDER, 10), (ORDER, 11)]),
    "a phase begins twice": ([(6, 6, [GOOD[6]])], [(ORDER, 8)]),
    "the run begins twice": ([(10, 10, [GOOD[10]])], [(ORDER, 12)]),
    "the run ends twice": ([(11, 11, [GOOD[11]])], [(ORDER, 13)]),
    "after the end": ([(13, 13, [("create_progress", {"check": "c"})])], [(END, 14)]),
    "done after the error": ([(5, 12, [("error", {})])], [(END, 7)]),
    "done twice": ([(13, 13, [GOOD[12]])], [(END, 14)]),
    "done at once": ([(1, 12, [])], [(OPEN, 2)]),
    "another event": ([(3, 3, [("heartbeat", {})])], []),
    "a total that is less than nothing": ([(0, 1, [("recommend_phase_start", {"total": -2})])], [(RANGE, 1)]),
    "a total that is a text": ([(0, 1, [("recommend_phase_start", {"total": "many"})])], [(WRONG, 1)]),
    "a total that is a fraction": ([(6, 7, [("create_phase_start", {"total": 2.5})])], [(WRONG, 7)]),
    "a total of digits": ([(6, 7, [("create_phase_start", {"total": "2"})])], []),
    "a list as total": ([(0, 1, [("recommend_phase_start", {"tables": ["a", "b"]})])], []),
    "an object as total": ([(0, 1, [("recommend_phase_start", {"tables": {"a": {}, "b": {}}})])], []),
    "ends without names": ([(3, 5, [("recommend_complete", {}), ("recommend_error", {})])], []),
    "starts without names": ([(1, 3, [("recommend_start", {}), ("recommend_start", {})])], []),
    "nothing to create": ([(6, 12, [("create_phase_start", {"total": 0}), ("create_phase_done", {})])], []),
    "totals of both": ([(6, 7, [("create_phase_start", {"totalTables": 1, "totalChecks": 2})])], []),
    "no total": ([(0, 1, [("recommend_phase_start", {})])], []),
    "ids and names": (
        [(1, 5, [
            ("recommend_start", {"tableId": 1, "tableName": "a"}),
            ("recommend_start", {"tableId": 2, "tableName": "b"}),
            ("recommend_complete", {"tableId": 2}), ("recommend_complete", {"tableName": "a"}),
        ])],
        [],
    ),
    "tables inside": ([(2, 3, [("recommend_start", {"data": {"table": {"id": 1, "name": "b"}}})])], []),
}  # fmt: skip


def stream(changes: list[Change]) -> list[tuple[str, Any]]:
    events = list(GOOD)
    for start, stop, instead in sorted(changes, key=lambda change: -change[0]):
        events[start:stop] = instead
    return events


@pytest.mark.parametrize("name", STREAMS)
def test_set_up_streams(name: str) -> None:
    changes, expected = STREAMS[name]
    assert judged([block(*each) for each in stream(changes)], "sse") == expected
    inside = [f"data: {raw({'type': type, **data}).decode()}\r\r".encode() for type, data in stream(changes)]
    assert judged(inside, "sse") == expected


def test_blocks_by_the_rules_of_the_standard() -> None:
    odd = [
        b'\xef\xbb\xbf: a comment\nevent:recommend_phase_start\nid: 1\0\nretry: soon\ndata:{\ndata: "total": 0}\n\n',
        b'foo: bar\nevent\ndata: {"type": "recommend_phase_done"}\n\n',
        b"id: 7\nretry: 3000\n\n",
        b"data\nevent: done\n\n",
    ]
    assert judged(odd, "sse") == []
    assert judged([odd[0], odd[1], b"event: done\n\n"], "sse") == [(OPEN, 2)], "no client sees an event without data"
