"""The thorough search in the chain walk: in the background, with progress, and stopped by Esc."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from console.app.screens.walk import WalkScreen
from console.engine.api import Details, SearchStep
from console.model.proof import Proof
from console.model.trust import Trust
from tests.support.engine_cases import console
from tests.support.fake_session import FakeSession
from tests.support.stage import Stage, seen, until
from tests.support.writers.kernel import Act, audit, jsonl, story

LINKED = 46  # of the second stream, sequence 16


class Searching(FakeSession):
    """One event's hash is not reproduced, until it is searched for."""

    stopped = False

    def __init__(self) -> None:
        super().__init__()
        self.proof: Proof | None = None

    async def details(self, event: int) -> Details:
        details = await super().details(event)
        if event != LINKED or details.proof is None:
            return details
        self.proof = replace(details.proof, trust=Trust.RECOVERED, verdict="A number was [/x] rounded.")
        return replace(details, proof=replace(details.proof, trust=Trust.LINKED, verdict="Not reproduced."))

    async def search(self, event: int) -> AsyncIterator[SearchStep]:
        assert event == LINKED
        try:
            yield SearchStep(410_000, 1_000_000)
            await self.asked("search")
            yield SearchStep(500_000, 1_000_000, self.proof)
        finally:
            self.stopped = True


def stage(session: FakeSession, event: int = LINKED) -> Stage:
    return Stage(session, WalkScreen(session, event, pace=0.0))


async def test_searched_in_the_background_and_the_result_is_shown() -> None:
    session = Searching()
    async with stage(session).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "~ linked", "n  sequence")
        session.gate.clear()
        await pilot.press("s")
        await seen(pilot, "Searching what the hash of sequence 16 covers: 41 %", "410,000 forms tried", "Esc stops")
        session.gate.set()
        await seen(pilot, "≈ recovered", "Found at sequence 16", "A number was [/x] rounded.")
        await pilot.press("p")
        await seen(pilot, "sequence 15 of 30 links")
        await pilot.press("n")
        await seen(pilot, "sequence 16 of 30 links", "≈ recovered")


async def test_the_walk_goes_on_meanwhile_and_escape_stops_it() -> None:
    session = Searching()
    app = stage(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "~ linked", "n  sequence")
        blocked = session.asked

        async def asked(name: str) -> None:
            if name == "search":
                session.gate.clear()
            await blocked(name) if name == "search" else None

        session.asked = asked  # type: ignore[method-assign]
        await pilot.press("s")
        await seen(pilot, "41 %")
        await pilot.press("p")
        await seen(pilot, "sequence 15 of 30 links", "41 %")
        await pilot.press("escape")
        await seen(pilot, "The search at sequence 16 was stopped · 410,000 forms tried.")
        await until(pilot, lambda: session.stopped)
        assert app.result == "open"


async def test_where_there_is_nothing_to_search_for() -> None:
    async with stage(Searching(), LINKED + 1).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "✓ verified", "n  sequence")
        await pilot.press("s")
        await seen(pilot, "There is nothing to search for")


async def test_a_real_search_in_another_process(tmp_path: Path) -> None:
    payload = {
        "terms": {"rate": 1 / 3, "ratio": 2 / 3, "share": 1 / 7},
        "zone": "A",
        "price": 4 / 3,
        "area": 12,
        "id": "m-1",
    }
    acts = [*story()[:3], Act("DataDisputed", "gp", payload), *story()[3:5]]
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(jsonl(audit(acts)))
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        row = (await one.events("seq:4"))[0]
        assert row.trust is Trust.LINKED
        steps = [step async for step in one.session.search(row.id)]
        assert steps[-1].proof is not None and steps[-1].proof.trust is Trust.RECOVERED
        async with aclosing(one.session.search(row.id)) as left:  # type: ignore[type-var] # it is a generator
            await anext(left)
