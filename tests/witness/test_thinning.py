"""Looks made fewer: bounded, and what each history began with and came to stays."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sources.record_hash import leaf
from console.witness.memory import MemoryFolder, NewLook
from console.witness.observations import Hints, PastLook
from console.witness.origin import Origin
from console.witness.place import MemoryPlace
from console.witness.thinning import thinned

HINTS = Hints("state", 0, 0, 0, "")
ORIGIN = Origin("/ledgers/deals.jsonl")


def look(at: int, records: int, agrees: bool, more: int) -> PastLook:
    return PastLook(f"{at:06}", "test", "1", 1 + more, records, 0, str(records), HINTS, agrees, heads={"a": "b"})


@st.composite
def histories(draw: st.DrawFn) -> list[PastLook]:
    steps = st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from([0] * 20 + [1]))
    base, found = 0, []
    for at, (records, agrees, more) in enumerate(draw(st.lists(steps, min_size=1, max_size=60))):
        base += more
        found.append(look(at, records, agrees or bool(more) or at == 0, base))
    return found


@given(histories(), st.integers(2, 40))
def test_what_stays(looks: list[PastLook], most: int) -> None:
    found = thinned(looks, most)
    bases = {each.base for each in looks}
    assert len(found) <= max(most // 2, 1) + 2 * len(bases) + 1
    assert sum(each.looks for each in found) == len(looks)
    times = [each.time for each in found]
    assert times == sorted({*times}) and {*times} <= {each.time for each in looks}
    for base in bases:
        mine, before = ([each for each in those if each.base == base] for those in (found, looks))
        assert (mine[0].time, mine[-1].time) == (before[0].time, before[-1].time)
    agreed, known = ([each for each in those if each.agrees][-1] for those in (found, looks))
    assert replace(agreed, looks=1) == known, "what is known is the same"


def test_a_ledger_that_is_looked_at_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.witness.memory.MOST", 20)
    folder = tmp_path / "memory"
    for at in range(60):
        with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.ledger(ORIGIN) as known:
            known.agree(NewLook(HINTS, 0), leaf(b"%d" % at) if at % 20 == 0 else b"")
    with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.recalled(ORIGIN) as known:
        assert len(known.observations) <= 20
        assert sum(each.looks for each in known.observations) == 60
        assert known.leaves() == b"".join(leaf(b"%d" % at) for at in (0, 20, 40))
        assert [*known.states] == [1, 2, 3], "all that it was is known"
