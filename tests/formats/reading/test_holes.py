"""Where records cannot be read: each such place explains one link of a chain, across all kinds of interruptions."""

from hypothesis import given
from hypothesis import strategies as st

from console.formats.reading.findings import Place
from console.formats.reading.holes import Excuses, Holes

ORDINALS = st.lists(st.integers(1, 60), unique=True).map(sorted)


def holes_of(ordinals: list[int]) -> Holes:
    holes = Holes()
    for ordinal in ordinals:
        holes.add(Place(ordinal, 100 * ordinal, 99))
    return holes


def all_of(holes: Holes) -> list[Place]:
    return [holes.place(at) for at in range(len(holes))]


@given(ORDINALS, st.integers(0, 70), st.integers(0, 70))
def test_the_last_hole_between_two_records(ordinals: list[int], low: int, high: int) -> None:
    firsts = [each for each in ordinals if each - 1 not in ordinals]
    wanted = [each for each in firsts if low < each < high]
    found = holes_of(ordinals).between(low, high)
    assert (found and found.ordinal) == (wanted[-1] if wanted else None)
    assert found is None or found.offset == 100 * found.ordinal


@given(ORDINALS, st.integers(0, 60))
def test_parts_put_together_are_the_whole(ordinals: list[int], cut: int) -> None:
    left = holes_of([each for each in ordinals if each <= cut])
    right = Holes()
    for each in ordinals:
        if each > cut:
            right.add(Place(each - cut, 100 * each, 99))
    left.extend(right, cut)
    assert all_of(left) == all_of(holes_of(ordinals))


@given(st.integers(0, 2000), st.lists(st.integers(0, 2000), max_size=4), st.booleans())
def test_what_is_saved_in_parts_comes_back(count: int, cuts: list[int], turned: bool) -> None:
    holes, kept = Holes(), dict[str, bytes]()
    for number in range(count):
        holes.add(Place(2 * number + number // 7, number, 1))
        if number in cuts:
            kept |= dict(holes.save())
    kept |= dict(holes.save())
    assert not dict(holes.save())
    again = Holes()
    assert all(again.restore(*each) for each in sorted(kept.items(), reverse=turned))
    assert all_of(again) == all_of(holes) and not again.restore("cause", b"")
    again.add(Place(9000, 0, 1))
    assert len(dict(again.save())) == 1


@given(ORDINALS, st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=40))
def test_each_hole_explains_one_link_of_a_walk(ordinals: list[int], gaps: list[tuple[int, int]]) -> None:
    excuses = Excuses(holes_of(ordinals))
    free = [each for each in ordinals if each - 1 not in ordinals]
    for one, other in gaps:
        wanted = [each for each in free if min(one, other) < each < max(one, other)]
        found = excuses.take(one, other)
        assert (found and found.ordinal) == (wanted[-1] if wanted else None)
        free = [each for each in free if found is None or each != found.ordinal]
