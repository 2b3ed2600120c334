"""Reports on a screen: worst first, all of a row beside it, the way to its event, live while ledgers grow."""

import pytest
from textual.widgets import Input

from console.app.screens.report import ReportScreen
from console.app.widgets.tables.row_list import _fitted
from tests.support.fake_session import FakeSession
from tests.support.stage import Stage, seen, text, until


def stage(session: FakeSession, name: str = "") -> Stage:
    return Stage(session, ReportScreen(session, name))


async def test_rows_with_their_details_and_the_way_to_the_event() -> None:
    session = FakeSession()
    app = stage(session)
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await seen(pilot, "Report  Deals [/x]  1 of 2", "1 of 4 rows", "deals 4", "2 records not read")
        assert "Two of three approvals are enough [/x]." in shown
        first = next(line for line in shown.splitlines() if "acc674a4" in line)
        assert first.startswith("›✗ ") and "of 3" in first
        assert "␛]0;owned␇." in shown
        await pilot.press("j")
        await seen(pilot, "2 of 4 rows")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.result, int))


async def test_other_reports_and_one_without_rows() -> None:
    async with stage(FakeSession()).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "Report  Deals [/x]  1 of 2")
        await pilot.press("right_square_bracket")
        await seen(pilot, "Report  Nothing  2 of 2", "There is nothing to list.")
        await pilot.press("enter", "j", "right_square_bracket")
        await seen(pilot, "Report  Deals [/x]  1 of 2", "1 of 4 rows")


async def test_rows_that_fit_a_filter() -> None:
    async with stage(FakeSession()).run_test(size=(120, 30)) as pilot:
        await seen(pilot, "1 of 4 rows")
        for query, shown in (("age>2h ready:maybe", "ready is yes, no or unknown"), ("worst:error", "1 of 1 row")):
            await pilot.press("slash")
            pilot.app.screen.query_one(Input).value = query
            await pilot.press("enter")
            await seen(pilot, shown)
        await seen(pilot, "of 4 rows: worst:error · Esc shows all")
        await pilot.press("escape")
        await seen(pilot, "1 of 4 rows")


async def test_it_is_made_again_when_ledgers_grow_and_the_cursor_stays_on_its_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("console.app.screens.report.REST", 0.0)
    monkeypatch.setattr("console.app.screens.report.SHARE", 0)
    session = FakeSession()
    app = stage(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "1 of 4 rows")
        await pilot.press("j", "j")
        await seen(pilot, "3 of 4 rows")
        screen = app.screen
        assert isinstance(screen, ReportScreen) and screen.list.row is not None
        before = screen.list.row.values["deal"]
        session.append(3, stream=2)
        await until(pilot, lambda: session.calls.count("report") > 1)
        await until(pilot, lambda: screen.list.row is not None and screen.list.row.values["deal"] == before)


async def test_what_cannot_be_made_is_said() -> None:
    session = FakeSession()
    session.fail("report", OSError("[/x] \x1b gone"))
    async with stage(session).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "The report cannot be made: [/x] ␛ gone")
    async with stage(FakeSession(empty=True)).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "None of the ledgers that are open has a report.")
        assert "1 of" not in text(pilot)
        await pilot.press("enter", "left_square_bracket")


@pytest.mark.parametrize(
    ("room", "widths"),
    [(60, [20, 19, 3]), (46, [20, 19, 3]), (40, [16, 17, 3]), (26, [8, 11, 3]), (24, [11, 11]), (10, [10]), (5, [])],
)
def test_columns_give_way_by_their_kind(room: int, widths: list[int]) -> None:
    assert _fitted([20, 19, 3], [8, 11, 3], room) == widths
