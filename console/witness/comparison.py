"""What became of a list of records: two lists of hashes compared, and the changes named and located.

Pure, and by hashes alone. Time is that of sorting, memory that of the lists. What stands at the same place before and
behind a change is found first, so that one edit among millions costs little; what lies between is aligned by the
records that stand once in each list (patience diff), in their longest order.

Places count from 0 here, as indexes do.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from console.sources.record_hash import SIZE


class ChangeKind(Enum):
    """What happened to records."""

    EDITED = "edited"
    """Other bytes at the same place."""
    DELETED = "deleted"
    INSERTED = "inserted"
    MOVED = "moved"
    TRUNCATED = "truncated"
    """The end is gone. What stands there instead, if anything does, is shorter than it was."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """Records ``old`` of the earlier list became records ``new`` of the later one. One that is empty says where.

    Of moved records ``old`` and ``new`` are where they were and are, in this order; for the others both are runs.
    """

    kind: ChangeKind
    old: Sequence[int]
    new: Sequence[int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``kept`` records of the earlier list stand in the later one in their order; ``grown`` follow on its end."""

    kept: int
    grown: int
    changes: Sequence[RecordChange] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """True if the later list begins with the earlier one."""
        return not self.changes

    def count(self, *kinds: ChangeKind) -> int:
        """Records of these kinds of change: those that are there, or, where they are gone, that were."""
        return sum(max(len(each.old), len(each.new)) for each in self.changes if each.kind in kinds)


@dataclass(frozen=True, slots=True)
class _Block:
    """So many records stand at ``old`` in the earlier list and at ``new`` in the later one."""

    old: int
    new: int
    count: int


def compare(old: bytes, new: bytes) -> Comparison:
    """Compare the hashes of an earlier list of records with those of a later one: 32 bytes each, in order."""
    before, after = len(old) // SIZE, len(new) // SIZE
    start = common_start(old, new)
    if start == before:
        return Comparison(before, after - before)
    blocks = [_Block(0, 0, start)] if start else []
    last = _last_block(old, new, start) if start < after else None
    ends = (before, after) if last is None else (last.old, last.new)
    blocks += _aligned(old, new, start, *ends)
    if last is not None:
        blocks.append(last)
    blocks = _widened(old, new, blocks, before, after)
    gaps = [*_gaps(blocks, before, after)]
    changes = _without_moved(old, new, gaps) if len(gaps) > 1 else None
    if changes is None:
        changes = [change for gap in gaps for change in _named(*gap, at_end=gap[0].stop == before)]
    kept = sum(block.count for block in blocks)
    removed = sum(len(each.old) for each in changes)
    added = sum(len(each.new) for each in changes)
    return Comparison(kept, after - added - (before - removed), changes)


def common_start(old: bytes, new: bytes) -> int:
    """Records that both lists begin with."""
    low, high = 0, min(len(old), len(new)) // SIZE
    if old[: high * SIZE] == new[: high * SIZE]:
        return high
    first, second = memoryview(old), memoryview(new)
    while low + 1 < high:  # they differ before ``high``, and nowhere before ``low``
        middle = (low + high) // 2
        if first[low * SIZE : middle * SIZE] == second[low * SIZE : middle * SIZE]:
            low = middle
        else:
            high = middle
    return low


def _common_end(old: bytes, new: bytes, least: int, old_end: int, new_end: int) -> int:
    """Records that both lists end with before these ends, but none before ``least``."""
    most = min(old_end, new_end) - least
    first, second = memoryview(old), memoryview(new)

    def same(count: int) -> bool:
        return first[(old_end - count) * SIZE : old_end * SIZE] == second[(new_end - count) * SIZE : new_end * SIZE]

    step = 1
    while step < most and same(step):
        step *= 2
    low, high = step // 2, min(step, most)
    if same(high):
        return high
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if same(middle) else (low, middle)
    return low if same(low) else 0


