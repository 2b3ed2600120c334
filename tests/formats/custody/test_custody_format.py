"""The chain of custody is a ledger like any other: recognised, verified, and every change of it found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.engine.api import Options, Policy, report, verify
from console.formats.custody import FORMAT
from console.formats.custody.record import decode, line_of
from console.formats.protocol import Context
from console.model.record import Record
from console.model.trust import Trust

ENTRY = {"who": "anna", "role": "auditor", "action": "verify", "ledgers": ["/a.jsonl"], "result": "intact"}
CONTEXT = Context("log", 2_000_000_000_000_000)


def chain(count: int = 6, log: str = "ab12", **changed: dict[str, Any]) -> list[bytes]:
    """Lines of one log; ``changed`` are other values in an entry, by ``e<number>``, as they were when it was hashed."""
    lines, previous = [], None
    for number in range(1, count + 1):
        entry = ENTRY | changed.get(f"e{number}", {})
        line, previous = line_of(log, number, f"2026-03-0{number}T09:00:00.000000Z", entry, previous)
        lines.append(line)
    return lines


async def found(path: Path, lines: list[bytes]) -> dict[str, Any]:
    path.write_bytes(b"".join(lines))
    return report(await verify([str(path)], Options(), executor="inline"), Policy())


def codes(of: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["code"], each["record"]) for each in of["findings"]]


async def test_a_sound_chain_is_intact(tmp_path: Path) -> None:
    result = await found(tmp_path / "c.jsonl", chain())
    assert (result["verdict"], result["findings"]) == ("intact", [])
    (ledger,) = result["ledgers"]
    assert (ledger["format"], ledger["profile"], ledger["streams"][0]["kind"]) == (
        "custody",
        "custody-log/1",
        "custody",
    )
    assert ledger["coverage"]["uncovered"] == ["all other fields"]


async def test_two_logs_in_one_file_are_two_chains(tmp_path: Path) -> None:
    result = await found(tmp_path / "c.jsonl", [*chain(3), *chain(2, "cd34")])
    assert (result["verdict"], len(result["ledgers"][0]["streams"])) == ("intact", 2)


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], list[tuple[str, int]]]] = {
    "edited": (lambda made: [*made[:2], made[2].replace(b"anna", b"anne"), *made[3:]], [("chain.hash-mismatch", 3)]),
    "removed": (lambda made: [*made[:2], *made[3:]], [("chain.sequence-gap", 3), ("chain.previous-mismatch", 3)]),
    "begun late": (lambda made: made[2:], [("chain.begins-later", 1)]),
    "twice": (
        lambda made: [*made[:3], made[2], *made[3:]],
        [("chain.sequence-duplicate", 4), ("chain.previous-mismatch", 4)],
    ),
    "torn": (
        lambda made: [*made[:2], made[2][:40] + b"\n", *made[3:]],
        [("record.invalid-json", 3), ("chain.link-unknown", 4)],
    ),
    "without its hash": (
        lambda made: [*made[:5], made[5].partition(b',"hash"')[0] + b"}\n"],
        [("chain.hash-missing", 6), ("schema.missing-field", 6)],
    ),
    "a field more": (
        lambda made: [*made[:5], made[5].replace(b'"entry"', b'"more":1,"entry"')],
        [("schema.unknown-field", 6)],
    ),
    "a number as a text": (
        lambda made: [*made[:5], made[5].replace(b'"number":6', b'"number":"6"')],
        [("chain.hash-mismatch", 6), ("chain.sequence-gap", 6), ("schema.wrong-type", 6)],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_found(name: str, tmp_path: Path) -> None:
    change, wanted = CHANGES[name]
    result = await found(tmp_path / "c.jsonl", change(chain()))
    assert sorted(codes(result)) == sorted(wanted)


async def test_clocks(tmp_path: Path) -> None:
    lines = chain(2)
    _, last = line_of("ab12", 2, "2026-03-02T09:00:00.000000Z", ENTRY, json.loads(lines[0])["hash"])
    back, last = line_of("ab12", 3, "2026-02-01T09:00:00.000000Z", ENTRY, last)
    ahead, _ = line_of("ab12", 4, "2999-02-01T09:00:00.000000Z", ENTRY, last)
    result = await found(tmp_path / "c.jsonl", [*lines, back, ahead])
    assert {each["code"] for each in result["findings"]} == {"order.time-regression", "order.future-timestamp"}


TEXTS = st.text() | st.sampled_from(["\u2028", "\x1b", "é", '"', "\\", "\ud800"])


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(TEXTS, TEXTS | st.integers(-9, 9) | st.none() | st.booleans() | st.lists(TEXTS), max_size=4))
def test_any_entry_is_proved_and_the_bytes_are_those_of_the_line(details: dict[str, Any]) -> None:
    first, previous = line_of("ab12", 1, "2026-03-01T09:00:00.000000Z", ENTRY, None)
    line, digest = line_of("ab12", 2, "2026-03-02T09:00:00.000000Z", {**ENTRY, "details": details}, previous)
    one, two = Record(1, 0, len(first) - 1, first[:-1]), Record(2, len(first), len(line) - 1, line[:-1])
    proof = FORMAT.prove(two, one, CONTEXT)
    assert proof is not None and (proof.trust, proof.recomputed) == (Trust.VERIFIED, digest)
    assert proof.preimage is not None and line.startswith(proof.preimage[:-1] + b',"hash"')
    assert FORMAT.prove(two, None, CONTEXT).trust is Trust.BROKEN  # type: ignore[union-attr]  # it has a hash
    assert (decode(two).type, decode(two).actor, decode(two).sequence) == ("verify", "anna", 2)


@pytest.mark.parametrize("raw", [b"", b"{", b"{}", b"[]", b'{"log":1,"hash":2,"entry":[]}', b"\xff"])
def test_what_is_no_entry_makes_nothing_fail(raw: bytes) -> None:
    record = Record(1, 0, len(raw), raw)
    FORMAT.prove(record, None, CONTEXT)
    assert FORMAT.decode(record, CONTEXT).ordinal == 1
