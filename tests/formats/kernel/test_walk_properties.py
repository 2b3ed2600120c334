"""However a ledger is tampered with, shuffled, cut into batches or interrupted: one answer."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.kernel import FORMAT
from console.model.finding import Finding
from console.model.record import Record
from console.model.trust import Trust
from tests.support.kernel_cases import AUDIT, DOC, Outcome, encode, hash_of, ledger, outcome, raws_of

COUNT = 14
BASE = {DOC: ledger(COUNT, deals=2), AUDIT: ledger(COUNT, deals=2, profile=AUDIT)}
KINDS = (
    "delete / copy / move / payload / number / hash / previous / null / type / unchain / rehash / spaces"
    " / duplicate key / garbage / no deal / no number / time / fork"
)
PLACE = st.integers(0, COUNT - 1)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            KINDS.split(" / "),
        ),
        PLACE,
        PLACE,
    ),
    max_size=5,
)


def changed(profile: str, changes: list[tuple[str, int, int]]) -> list[bytes]:  # noqa: C901 - a branch for each kind
    events: list[Any] = [dict(event) for event in BASE[profile]]
    raw: dict[int, Any] = {}
    for kind, at, to in changes:
        if not events:
            break
        at, to = at % len(events), to % len(events)
        event = events[at]
        if kind == "delete":
            del events[at]
        elif kind == "copy":
            events.insert(to, dict(event))
        elif kind == "move":
            events.insert(to, events.pop(at))
        elif kind == "payload":
            event["payload"] = {"changed": to}
        elif kind == "number":
            event["sequenceNumber"] = to
        elif kind in ("hash", "previous"):
            event["eventHash" if kind == "hash" else "previousEventHash"] = f"{to:064x}"
        elif kind == "null":
            event["eventHash"] = None
        elif kind == "type":
            event["type"] = "DealTerminated"
        elif kind == "unchain":
            event |= {"sequenceNumber": 0, "eventHash": None, "previousEventHash": None}
        elif kind == "rehash":
            event["eventHash"] = hash_of(event, profile)
        elif kind == "fork":
            other = {**event, "payload": {"fork": to}}
            other["eventHash"] = hash_of(other, profile)
            events.insert(at + 1, other)
        elif kind == "no deal":
            event["dealId"] = None
        elif kind == "no number":
            event["sequenceNumber"] = None
        elif kind == "time":
            event["createdAt"] = ["2026-03-01T00:00:00.001Z", "never", "2026-02-31T00:00:00Z", 5][to % 4]
        else:
            raw[id(event)] = (kind, event)
    result = []
    for event in events:
        line = encode(event)
        kind, _ = raw.get(id(event), ("", None))
        if kind == "spaces":
            line = line.replace(b'"payload":', b'"payload": ')
        elif kind == "duplicate key":
            line = line.replace(b'"payload":{', b'"payload":{"note":0,')
        elif kind == "garbage":
            line = line[:-7]
        result.append(line)
    return result


def known(result: Outcome) -> tuple[dict[int, Trust], list[Finding]]:
    return result.trust, sorted(result.findings, key=repr)


def test_a_profile_settles_while_a_chain_is_not_named_yet() -> None:
    raws = changed(DOC, [("payload", 1, 0)])
    raws[:2] = raws[1::-1]
    assert known(outcome(raws, cuts=[1], reload_at=[0])) == known(outcome(raws))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([DOC, AUDIT]),
    CHANGES,
    st.lists(PLACE, max_size=4),
    st.lists(st.integers(0, 4), max_size=3),
    st.permutations(range(COUNT + 6)) | st.none(),
)
def test_cuts_and_interruptions_never_matter(
    profile: str, changes: list[tuple[str, int, int]], cuts: list[int], reloads: list[int], order: list[int] | None
) -> None:
    raws = changed(profile, changes)
    if order is not None:
        raws = [raws[at] for at in order if at < len(raws)]
    whole = outcome(raws, lines=False)
    for lines in (False, True):
        assert known(outcome(raws, cuts=cuts, reload_at=reloads, lines=lines)) == known(whole)
    counted = whole.reader.tallies()
    levels = [0] * len(Trust)
    for trust in whole.trust.values():
        levels[trust] += 1
    assert list(counted.trust) == levels
    assert counted.records == len(raws)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([DOC, AUDIT]), CHANGES, st.permutations(range(COUNT + 6)) | st.none())
def test_what_streams_is_what_one_walk_in_order_says(
    profile: str, changes: list[tuple[str, int, int]], order: list[int] | None
) -> None:
    raws = changed(profile, changes)
    if order is not None:
        raws = [raws[at] for at in order if at < len(raws)]
    streamed = outcome(raws)
    reader = FORMAT.reader(streamed.reader.context)
    reader.settle_on(streamed.reader.settled)
    reader.holes = streamed.reader.holes
    offset = 0
    keyed: dict[Any, list[Any]] = {}
    for ordinal, raw in enumerate(raws, 1):
        key = reader.link_key(raw)
        if key is not None:
            keyed.setdefault(key[0], []).append((key[1], ordinal, Record(ordinal, offset, len(raw), raw)))
        offset += len(raw) + 1
    trust: dict[int, Trust] = {}
    findings: list[Finding] = []
    for stream, items in keyed.items():
        walk = reader.rewalk(stream, [record for _, _, record in sorted(items, key=lambda item: item[:2])])
        trust.update(walk.trust)
        findings += walk.findings
    findings += [each for each in reader.standing() if each.family == "chain"]
    assert {ordinal: state for ordinal, state in streamed.trust.items() if ordinal in trust} == trust
    chain = [each for each in streamed.findings if each.family == "chain"]
    assert sorted(chain, key=repr) == sorted(findings, key=repr)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([DOC, AUDIT]), PLACE, st.data())
def test_no_changed_byte_goes_unseen(profile: str, at: int, data: st.DataObject) -> None:
    raws = raws_of(BASE[profile])
    line = bytearray(raws[at])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 6))
    if b"\n" in line:
        return
    raws[at] = bytes(line)
    result = outcome(raws)
    clean = outcome(raws_of(BASE[profile]))
    before, after = (
        BASE[profile][at],
        FORMAT.decode(Record(1, 0, len(line), bytes(line)), result.reader.context).document,
    )
    uncovered = {"id", "actorId", "authorityContext", "evidenceRefs", "createdAt"}
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert known(result) != known(clean) or differing <= uncovered