def _last_block(old: bytes, new: bytes, start: int) -> _Block | None:
    """The earlier list's end, where it stands in the later one: at the same place, or else wherever it is last.

    None where more might be kept without it: records before it may stand behind it in the later list.
    """
    before = len(old) // SIZE
    last = old[-SIZE:]
    if new[(before - 1) * SIZE : before * SIZE] == last:
        end = before
    else:
        at = len(new)
        while (at := new.rfind(last, start * SIZE, at)) >= 0 and at % SIZE:
            at += SIZE - 1
        if at < 0:
            return None
        end = at // SIZE + 1
    count = _common_end(old, new, start, before, end)
    if count < min(before - count - start, len(new) // SIZE - end):
        return None
    return _Block(before - count, end - count, count)


def _aligned(old: bytes, new: bytes, start: int, old_end: int, new_end: int) -> list[_Block]:
    """Blocks of one record each between these places: those that stand once in both, in their longest order."""
    if start >= old_end or start >= new_end:
        return []
    earlier, later = _once(old, start, old_end), _once(new, start, new_end)
    pairs = sorted((at, later[key]) for key, at in earlier.items() if key in later)
    pairs = [(a, b) for a, b in pairs if old[a * SIZE : (a + 1) * SIZE] == new[b * SIZE : (b + 1) * SIZE]]
    return [_Block(a, b, 1) for a, b in _longest_order(pairs)]


def _once(hashes: bytes, start: int, end: int) -> dict[int, int]:
    """Where the hashes are that stand once between these places, by their first eight bytes."""
    places: dict[int, int] = {}
    for at, key in enumerate(_keys(hashes, start, end), start):
        places[key] = -1 if key in places else at
    return {key: at for key, at in places.items() if at >= 0}


def _keys(hashes: bytes, start: int, end: int) -> Sequence[int]:
    return memoryview(hashes)[start * SIZE : end * SIZE].cast("q")[:: SIZE // 8]


def _longest_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs, which are sorted by the first, in which the second grows too."""
    tails: list[int] = []
    indexes: list[int] = []
    previous: list[int] = []
    for index, (_, later) in enumerate(pairs):
        at = bisect_left(tails, later)
        previous.append(indexes[at - 1] if at else -1)
        if at == len(tails):
            tails.append(later)
            indexes.append(index)
        else:
            tails[at], indexes[at] = later, index
    found = []
    index = indexes[-1] if indexes else -1
    while index >= 0:
        found.append(pairs[index])
        index = previous[index]
    return found[::-1]


def _widened(old: bytes, new: bytes, blocks: list[_Block], before: int, after: int) -> list[_Block]:
    """Blocks that touch made one, and grown over what is equal beside them: records that stand several times."""
    joined: list[_Block] = []
    end = before, after
    for block in reversed(blocks):
        a, b, count = block.old, block.new, block.count
        more = _common_start_at(old, new, a + count, b + count, *end)
        count += more
        if joined and (a + count, b + count) == (joined[-1].old, joined[-1].new):
            count += joined.pop().count
        joined.append(_Block(a, b, count))
        end = a, b
    joined.reverse()
    result: list[_Block] = []
    floor = 0, 0
    for block in joined:
        less = _common_end_at(old, new, *floor, block.old, block.new)
        wide = _Block(block.old - less, block.new - less, block.count + less)
        if result and (result[-1].old + result[-1].count, result[-1].new + result[-1].count) == (wide.old, wide.new):
            wide = _Block(result[-1].old, result[-1].new, result.pop().count + wide.count)
        result.append(wide)
        floor = wide.old + wide.count, wide.new + wide.count
    return result


def _common_start_at(old: bytes, new: bytes, a: int, b: int, a_end: int, b_end: int) -> int:
    count = 0
    while a + count < a_end and b + count < b_end and _same(old, new, a + count, b + count):
        count += 1
    return count


def _common_end_at(old: bytes, new: bytes, a: int, b: int, a_end: int, b_end: int) -> int:
    count = 0
    while a_end - count > a and b_end - count > b and _same(old, new, a_end - count - 1, b_end - count - 1):
        count += 1
    return count


def _same(old: bytes, new: bytes, a: int, b: int) -> bool:
    return old[a * SIZE : (a + 1) * SIZE] == new[b * SIZE : (b + 1) * SIZE]


def _gaps(blocks: list[_Block], before: int, after: int) -> Iterator[tuple[range, range]]:
    """What lies between the blocks, in both lists."""
    a = b = 0
    for block in [*blocks, _Block(before, after, 0)]:
        if (a, b) != (block.old, block.new):
            yield range(a, block.old), range(b, block.new)
        a, b = block.old + block.count, block.new + block.count


def _named(old: Sequence[int], new: Sequence[int], *, at_end: bool) -> Iterator[RecordChange]:
    """What happened where these records of the earlier list became those of the later one."""
    if at_end and len(old) > len(new):
        yield RecordChange(ChangeKind.TRUNCATED, old, new)
    elif at_end or len(old) == len(new):
        if old:
            yield RecordChange(ChangeKind.EDITED, old, new[: len(old)])
    else:
        if old:
            yield RecordChange(ChangeKind.DELETED, old, new[:0])
        if new:
            yield RecordChange(ChangeKind.INSERTED, old[len(old) :], new)


def _without_moved(old: bytes, new: bytes, gaps: list[tuple[range, range]]) -> list[RecordChange] | None:
    """The changes where records of one gap stand in another; None where none does."""
    places: dict[bytes, list[int]] = {}
    for _, later in gaps:
        for at in later:
            places.setdefault(new[at * SIZE : (at + 1) * SIZE], []).append(at)
    for found in places.values():
        found.reverse()
    moved: list[tuple[int, int]] = []
    for earlier, _ in gaps:
        for at in earlier:
            found = places.get(old[at * SIZE : (at + 1) * SIZE], [])
            if found:
                moved.append((at, found.pop()))
    if not moved:
        return None
    gone, come = {a for a, _ in moved}, {b for _, b in moved}
    changes = [RecordChange(ChangeKind.MOVED, [a for a, _ in moved], [b for _, b in moved])]
    for earlier, later in gaps:
        left = [at for at in earlier if at not in gone]
        right = [at for at in later if at not in come]
        changes += _named(left, right, at_end=earlier.stop == len(old) // SIZE)
    return sorted(changes, key=lambda each: (each.new or each.old or [0])[0])
