"""Findings grouped by cause: what is wrong, why, and the way to the event."""

from console.app.screens.findings import FindingsScreen
from console.model.finding import Finding
from console.model.trust import Severity
from console.store.rows import FindingRow
from tests.support.fake_session import FakeSession
from tests.support.stage import Stage, seen, until


class Told(FakeSession):
    """A session with these findings and no others."""

    def __init__(self, rows: list[FindingRow]) -> None:
        super().__init__()
        self.rows = rows

    async def findings(
        self, *, ledger: int | None = None, stream: int | None = None, event: int | None = None, limit: int = 500
    ) -> tuple[list[FindingRow], int]:
        await self.asked("findings")
        return self.rows[:limit], len(self.rows)


def row(number: int, code: str, severity: Severity, event: int | None = None, count: int = 1) -> FindingRow:
    finding = Finding(code, severity, f"[/x] message {number}", sequence=number, count=count)
    return FindingRow(number, 1, "a/events.jsonl", finding, event)


def stage(session: FakeSession, ledger: int | None = None, event: int | None = None) -> Stage:
    return Stage(session, FindingsScreen(session, ledger, event=event))


async def test_worst_first_and_enter_goes_to_the_event() -> None:
    app = stage(FakeSession())
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await seen(pilot, "Findings of all ledgers", "3 causes · 33 findings", "innocent", "do next")
        lines = shown.split("\n")
        codes = ("chain.", "record.", "lifecycle.")
        order = [next(at for at, line in enumerate(lines) if code in line) for code in codes]
        assert order == sorted(order)
        assert "▾ ‼ critical  chain.hash-mismatch" in shown
        assert "▸ ✗ error" in shown
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.result == 46)


async def test_causes_open_and_close() -> None:
    async with stage(FakeSession()).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "▾ ‼ critical")
        await pilot.press("enter")
        await seen(pilot, "▸ ‼ critical")
        await pilot.press("j", "space")
        await seen(pilot, "▾ ✗ error", "…ns/␛]0;owned␇⟨U+202E⟩.jsonl  record 3  Bytes that are not UTF-8")
        await pilot.press("j", "j", "space")
        await seen(pilot, "▸ ✗ error")


async def test_only_the_severe_ones() -> None:
    async with stage(FakeSession()).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "3 causes")
        await pilot.press("s", "s")
        await seen(pilot, "2 causes · 29 findings", "only ✗ error and worse")
        await pilot.press("s", "s")
        await seen(pilot, "3 causes · 33 findings")


async def test_counts_are_exact_and_what_is_left_out_is_said() -> None:
    session = Told([row(at, "chain.unchained-event", Severity.NOTE, count=3) for at in range(6_000)])
    async with stage(session).run_test(size=(120, 30)) as pilot:
        shown = await seen(pilot, "15,000 findings, on 5,000 lines.", "showing 5,000 of 6,000 lines, worst first")
        assert "1 cause · 15,000 findings" in shown
        assert " 15,000  │" in next(line for line in shown.split("\n") if "▾ i note" in line)
        await pilot.press("G")
        await seen(pilot, "showing 100 of 5,000 lines of this cause")


async def test_a_finding_without_an_event_says_why_it_leads_nowhere() -> None:
    app = stage(Told([row(1, "container.gzip-truncated", Severity.ERROR)]))
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "▾ ✗ error")
        await pilot.press("j")
        await seen(pilot, "[/x] message 1", "there is no event to go to")
        await pilot.press("enter")
        assert app.result == "open"
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)


async def test_nothing_found_is_said_with_what_was_checked() -> None:
    session = Told([])
    async with stage(session).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "No findings. 5 ledgers, 388 events checked.")
        session.rows = [row(1, "order.time-regression", Severity.ERROR, event=3)]
        session.append()
        await seen(pilot, "▾ ✗ error", "order.time-regression")
    async with stage(session, 1, event=3).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "Findings of one event", "order.time-regression")


async def test_errors_become_words() -> None:
    session = FakeSession()
    session.fail("findings", OSError("[/x] \x1bindex gone"))
    async with stage(session).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "Findings cannot be read: [/x] ␛index gone")
