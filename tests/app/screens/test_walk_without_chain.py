"""The walk where there is no chain: it shows the check that protects an event, if there is one, and accuses nobody."""

from pathlib import Path

import pytest

from console.app.screens.walk.words import Neighbours, neighbour_lines
from console.app.widgets.details.proof import chain_page, check_of, link_of, verdict_lines
from console.engine.api import Details
from tests.support.engine_cases import Deal, console
from tests.support.places import ROOT

SAMPLES = ROOT / "sample_ledgers"
NO_CHAIN = "It is in no chain: to remove, add or reorder events would not show."
CASES = {
    "a payload's hash": ("smvm/runs/harbour-point", "type:DECIDED", "data_hash is"),
    "an id's preimage": ("swarm/provenance.jsonl", "", "can be made again from its agent, time and name"),
    "nothing": ("zakops/agent_events.jsonl", "", "Nothing protects it"),
    "nothing, in another system": ("maysano/structural-events.json", "", "Nothing protects it"),
}


def words(details: Details) -> str:
    return " ".join(line.plain.strip() for line in chain_page(details, 80))


@pytest.mark.parametrize(("path", "query", "expected"), CASES.values(), ids=list(CASES))
async def test_what_protects_an_event(path: str, query: str, expected: str, tmp_path: Path) -> None:
    async with console(SAMPLES / path, index=tmp_path / "i.sqlite") as one:
        events = await one.events(query)
        found = [await one.session.details(event.id) for event in events[:12]]
    texts = [words(details) for details in found]
    assert any(expected in text for text in texts), texts
    for details, text in zip(found, texts, strict=True):
        assert link_of(details) is None
        assert "chain starts here" not in text
        assert "previous" not in text
        assert not any(
            "names another" in line.plain for line in neighbour_lines(details, Neighbours(None, details), 80)
        )
        if (check := check_of(details)) is not None and check.preimage:
            assert NO_CHAIN in text
            assert "recomputed" in text and "Only this check protects it" in text
            assert check.preimage.decode()[:30] in text, "the bytes that were hashed, of a healthy event, too"
        elif check is None:
            assert verdict_lines(details, 80)[0].plain.startswith(("○ unchained", "· unchecked"))


async def test_a_chain_begins_and_links(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(3))
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        first, second, _ = [await one.session.details(event.id) for event in await one.events()]
    assert "none: the chain starts here" in words(first)
    assert link_of(first) is not None
    lines = neighbour_lines(first, Neighbours(None, second), 120)
    assert "✓ names the stored hash above" in lines[1].plain
