"""A ledger cut into segments, checked apart and joined, gives the answer of one pass."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.kernel import FORMAT
from console.formats.kernel.chain.segments import Summary, join
from console.model.record import Record
from tests.formats.kernel.test_walk_properties import CHANGES, COUNT, PLACE, changed
from tests.support.kernel_cases import AUDIT, DOC, Outcome, batches_of, context, ledger, outcome, raws_of


def apart(raws: list[bytes], profile: str, cuts: list[int], *, from_right: bool = False) -> Outcome:
    """Each segment by its own reader, then all joined."""
    place = context(profile=profile)
    offsets, at = {}, 0
    for raw in raws:
        offsets[at] = raw
        at += len(raw) + 1

    def fetch(offset: int, skip: int) -> tuple[int, bytes]:
        return [each for each in offsets.items() if each[0] >= offset][skip]

    parts: list[Summary] = []
    for number, batch in enumerate(batches_of(raws, cuts)):
        reader = FORMAT.reader(place, columns=False, segment=number > 0)
        batch.first = 1
        out = reader.read(batch)
        parts.append(pickle.loads(pickle.dumps(reader.summary(out.findings))))
    while len(parts) > 1:
        if from_right:
            right = parts.pop()
            parts[-1] = join(parts[-1], right, fetch)
        else:
            parts[:2] = [join(parts[0], parts[1], fetch)]
    whole = parts[0]
    reader = FORMAT.reader(place, columns=False)
    reader.adopt(whole)
    findings = whole.findings
    for stream in reader.irregular():
        keyed = []
        for ordinal, (offset, raw) in enumerate(offsets.items(), 1):
            key = reader.link_key(raw)
            if key is not None and key[0] == stream:
                keyed.append((key[1], ordinal, Record(ordinal, offset, len(raw), raw)))
        walk = reader.rewalk(stream, [record for _, _, record in sorted(keyed, key=lambda each: each[:2])])
        findings = [each for each in findings if not (each.family == "chain" and each.stream == stream.key)]
        findings += walk.findings
    return Outcome({}, findings + reader.standing(), reader)


def same(one: Outcome, other: Outcome) -> None:
    assert sorted(one.findings, key=repr) == sorted(other.findings, key=repr)
    assert one.reader.tallies() == other.reader.tallies()
    assert sorted(map(repr, one.reader.facts())) == sorted(map(repr, other.reader.facts()))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([DOC, AUDIT]),
    CHANGES,
    st.lists(PLACE, max_size=4),
    st.booleans(),
    st.permutations(range(COUNT + 6)) | st.none(),
)
def test_segments_give_the_answer_of_one_pass(
    profile: str, changes: list[tuple[str, int, int]], cuts: list[int], from_right: bool, order: list[int] | None
) -> None:
    raws = changed(profile, changes)
    if order is not None:
        raws = [raws[at] for at in order if at < len(raws)]
    same(apart(raws, profile, cuts, from_right=from_right), outcome(raws, profile=profile))


@pytest.mark.slow
@pytest.mark.parametrize("case", ["original", "reordered", "duplicate_sequence", "event_deleted"])
def test_the_real_chain_in_segments(real: Path, case: str) -> None:
    raws = [line for line in (real / f"kernel/B_chain30/{case}/events.jsonl").read_bytes().split(b"\n") if line]
    for cut in (3, 15, 16, 17):
        same(apart(raws, AUDIT, [cut]), outcome(raws, profile=AUDIT))


def test_clean_borders_need_no_second_walk() -> None:
    raws = raws_of(ledger(400, deals=7))
    place = context(profile=DOC)
    first, second = batches_of(raws, [150])
    left = FORMAT.reader(place, columns=False)
    left.read(first)
    right = FORMAT.reader(place, columns=False, segment=True)
    right.read(second)
    whole = join(left.summary(), right.summary(), lambda offset, skip: (0, raws[-1]))
    assert not any(deal.links.stale for deal in whole.deals.values())
