"""A chain in the words of the report, which are those of the specification's answer."""

from pathlib import Path
from typing import Any

from console.engine.verify.chain_report import chain_report, no_chain
from console.engine.verify.verification import check_ledger
from tests.support.engine_cases import NOW, opened


async def chain(path: Path) -> dict[str, Any]:
    (ledger,) = opened(path)
    result = await check_ledger(ledger, NOW)
    (stream,) = result.streams
    found = chain_report(stream, [each for each in result.findings if each.stream == stream.key])
    assert found is not None
    return found


async def test_a_real_chain_and_an_edited_one(real: Path) -> None:
    folder = real / "kernel/B_chain30"
    whole = {"valid": True, "issues": [], "eventsChecked": 30, "chainIntact": True}
    assert await chain(folder / "original/events.jsonl") == whole
    edited = await chain(folder / "payload_edited/events.jsonl")
    assert edited["valid"] is False
    (issue,) = edited["issues"]
    assert issue["sequenceNumber"] == 16
    assert set(issue) == {"eventId", "sequenceNumber", "issue"}


def test_without_a_chain_nothing_is_checked() -> None:
    assert no_chain([]) == {"valid": True, "issues": [], "eventsChecked": 0, "chainIntact": True}
