"""Three sequences in one file: the order of each is its own, however they are mixed."""

from collections.abc import Sequence
from itertools import permutations, zip_longest
from typing import Any

import pytest

from console.formats.maysano import FORMAT
from console.formats.protocol import Sample
from tests.support.maysano_cases import activity, history, raw, read, structural

Rows = list[dict[str, Any]]


def sequences(turned: Sequence[bool]) -> list[Rows]:
    """The three shapes, each from creation to its last change, or the other way round."""
    parts: list[Rows] = [
        [structural("created", 1), *(structural("updated", at) for at in range(2, 9))],
        [activity("created", 11), *(activity("updated", at) for at in range(12, 20))],
        [
            history("created", 21),
            *(history("updated", at, "target", oldValue=at, newValue=at + 1) for at in range(22, 30)),
        ],
    ]
    return [part[::-1] if turn else part for part, turn in zip(parts, turned, strict=True)]


def shape_of(rows: Rows) -> str:
    claim = FORMAT.sniff(Sample("x.json", "json", None, [*map(raw, rows)]))
    assert claim is not None
    return claim.shape


@pytest.mark.parametrize("turned", [(True, True, True), (True, False, True), (False, True, False), (False,) * 3])
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_each_shape_is_a_sequence_of_its_own(turned: tuple[bool, ...], order: tuple[int, ...]) -> None:
    parts = [sequences(turned)[at] for at in order]
    behind = [row for part in parts for row in part]
    among = [row for some in zip_longest(*parts) for row in some if row is not None]
    for rows in (behind, among):
        shape = shape_of(rows)
        assert ("newest first" in shape) == any(turned)
        assert read(map(raw, rows), shape)[1] == []


def test_a_shape_that_is_not_in_the_first_records_stands_as_the_others_do() -> None:
    structurals, activities, _ = sequences((True, True, True))
    assert read(map(raw, structurals + activities), shape_of(structurals))[1] == []


def test_whole_numbers_are_equal_however_they_are_written() -> None:
    rows = [
        history("created"),
        history("updated", 1, "target", oldValue=1, newValue=2.0),
        history("updated", 2, "target", oldValue=2, newValue={"a": [3.0, 1.5]}),
        history("updated", 3, "target", oldValue={"a": [3, 1.5]}, newValue=2.5),
        history("updated", 4, "target", oldValue=2, newValue=1),
    ]
    found = read(map(raw, rows))[1]
    assert [(each.code, each.record) for each in found] == [("replay.value-discontinuity", 5)]


@pytest.mark.parametrize("row", [structural("created"), activity("created"), history("created")])
def test_an_empty_value_is_one_finding(row: dict[str, Any]) -> None:
    for name in row:
        sound = {(each.code, each.field) for each in read([raw(row)])[1]}
        found = [(each.code, each.field) for each in read([raw(row | {name: ""})])[1]]
        assert len([each for each in found if each not in sound and each[0].startswith("schema.")]) <= 1, name
