"""A chain in the words of the report, which are those of the specification's answer."""

from pathlib import Path
from typing import Any

from console.engine.verify.chain_report import chain_report, no_chain
from console.engine.verify.verdict import Policy, unchecked
from console.engine.verify.verification import check_ledger
from console.store.rows import StreamRow
from tests.support.engine_cases import NOW, opened


async def chain(path: Path, *, allow_linked: bool = False) -> dict[str, Any]:
    (ledger,) = opened(path)
    result = await check_ledger(ledger, NOW)
    (stream,) = result.streams
    findings = [each for each in result.findings if each.stream == stream.key]
    policy = Policy(allow_linked=allow_linked)
    found = chain_report(stream, findings, unchecked(result.evidence_of_no_stream(), policy), policy)
    assert found is not None
    return found


async def test_a_real_chain_and_an_edited_one(real: Path) -> None:
    folder = real / "kernel/B_chain30"
    whole = {"valid": True, "issues": [], "eventsChecked": 30, "chainIntact": True}
    assert await chain(folder / "original/events.jsonl", allow_linked=True) == whole
    linked = await chain(folder / "original/events.jsonl")
    assert linked["valid"] is False
    assert linked["issues"][0]["issue"] == "incomplete: 2 events linked only: the hash could not be reproduced."
    edited = await chain(folder / "payload_edited/events.jsonl")
    assert edited["valid"] is False
    (issue,) = edited["issues"]
    assert issue["sequenceNumber"] == 16
    assert set(issue) == {"eventId", "sequenceNumber", "issue"}


def test_without_a_chain_nothing_is_checked() -> None:
    stream = StreamRow(1, 1, "deal", "a", 2, None, None, (0, 0, 0, 0, 2, 0, 0), (0,) * 5)
    assert no_chain(stream, [], [], Policy()) == {
        "valid": True,
        "issues": [],
        "eventsChecked": 0,
        "chainIntact": True,
    }
