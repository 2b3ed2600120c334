"""Nobody is accused across a record that cannot be read, or of a beginning that is not at hand."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.verify.codes import NOT_VERIFIED
from console.formats.kernel import FORMAT
from console.model.record import Cursor, RecordBatch
from console.model.trust import Severity, Trust
from tests.formats.kernel.test_segments import apart, same
from tests.formats.kernel.test_walk_properties import known
from tests.support.kernel_cases import DOC, context, encode, hash_of, ledger, outcome, raws_of

GARBAGE = b'{"id":"torn'
UNREADABLE = [GARBAGE, b"\0" * 40, b"[]", b"\xff\xfe", b"null", b"{" * 300]


@pytest.mark.parametrize("garbage", UNREADABLE)
@pytest.mark.parametrize("lines", [True, False])
def test_the_event_behind_an_unreadable_one_is_not_accused(garbage: bytes, lines: bool) -> None:
    raws = raws_of(ledger(8))
    raws[3] = garbage
    result = outcome(raws, lines=lines)
    (found,) = [each for each in result.findings if each.family == "chain"]
    assert (found.code, found.severity, found.record, found.sequence) == (
        "chain.link-unknown",
        Severity.WARNING,
        5,
        5,
    )
    assert found.message.startswith("Record 4 cannot be read")
    assert [level for _, level in sorted(result.trust.items())] == [
        *[Trust.VERIFIED] * 3,
        *[Trust.UNCHECKED] * 2,
        *[Trust.VERIFIED] * 3,
    ]
    assert [each.chain_intact for each in result.reader.facts()] == [False]


def test_a_record_that_was_skipped_explains_the_next_link() -> None:
    raws = raws_of(ledger(5))
    lengths = [len(raw) for raw in raws]
    lengths[2] = 20_000_000
    offsets = [sum(lengths[:at]) + at for at in range(5)]
    batch = RecordBatch(1, offsets, lengths, [*raws[:2], b"", *raws[3:]], Cursor(6, sum(lengths) + 5))
    reader = FORMAT.reader(context())
    out = reader.read(batch)
    assert [each.code for each in out.findings] == ["chain.link-unknown"]
    assert out.trust[3] == Trust.UNCHECKED and out.trust[4] == Trust.VERIFIED


def test_what_fits_all_the_same_is_not_reported() -> None:
    raws = raws_of(ledger(6))
    result = outcome([*raws[:3], GARBAGE, *raws[3:]])
    assert result.codes() == set() and list(result.trust.values()).count(Trust.VERIFIED) == 6


def test_a_blank_line_explains_nothing() -> None:
    raws = raws_of(ledger(6))
    raws[3] = b""
    assert outcome(raws).codes() == {("chain.sequence-gap", 5), ("chain.previous-mismatch", 5)}


def test_each_deal_is_excused_once_for_each_unreadable_record() -> None:
    events = ledger(30, deals=3)
    raws = raws_of(events)
    # Of deal 0 number 3 is lost, of deal 1 number 4 was deleted behind it, and later number 7.
    raws[6] = GARBAGE
    for at in (19, 10):
        del raws[at]
    result = outcome(raws)
    assert {(each.code, each.stream, each.sequence) for each in result.findings if each.family == "chain"} == {
        ("chain.link-unknown", events[0]["dealId"], 4),
        ("chain.sequence-gap", events[1]["dealId"], 5),
        ("chain.previous-mismatch", events[1]["dealId"], 5),
        ("chain.sequence-gap", events[1]["dealId"], 8),
        ("chain.previous-mismatch", events[1]["dealId"], 8),
    }


def test_an_edit_behind_an_unreadable_record_is_found() -> None:
    events = ledger(6)
    events[4]["payload"] = {"edited": True}
    raws = raws_of(events)
    raws[3] = GARBAGE
    result = outcome(raws)
    assert result.codes() == {("chain.link-unknown", 5), ("chain.hash-mismatch", 5)}
    assert result.trust[5] is Trust.BROKEN


def test_a_list_that_is_written_newest_first() -> None:
    raws = raws_of(ledger(8))
    raws[3] = GARBAGE
    assert outcome(raws[::-1]).codes() == {("chain.link-unknown", 5)}
    raws[0] = GARBAGE
    assert outcome(raws[::-1]).codes() == {("chain.link-unknown", 2), ("chain.link-unknown", 5)}
    assert outcome([*raws[1:], GARBAGE][::-1]).codes() == {("chain.begins-later", 2), ("chain.link-unknown", 5)}


HOLES = st.lists(st.integers(0, 19), max_size=4)


@given(HOLES, HOLES, st.lists(st.integers(0, 19), max_size=3), st.lists(st.integers(0, 4), max_size=2), st.booleans())
def test_parts_and_interruptions_give_the_same(
    holes: list[int], gone: list[int], cuts: list[int], reloads: list[int], turned: bool
) -> None:
    raws: list[Any] = raws_of(ledger(20, deals=2))
    for at in holes:
        raws[at] = GARBAGE
    raws = [raw for at, raw in enumerate(raws) if at not in gone]
    raws = raws[::-1] if turned else raws
    whole = outcome(raws, profile=DOC, lines=False)
    assert known(outcome(raws, profile=DOC, cuts=cuts, reload_at=reloads)) == known(whole)
    same(apart(raws, DOC, cuts), outcome(raws, profile=DOC))
    same(apart(raws, DOC, cuts, from_right=True), outcome(raws, profile=DOC))
    unread = {ordinal for ordinal, raw in enumerate(raws, 1) if raw == GARBAGE}
    if not unread:
        assert "chain.link-unknown" not in {code for code, _ in whole.codes()}
    excused: list[tuple[str | None, str]] = [
        (each.stream, each.message.partition(" cannot")[0]) for each in whole.at("chain.link-unknown")
    ]
    assert len(excused) == len(set(excused))


# Beginnings that are not at hand


@pytest.mark.parametrize("lines", [True, False])
def test_a_ledger_that_begins_in_the_middle_says_where_to_look(lines: bool) -> None:
    events = ledger(8)
    result = outcome(raws_of(events)[3:], lines=lines)
    (found,) = [each for each in result.findings if each.family == "chain"]
    assert (found.code, found.severity, found.sequence, found.record) == (
        "chain.begins-later",
        Severity.ERROR,
        4,
        1,
    )
    assert found.code in NOT_VERIFIED and found.standing and found.stream == events[0]["dealId"]
    assert found.actual == events[2]["eventHash"] and events[2]["eventHash"] in found.message
    assert "number 3" in found.message and ".1" in found.message
    assert [*result.trust.values()] == [Trust.UNCHECKED, *[Trust.VERIFIED] * 4]
    assert [each.chain_intact for each in result.reader.facts()] == [False]


def test_of_many_chains_there_is_one_finding() -> None:
    result = outcome(raws_of(ledger(60, deals=12))[24:])
    (found,) = [each for each in result.findings if each.family == "chain"]
    assert (found.code, found.count, found.stream, found.record) == ("chain.begins-later", 12, None, 1)
    assert [*result.trust.values()].count(Trust.UNCHECKED) == 12


def test_one_chain_among_others_that_begin_here() -> None:
    events = ledger(20, deals=4)
    result = outcome(raws_of(events)[1:])
    assert result.codes() == {("chain.begins-later", 2)} and result.at("chain.begins-later")[0].count == 1


def test_what_contradicts_itself_is_broken() -> None:
    """A first number with an event before it, and a later one without: nothing that is missing explains these."""
    one, two = ledger(2)
    one["previousEventHash"] = "1" * 64
    one["eventHash"] = hash_of(one, DOC)
    assert outcome([encode(one)]).codes() == {("chain.previous-mismatch", 1)}
    two["previousEventHash"] = None
    two["eventHash"] = hash_of(two, DOC)
    assert outcome([encode(two)]).codes() == {("chain.sequence-gap", 2)}
    assert outcome([GARBAGE, encode(two)]).codes() == {("chain.sequence-gap", 2)}


def test_a_ledger_that_shows_how_the_deal_was_created_held_its_beginning() -> None:
    events = ledger(6)
    created = events[0] | {
        "id": "created",
        "type": "DealCreated",
        "sequenceNumber": 0,
        "previousEventHash": None,
        "eventHash": None,
    }
    gone = {("chain.sequence-gap", 3), ("chain.previous-mismatch", 3), ("chain.unchained-event", 0)}
    for lines in (True, False):
        raws = [encode(created), *raws_of(events)[2:]]
        assert outcome(raws, lines=lines).codes() == gone
        same(apart(raws, DOC, [1]), outcome(raws, profile=DOC))
        later = [*raws_of(events)[2:], encode(created)]
        assert {code for code, _ in outcome(later, lines=lines).codes()} == {
            "chain.begins-later",
            "chain.unchained-event",
        }


def test_a_number_that_is_lower_comes_back_after_all() -> None:
    raws = raws_of(ledger(6))
    assert outcome([*raws[3:], *raws[:3]]).codes() == set()
    assert json.loads(raws[0])["sequenceNumber"] == 1
