"""Masks of rows, and chain ends that are carried between batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats.json.columns import Tips, both, neither, rows_of

_MASKS = st.integers(0, 9).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 1), min_size=size, max_size=size).map(bytearray), min_size=1, max_size=4
    )
)


@given(_MASKS)
def test_masks_are_joined_row_by_row(masks: list[bytearray]) -> None:
    assert list(both(*masks)) == [min(rows) for rows in zip(*masks, strict=True)]
    assert list(neither(*masks)) == [1 - max(rows) for rows in zip(*masks, strict=True)]
    assert [*rows_of(masks[0])] == [row for row, each in enumerate(masks[0]) if each]


def test_masks_are_of_one_length() -> None:
    for join in (both, neither):
        with pytest.raises(ValueError):
            join(b"\1", b"\1\0")


def test_tips_are_known_or_not() -> None:
    tips = Tips()
    assert tips.get(0) is tips.get(1) is tips.get(-1) is None
    tips.put(3, "a" * 64, 4, 5)
    tips.put(2, None, 1, 0)
    tips.put(1, "short", 1, 0)
    assert [tips.get(code) for code in range(5)] == [None, None, (None, 1, 0), ("a" * 64, 4, 5), None]
    tips.drop(3)
    tips.drop(99)
    assert tips.get(3) is None
    with pytest.raises(ValueError):
        tips.put(0, None, 0, 0)
