"""Whatever stands in a record: findings, never an exception; nothing is verified that was not reproduced."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.kernel import FORMAT
from console.formats.protocol import Sample
from console.model.record import Record
from console.model.trust import Trust
from tests.support.kernel_cases import batches_of, context, outcome

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["\ud800", "é", "0" * 64, "ReviewOpened", "2026-01-01T00:00:00.000Z", "null", "[]", "{}", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = {
    "api": "id dealId type payload actorId authorityContext evidenceRefs sequenceNumber previousEventHash eventHash"
    " createdAt \ud800",
    "table": "id dealId eventType eventData actorId actorName actorRole authorityContext evidenceRefs sequenceNumber"
    " occurredAt fromState toState previousEventHash eventHash",
    "pack": "seq type ts actor actorName data fromState toState prevHash hash",
}


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(KEYS)).flatmap(
        lambda shape: st.tuples(
            st.just(shape),
            st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS[shape].split(), ODD)), max_size=4),
            st.lists(st.binary(max_size=12), max_size=2),
        )
    ),
    st.sampled_from([None, "kernel-audit/1", "kernel-doc/1", "kernel-bff/1", "kernel-pack/1"]),
)
def test_nothing_raises(made: tuple[str, list[dict[str, Any]], list[bytes]], profile: str | None) -> None:
    shape, documents, junk = made
    raws = [json.dumps(document).encode() for document in documents] + [line.replace(b"\n", b"") for line in junk]
    FORMAT.sniff(Sample("x", "jsonl", None, raws))
    result = outcome(raws, shape=shape, profile=profile, companions={"manifest.json": raws[0]} if raws else None)
    assert not {Trust.VERIFIED, Trust.RECOVERED} & set(result.trust.values())
    place = context(shape, profile)
    before = None
    for at, raw in enumerate(raws, 1):
        record = Record(at, 0, len(raw), raw)
        FORMAT.panels(FORMAT.decode(record, place), place)
        FORMAT.prove(record, before, place)
        before = record
    for batch in batches_of(raws):
        reader = FORMAT.reader(place)
        reader.read(batch)
        kept = dict(reader.take_state())
        FORMAT.reader(place).load_state(kept.items())
        list(reader.facts())


def test_a_large_edited_payload_is_judged_within_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    from console.verify import recover

    hashes = 0

    def counted(data: bytes) -> Any:
        nonlocal hashes
        hashes += 1
        return sha256(data)

    monkeypatch.setattr(recover, "sha256", counted)
    payload = {f"key{at}": at + 0.5 for at in range(30)}
    event = {
        "id": "x",
        "dealId": "d",
        "type": "ReviewOpened",
        "payload": payload,
        "authorityContext": {},
        "evidenceRefs": [],
        "sequenceNumber": 1,
        "previousEventHash": None,
        "eventHash": "0" * 64,
        "createdAt": "2026-01-01T00:00:00.000Z",
    }
    result = outcome([json.dumps(event).encode()], profile="kernel-audit/1")
    assert result.codes() == {("chain.not-reproducible", 1)}
    assert hashes < recover.PARTIAL * 2


def test_a_search_is_complete_only_when_nothing_can_have_been_lost() -> None:
    from console.verify.orders import arrangements
    from console.verify.recover import NEAR, Job, Miss, deep

    payload = dict.fromkeys("abcd", 1)
    job = Job(b"h", b"m", b"t", payload, b'{"a":1,"b":1,"c":1,"d":1}', 10**12, b"\0" * 32)
    found = deep(job, [job.stored])
    assert isinstance(found, Miss)
    assert found.complete
    assert found.tried >= arrangements(payload) * (len(NEAR) + 1997)
    job.payload = {**payload, "e": None}
    lossy = deep(job, [job.stored])
    assert isinstance(lossy, Miss)
    assert not lossy.complete
