"""The chain walk: to the broken link, why it is broken, and verifying all of a stream."""

from collections.abc import AsyncIterator
from dataclasses import replace

from console.app.screens.walk import WalkScreen
from console.engine.api import Details, VerifyProgress
from console.model.trust import Trust
from tests.support.fake_session import FakeSession
from tests.support.stage import Stage, seen, until

FIRST, BROKEN, LAST = 31, 46, 60
"""Events of the second deal: its first link, the edited one, its last."""
HOSTILE, UNCHAINED = 121, 149


class Slow(FakeSession):
    """Verification stands still after its first step until ``gate`` opens."""

    stopped = False

    async def verify(self, *, ledger: int | None = None, stream: int | None = None) -> AsyncIterator[VerifyProgress]:
        try:
            yield VerifyProgress(410_000, 1_000_000, 1, 250_000.0, 2.4)
            await self.asked("verify")
            yield VerifyProgress(1_000_000, 1_000_000, 1, 250_000.0, 0.0, finished=True, verdict="one [/x] link")
        finally:
            self.stopped = True


class Relinked(FakeSession):
    """The previous hash of one event was changed by one character."""

    async def details(self, event: int) -> Details:
        details = await super().details(event)
        if event != BROKEN or details.proof is None or details.proof.previous is None:
            return details
        proof = replace(details.proof, previous="0" + details.proof.previous[1:], trust=Trust.BROKEN)
        return replace(details, proof=proof)


def stage(event: int, session: FakeSession | None = None) -> Stage:
    session = session or FakeSession()
    return Stage(session, WalkScreen(session, event, pace=0.0))


async def test_to_the_broken_link_and_why() -> None:
    async with stage(FIRST).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "sequence 1 of 30 links", "✓ verified", "none: the chain starts here")
        await pilot.press("N")
        shown = await seen(
            pilot,
            "sequence 16 of 30 links",
            "✗ broken  The recomputed hash differs from the stored one",
            "✓ is the stored hash of the event before",
            "preimage, 143 bytes",
            '"amount":1,"currency":"EUR"',
            "╰4 payload─",
            "recomputed  5fd76aee",
            "stored      828193a0",
            "64 differ   ^^^^",
            "n  sequence 17",
            "✓ names the stored hash above",
        )
        assert all(len(line) <= 80 for line in shown.split("\n"))
        await pilot.press("N")
        await seen(pilot, "There is no broken link after this one.")
        await pilot.press("p")
        await seen(pilot, "sequence 15 of 30 links", "✓ they are the same")
        await pilot.press("P")
        await seen(pilot, "There is no broken link before this one.")


async def test_a_changed_link_shows_both_hashes_and_where_they_differ() -> None:
    async with stage(BROKEN, Relinked()).run_test(size=(80, 24)) as pilot:
        await seen(
            pilot, "previous    0b5f659c", "before      3b5f659c", "1 differ    ^", "✗ The event before stores another"
        )


async def test_no_key_is_lost_and_each_end_says_so() -> None:
    app = stage(FIRST)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "sequence 1 of 30 links")
        await pilot.press(*"nnnnj", "down", "k")
        await seen(pilot, "sequence 6 of 30 links")
        await pilot.press("G")
        await seen(pilot, "sequence 30 of 30 links", "n  this is the last link")
        await pilot.press("n")
        await seen(pilot, "This is the last link of the chain.")
        await pilot.press("g")
        await seen(pilot, "sequence 1 of 30 links", "p  this is the first link")
        await pilot.press("p")
        await seen(pilot, "This is the first link of the chain.")
        await pilot.press("escape")
        await until(pilot, lambda: app.result == FIRST)


async def test_a_run_stops_at_the_broken_link_and_goes_on_to_the_end() -> None:
    async with stage(FIRST).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "sequence 1 of 30 links")
        await pilot.press("space")
        await seen(pilot, "Stopped at a broken link, sequence 16.")
        await pilot.press("space")
        await seen(pilot, "sequence 30", "The end of the chain: 14 links walked, none of them broken.")


async def test_a_run_is_paused_by_space_and_by_escape() -> None:
    session = FakeSession()
    app = Stage(session, WalkScreen(session, FIRST, pace=60.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "sequence 1 of 30 links")
        await pilot.press("space")
        await seen(pilot, "sequence 2 of 30 links")
        await pilot.press("space")
        await seen(pilot, "Paused.")
        await pilot.press("space")
        await seen(pilot, "sequence 3 of 30 links")
        await pilot.press("escape")
        await seen(pilot, "Paused.")
        assert app.result == "open"


async def test_verifying_all_shows_progress_and_a_verdict() -> None:
    session = Slow()
    session.gate.clear()
    screen = stage(BROKEN, session)
    async with screen.run_test(size=(80, 24)) as pilot:
        session.gate.set()
        await seen(pilot, "sequence 16 of 30 links", "n  sequence 17")
        session.gate.clear()
        await pilot.press("v")
        await seen(pilot, "✗ 1 broken so far · 41 % · 410,000 of 1,000,000 · 250,000/s · 3 s left")
        session.gate.set()
        await seen(pilot, "✗ one [/x] link 1,000,000 of 1,000,000 events read again from the raw bytes.")


async def test_a_cancelled_verification_says_what_was_not_checked() -> None:
    session = Slow()
    app = stage(BROKEN, session)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "n  sequence 17")
        session.gate.clear()
        await pilot.press("v")
        await seen(pilot, "41 %")
        await pilot.press("escape")
        await seen(
            pilot, "Verification was stopped: ✗ 1 broken so far; 410,000 of 1,000,000 events", "rest was not checked."
        )
        await until(pilot, lambda: session.stopped)
        assert app.result == "open"


async def test_errors_become_words() -> None:
    session = FakeSession()
    async with stage(FIRST, session).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "n  sequence 2")
        session.fail("link", OSError("[/x] \x1b[2Jthe index is gone"))
        await pilot.press("n")
        await seen(pilot, "The next link cannot be read: [/x] ␛[2Jthe index is gone")
        session.fail("details", OSError("gone"))
        await pilot.press("n")
        await seen(pilot, "This event cannot be read: gone")
        session.fail("verify", OSError("gone too"))
        await pilot.press("v")
        await seen(pilot, "Verification failed: gone too")
        await pilot.press("n")
        await seen(pilot, "sequence 2 of 30 links")


async def test_findings_of_a_link_and_back() -> None:
    async with stage(BROKEN).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "sequence 16 of 30 links")
        await pilot.press("enter")
        await seen(pilot, "Findings of one event", "chain.hash-mismatch")
        await pilot.press("escape")
        await seen(pilot, "Chain walk")


async def test_an_event_without_a_chain_says_so() -> None:
    for event in (HOSTILE, UNCHAINED):
        async with stage(event).run_test(size=(80, 24)) as pilot:
            await seen(pilot, "keeps no hash chain", "Nothing protects it")
            await pilot.press("n")
            await seen(pilot, "This event is in no chain: there is no link to go to.")


async def test_the_next_link_appears_when_the_chain_grows() -> None:
    session = FakeSession()
    app = Stage(session, WalkScreen(session, LAST, pace=0.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "n  this is the last link")
        session.append(1, stream=2)
        await seen(pilot, "n  sequence 31  LiveEvent", "of 31 links")
