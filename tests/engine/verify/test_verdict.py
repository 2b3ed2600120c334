"""The one function that gives verdicts: its rules, and that it does not matter how evidence is added up."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.verify.codes import NOT_VERIFIED
from console.engine.verify.verdict import Evidence, Policy, Verdict, in_words, judge, together
from console.model.trust import Severity, Trust

CODES = {
    "chain.hash-mismatch": Severity.CRITICAL,
    "chain.not-reproducible": Severity.WARNING,
    "chain.begins-later": Severity.ERROR,
    "chain.link-unknown": Severity.WARNING,
    "record.invalid-json": Severity.ERROR,
    "record.partial-tail": Severity.NOTE,
    "container.unreadable": Severity.ERROR,
    "container.shrunk": Severity.ERROR,
    "schema.missing-field": Severity.ERROR,
}


def trust(**counts: int) -> Sequence[int]:
    return tuple(counts.get(each.word, 0) for each in Trust)


def found(*codes: str) -> dict[str, Sequence[int]]:
    return {code: tuple(int(level == CODES[code]) for level in range(5)) for code in codes}


def verdict(evidence: Evidence, *, fail_on: Severity = Severity.ERROR, allow_linked: bool = False) -> Verdict:
    return judge(evidence, Policy(fail_on, allow_linked)).verdict


def test_intact_is_only_what_was_verified() -> None:
    assert verdict(Evidence(trust(verified=3, recovered=2))) is Verdict.INTACT
    assert verdict(Evidence(trust(verified=3, pending=1), found("record.partial-tail"))) is Verdict.INTACT


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(trust(unchained=4), chainless=1),
        Evidence(trust(verified=4), chainless=1),
        Evidence(trust(verified=4, unchained=1)),
        Evidence(trust(unchecked=4), chainless=1),
    ],
)
def test_what_no_hash_protects_is_consistent(evidence: Evidence) -> None:
    judged = judge(evidence)
    assert judged.verdict is Verdict.CONSISTENT
    assert judged.verdict.exit_code == 0
    assert any(
        "no hash protects" in each or "not protected" in each or "no chain" in each or "unchecked" in each
        for each in judged.cannot_rule_out
    )


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (Evidence(empty=1), "no events"),
        (Evidence(trust(verified=4), unread=("a: cannot be read",)), "a: cannot be read"),
        (Evidence(trust(verified=4, linked=1)), "1 event linked only"),
        (Evidence(trust(verified=4, unchecked=1), found("chain.link-unknown")), "links to what could not be read"),
        (Evidence(trust(verified=4, unchecked=1), found("chain.begins-later")), "not at hand"),
        (Evidence(trust(verified=4, unchecked=1), unlinked=1), "1 event of chains unchecked"),
        (Evidence(trust(verified=4), found("container.shrunk")), "changed meanwhile"),
        (Evidence(trust(verified=4), empty=1), "1 ledger or path without events"),
    ],
)
def test_what_was_not_checked_is_incomplete(evidence: Evidence, reason: str) -> None:
    judged = judge(evidence)
    assert judged.verdict is Verdict.INCOMPLETE
    assert judged.verdict.exit_code == 3
    assert any(reason in each for each in judged.reasons)


def test_linked_events_can_be_accepted() -> None:
    assert verdict(Evidence(trust(verified=4, linked=1)), allow_linked=True) is Verdict.INTACT
    assert verdict(Evidence(trust(linked=1), found("chain.begins-later")), allow_linked=True) is Verdict.INCOMPLETE
    judged = judge(Evidence(trust(verified=4, linked=12)), Policy(allow_linked=True))
    assert "12 events linked only" in judged.cannot_rule_out


@pytest.mark.parametrize("fail_on", [Severity.NOTE, Severity.WARNING, Severity.ERROR, Severity.CRITICAL])
def test_a_broken_event_is_always_findings(fail_on: Severity) -> None:
    assert verdict(Evidence(trust(verified=4, broken=1)), fail_on=fail_on) is Verdict.FINDINGS


def test_bytes_that_are_no_event_are_never_intact() -> None:
    evidence = Evidence(trust(verified=4, unchecked=1), found("record.invalid-json"))
    assert verdict(evidence) is Verdict.FINDINGS
    assert verdict(evidence, fail_on=Severity.CRITICAL) is Verdict.INCOMPLETE


def test_findings_win_over_incomplete() -> None:
    evidence = Evidence(trust(linked=4), found("schema.missing-field", "container.unreadable"), unread=("b: gone",))
    judged = judge(evidence)
    assert judged.verdict.exit_code == 1
    assert judged.reasons[0] == "1 finding at or above error"
    assert "b: gone" in judged.reasons


@pytest.mark.parametrize("fail_on", [Severity.NOTE, Severity.ERROR])
def test_what_was_not_read_is_not_a_finding_against_what_was(fail_on: Severity) -> None:
    for code in NOT_VERIFIED & CODES.keys():
        assert verdict(Evidence(trust(verified=1), found(code), unread=("x",)), fail_on=fail_on) is Verdict.INCOMPLETE


def test_it_says_what_it_cannot_rule_out() -> None:
    evidence = Evidence(trust(verified=4), uncovered={"kernel-doc/1": ("id", "actorId")})
    first = judge(evidence).cannot_rule_out
    assert first[:2] == ("a tail cut off before now cannot be seen", "fields not covered: id, actorId")
    seen = judge(Evidence(trust(verified=4), remembered="2026-01-01T00:00:00Z")).cannot_rule_out
    assert seen == ("a tail cut off before 2026-01-01T00:00:00Z cannot be seen",)
    kept = judge(Evidence(trust(verified=4), known_end="event 3", known_head=True)).cannot_rule_out
    assert kept == ("a tail cut off behind event 3 before now cannot be seen",)


def test_a_sentence_begins_with_the_word() -> None:
    evidence = Evidence(trust(verified=319_997, broken=3), uncovered={"kernel-doc/1": ()})
    assert in_words(judge(evidence), evidence) == (
        "Findings: 3 events broken; 3 broken, 319,997 verified under kernel-doc/1."
    )


COUNTS = st.lists(st.integers(0, 2), min_size=len(Trust), max_size=len(Trust)).map(tuple)
EVIDENCE = st.builds(
    lambda counts, codes, unread, chainless: Evidence(
        counts, found(*codes), ("x",) * unread, int(sum(counts) == counts[Trust.PENDING]), chainless
    ),
    COUNTS,
    st.sets(st.sampled_from(sorted(CODES))),
    st.integers(0, 1),
    st.integers(0, 1),
)
POLICIES = st.builds(Policy, st.sampled_from([each for each in Severity if each]), st.booleans())


@given(st.lists(EVIDENCE, min_size=1, max_size=4), POLICIES)
def test_the_verdict_on_all_is_the_worst_of_them(parts: list[Evidence], policy: Policy) -> None:
    assert judge(together(parts), policy).verdict is max(judge(each, policy).verdict for each in parts)


@given(EVIDENCE, POLICIES)
def test_every_verdict_has_a_reason_or_is_good(evidence: Evidence, policy: Policy) -> None:
    judged = judge(evidence, policy)
    assert bool(judged.reasons) == (judged.verdict >= Verdict.INCOMPLETE)
    assert judged.cannot_rule_out


def test_nothing_at_all_is_incomplete() -> None:
    assert judge(together([])).verdict is Verdict.INCOMPLETE
