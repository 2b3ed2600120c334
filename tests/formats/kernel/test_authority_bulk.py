"""Acts of many events at once come to what they come to one by one, in any order and wherever batches begin."""

from itertools import chain, zip_longest
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.formats.kernel.test_rules_fields import chained
from tests.formats.kernel.test_walk_properties import known
from tests.support.kernel_cases import DOC, outcome
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import ACTORS, Act, doc, story, uuid_of

DEALS = "acc674a4-0000-4000-8000-000000000001", "acc674a4-0000-4000-8000-000000000002"
_ACTIONS = st.sampled_from(["ACTIVATE_OPERATIONS", "RESOLVE_DISTRESS", "APPROVE_DEAL", "NO_ACTION"])
_TRUTHS = st.sampled_from(["AI", "HUMAN", "DOC"])


def _acts(named: str, /, **payload: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.just(named), st.sampled_from([*ACTORS]), st.fixed_dictionaries(payload))


ACTS = st.one_of(
    _acts("ApprovalGranted", action=_ACTIONS),
    _acts("ApprovalDenied", action=_ACTIONS),
    _acts("OperationsActivated"),
    _acts("DistressResolved"),
    _acts("DistressDeclared"),
    _acts("FreezeImposed"),
    _acts("OverrideAttested", action=_ACTIONS, reason=st.just("Committee met")),
    _acts(
        "ActorAdded",
        actorId=st.sampled_from([uuid_of(actor) for actor in ACTORS]),
        name=st.just("X"),
        type=st.just("HUMAN"),
        role=st.sampled_from(["GP", "COURT", "AUDITOR"]),
    ),
    _acts(
        "MaterialCreated",
        materialId=st.sampled_from(["one", "two"]),
        type=st.sampled_from(["PropertyManagementAgreement", "UnderwritingSummary", "Photo"]),
        truthClass=_TRUTHS,
    ),
    _acts(
        "MaterialUpdated",
        materialId=st.sampled_from(["one", "two"]),
        type=st.sampled_from(["PropertyManagementAgreement", "Photo"]),
        previousTruthClass=_TRUTHS,
        newTruthClass=_TRUTHS,
    ),
)
_CONTEXTS: list[dict[str, Any]] = [
    {},
    {"role": "COURT"},
    {"role": "NOBODY"},
    {"role": "GP", "overrideUsed": True, "overrideAction": "RESOLVE_DISTRESS"},
]


def _raised(type: str, before: str) -> Act:
    holds = {"materialId": "two", "type": type, "previousTruthClass": before, "newTruthClass": "AI"}
    return Act("MaterialUpdated", "gp", holds)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(ACTS, max_size=25), min_size=2, max_size=2),
    st.lists(st.tuples(st.integers(0, 150), st.sampled_from(_CONTEXTS)), max_size=4),
    st.lists(st.integers(1, 80), max_size=4),
    st.booleans(),
)
@example([[], [_raised("PropertyManagementAgreement", "AI"), _raised("Photo", "HUMAN")]], [], [4], True)
def test_acts_in_any_order(
    tails: list[list[Act]], contexts: list[tuple[int, dict[str, Any]]], cuts: list[int], whole: bool
) -> None:
    ledgers = [
        doc((story()[:32] if whole else []) + tail or story()[:1], deal)
        for tail, deal in zip(tails, DEALS, strict=True)
    ]
    for at, context in contexts:
        events = ledgers[at % 2]
        events[at // 2 % len(events)]["authorityContext"] = context
    mixed = [event for event in chain(*zip_longest(*map(chained, ledgers))) if event]
    raws = [stringify(event).encode() for event in mixed]
    cuts = sorted(cut for cut in {*cuts} if cut < len(raws))
    fast, careful = outcome(raws, profile=DOC, cuts=cuts), outcome(raws, profile=DOC, lines=False)
    assert known(fast) == known(careful)
    assert fast.reader.take_state() == careful.reader.take_state()
