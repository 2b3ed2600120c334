"""Two lists of records, compared by their hashes alone."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.witness.comparison import ChangeKind, Comparison, RecordChange, compare

BASE = list(range(1, 21))


def leaves(records: Sequence[object]) -> bytes:
    return b"".join(sha256(str(each).encode()).digest() for each in records)


def compared(old: Sequence[object], new: Sequence[object]) -> Comparison:
    return compare(leaves(old), leaves(new))


def named(found: Comparison) -> list[tuple[str, list[int], list[int]]]:
    """Changes by what they are, with places from 1."""
    return [(each.kind.value, [at + 1 for at in each.old], [at + 1 for at in each.new]) for each in found.changes]


@pytest.mark.parametrize(
    ("new", "changes", "grown"),
    [
        (BASE, [], 0),
        ([*BASE, 21, 22], [], 2),
        ([*BASE[:5], "x", *BASE[6:]], [("edited", [6], [6])], 0),
        ([*BASE[:5], "x", *BASE[6:], 21], [("edited", [6], [6])], 1),
        ([*BASE[:5], "x", "y", *BASE[7:]], [("edited", [6, 7], [6, 7])], 0),
        ([*BASE[:19], "x"], [("edited", [20], [20])], 0),
        ([*BASE[:19], "x", 21], [("edited", [20], [20])], 1),
        ([*BASE[:5], *BASE[9:]], [("deleted", [6, 7, 8, 9], [])], 0),
        ([*BASE[:5], *BASE[9:], 21], [("deleted", [6, 7, 8, 9], [])], 1),
        (BASE[3:], [("deleted", [1, 2, 3], [])], 0),
        ([*BASE[:5], "x", "y", *BASE[5:]], [("inserted", [], [6, 7])], 0),
        (["x", *BASE], [("inserted", [], [1])], 0),
        (BASE[:7], [("truncated", list(range(8, 21)), [])], 0),
        ([*BASE[:7], "x"], [("truncated", list(range(8, 21)), [8])], 0),
        ([], [("truncated", BASE, [])], 0),
        ([*BASE[:5], "x", *BASE[7:]], [("deleted", [6, 7], []), ("inserted", [], [6])], 0),
        ([*BASE[:2], "x", *BASE[3:9], *BASE[10:]], [("edited", [3], [3]), ("deleted", [10], [])], 0),
    ],
)
def test_one_kind_of_change(new: list[object], changes: list[object], grown: int) -> None:
    found = compared(BASE, new)
    assert (named(found), found.grown) == (changes, grown)
    assert found.agrees is not bool(changes)


@pytest.mark.parametrize(("first", "second"), [(5, 6), (2, 14), (0, 19)])
def test_two_swapped_records(first: int, second: int) -> None:
    new = [*BASE]
    new[first], new[second] = new[second], new[first]
    (change,) = compared(BASE, new).changes
    assert change.kind is ChangeKind.MOVED
    if second == first + 1:
        assert {change.old[0], change.new[0]} == {first, second}
    else:
        assert {*zip(change.old, change.new, strict=True)} == {(first, second), (second, first)}


def test_records_that_stand_several_times() -> None:
    """Blank lines, and retries of the same bytes."""
    old = ["", 1, "", 2, "", 3, ""]
    assert named(compared(old, ["", 1, "", "x", "", 3, ""])) == [("edited", [4], [4])]
    assert named(compared(old, ["", 1, "", "", 3, ""])) == [("deleted", [4], [])]
    assert compared(["", "", ""], ["", "", "", ""]).grown == 1


def test_nothing_in_common() -> None:
    assert compared(BASE, ["x", "y"]).kept == 0


RECORDS = st.lists(st.integers(0, 30), max_size=30)


@given(RECORDS, RECORDS)
def test_changes_account_for_every_record(old: list[int], new: list[int]) -> None:
    """Whatever the lists: what is not kept, gone or come does not exist, and what is kept is the same."""
    found = compared(old, new)
    assert found.agrees == (new[: len(old)] == old)
    gone = [at for each in found.changes for at in each.old]
    come = [at for each in found.changes for at in each.new]
    assert len({*gone}) == len(gone)
    assert len({*come}) == len(come)
    kept_old = [each for at, each in enumerate(old) if at not in gone]
    kept_new = [each for at, each in enumerate(new) if at not in come]
    assert kept_old == kept_new[: found.kept]
    assert (len(kept_old), len(kept_new)) == (found.kept, found.kept + found.grown)
    for each in found.changes:
        _check(each, old, new)


def _check(change: RecordChange, old: list[int], new: list[int]) -> None:
    if change.kind is ChangeKind.MOVED:
        assert [old[at] for at in change.old] == [new[at] for at in change.new]
    elif change.kind is ChangeKind.EDITED:
        assert len(change.old) == len(change.new) > 0
    elif change.kind is ChangeKind.TRUNCATED:
        assert len(change.old) > len(change.new)
    else:
        assert bool(change.old) is not bool(change.new)


def longest_common(old: list[int], new: list[int]) -> int:
    """The naive model: the length of the longest common subsequence."""
    row = [0] * (len(new) + 1)
    for left in old:
        before = row[:]
        for at, right in enumerate(new):
            row[at + 1] = before[at] + 1 if left == right else max(row[at], before[at + 1])
    return row[-1]


@given(st.permutations(range(14)), st.sets(st.integers(0, 13)), st.permutations(range(20)))
def test_no_more_changes_than_there_must_be(old: list[int], gone: set[int], other: list[int]) -> None:
    """Where no record stands twice, as many are kept in their order as can be."""
    new = [each for each in other if each not in gone]
    assert compared(old, new).kept == longest_common(old, new)


@given(st.integers(0, 999), st.integers(0, 999))
def test_two_edits_anywhere(first: int, second: int) -> None:
    old = list(range(1000))
    new: list[object] = [*old]
    new[first], new[second] = "x", "y"
    assert sorted(at for each in compared(old, new).changes for at in each.old) == sorted({first, second})
