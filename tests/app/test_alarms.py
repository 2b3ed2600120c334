"""Alarms on the screen: a strip on every screen until someone looked, the bell, the operator's command."""

import json
import re
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.app.app import ConsoleApp
from console.app.widgets.bars.alarm_strip import AlarmStrip
from tests.support.fake_session import HOSTILE, FakeSession
from tests.support.stage import seen, text, until
from tests.support.terminal import Terminal

SIZES = [(80, 24), (200, 50)]


class Rung(ConsoleApp):
    """A console whose bell is counted."""

    rings = 0

    def bell(self) -> None:
        self.rings += 1


def console(*, bell: bool = True, on_finding: Iterable[str] = ()) -> tuple[Rung, FakeSession]:
    session = FakeSession()

    async def opened() -> FakeSession:
        return session

    app = Rung(opened, where="/var/ledgers", bell=bell, on_finding=tuple(on_finding))
    return app, session


async def watching(pilot: Pilot[Any]) -> None:
    """Wait until the console knows what is bad already."""
    await seen(pilot, "deal acc674", "● following")
    app = pilot.app
    assert isinstance(app, Rung)
    await until(pilot, lambda: app.alarms.is_watching)


def strip(pilot: Pilot[Any]) -> str:
    """The strip of the screen that is seen, '' while there is none."""
    lines = text(pilot).splitlines()
    return lines[1] if pilot.app.screen.query_one(AlarmStrip).display else ""


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_shows_it_until_someone_looked(size: tuple[int, int]) -> None:
    app, session = console()
    async with app.run_test(size=size, notifications=True) as pilot:
        await watching(pilot)
        assert strip(pilot) == "", "what is bad already is no alarm"
        session.append_broken()
        await until(pilot, lambda: "‼ ALARM: 1 finding" in strip(pilot))
        assert "deals/acme/events.jsonl: The stored hash" in strip(pilot)
        assert strip(pilot).rstrip().endswith("! shows it")
        assert app.rings == 1
        await pilot.press("enter")
        await seen(pilot, "Stream", "121 of 121", "‼ ALARM")
        await pilot.press("w")
        await seen(pilot, "Chain walk", "‼ ALARM")
        session.become(3, "gone", f"It is gone {HOSTILE[0]}")
        await until(pilot, lambda: "2 findings" in strip(pilot))
        await pilot.press("question_mark")
        await seen(pilot, "Help: walk", "‼ ALARM")
        await pilot.press("escape", "F")
        await seen(pilot, "Findings of one event", "‼ ALARM")
        await pilot.press("exclamation_mark")
        await seen(pilot, "Findings of deals/acme/events.jsonl", "1 finding")
        await until(pilot, lambda: "sequence 31" in _selected(pilot))
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: strip(pilot) == "")
        assert app.rings == 1, "not more than once in some seconds"
        await pilot.press("exclamation_mark")
        await seen(pilot, "There is no alarm")


def _selected(pilot: Pilot[Any]) -> str:
    from console.app.screens.findings import CauseList

    listing = pilot.app.screen.query_one(CauseList)
    top = listing.region.y - int(listing.scroll_offset.y)
    return text(pilot).splitlines()[top + listing.cursor]


async def test_enter_opens_the_event_of_the_alarm() -> None:
    app, session = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        session.append_broken(stream=2)
        await until(pilot, lambda: strip(pilot) != "")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "sequence 31" in _selected(pilot))
        await pilot.press("enter")
        await seen(pilot, "Stream", "LiveEvent")


async def test_more_of_the_same_is_one_alarm() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(pilot)
        for number in range(1, 4):
            session.append_broken()
            await until(pilot, lambda number=number: f" {number} finding" in strip(pilot))  # type: ignore[misc]
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: strip(pilot) == "")


async def test_without_the_bell() -> None:
    app, session = console(bell=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(pilot)
        session.append_broken()
        await until(pilot, lambda: strip(pilot) != "")
        assert app.rings == 0


async def test_the_command_gets_the_finding(tmp_path: Path) -> None:
    out = tmp_path / "out"
    body = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"
    app, session = console(on_finding=[sys.executable, "-c", body])
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(pilot)
        session.append_broken()
        await until(pilot, lambda: out.exists() and out.read_text().endswith("\n"))
    (line,) = out.read_text().splitlines()
    found = json.loads(line)
    assert (found["code"], found["sequence"], found["count"]) == ("chain.hash-mismatch", 31, 1)
    assert found["severity"] == "critical"


async def test_a_command_that_fails_is_reported_and_holds_nothing_up() -> None:
    app, session = console(on_finding=["sh", "-c", "exit 7"])
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await watching(pilot)
        session.append_broken()
        await seen(pilot, "failed with exit code 7")
        await pilot.press("enter")
        await seen(pilot, "121 of 121")


async def test_one_that_hangs_does_not_keep_the_console() -> None:
    app, session = console(on_finding=[sys.executable, "-c", "import time; time.sleep(600)"])
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(pilot)
        session.append_broken()
        await until(pilot, lambda: strip(pilot) != "")
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("quiet", [False, True])
def test_the_terminals_bell(quiet: bool) -> None:
    with Terminal(80, 24, *(["quiet"] if quiet else []), NO_COLOR="1") as terminal:
        terminal.see("● following")
        terminal.kill(signal.SIGUSR1)
        terminal.see("‼ ALARM")
        bells = re.sub(rb"\x1b\][^\x07]*\x07", b"", terminal.raw).count(b"\x07")
        assert bells == (0 if quiet else 1)
        terminal.press("!")
        terminal.see("Findings of")
        terminal.press("q")
        assert terminal.end() == 0
