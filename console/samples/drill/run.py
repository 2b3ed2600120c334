"""The course of a drill: which event comes when, and where a fault is planted. Everything but the times follows from
the seed."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from console.samples.drill.deals import DealsDrill
from console.samples.drill.logs import ObjectivesDrill, RunsDrill, TracesDrill
from console.samples.drill.planted import DrillWriter, Planted, RisingClock
from console.samples.drill.set_ups import SetUpsDrill
from console.samples.drill.tables import EventsDrill
from console.samples.pen import Dice, micros

WRITERS = (DealsDrill, TracesDrill, RunsDrill, ObjectivesDrill, EventsDrill, SetUpsDrill)
WARM = 40
"""Events before the first fault: each ledger has some of its own by then."""


class DrillError(Exception):
    """A drill cannot be begun, or shown. The message is for people."""


def schedule(seed: str, events: int, faults: int) -> dict[int, int]:
    """The writer that plants a fault, by the number of the event behind which it comes: each has its turn."""
    dice = Dice(f"drill/schedule/{seed}")
    first, room = min(WARM, events), max(events - WARM, 1)
    places = sorted(first + dice.below(room) for _ in range(faults))
    turn = dice.below(len(WRITERS))
    found: dict[int, int] = {}
    for number, place in enumerate(places):
        while place in found:
            place += 1
        found[place] = (turn + number) % len(WRITERS)
    return found


def run(
    folder: Path,
    seed: str,
    events: int,
    faults: int,
    wait: Callable[[int], None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Write so many events into an empty folder, and plant so many faults; how many were planted. ``wait`` is called
    before each event, with its number. Raises ``DrillError``."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DrillError(f"{folder} is not an empty folder: a drill writes into one of its own.")
    folder.mkdir(parents=True, exist_ok=True)
    clock, dice = RisingClock(now), Dice(f"drill/{seed}")
    writers: list[DrillWriter] = [made(folder, Dice(f"drill/{seed}/{made.__name__}"), clock) for made in WRITERS]
    left: list[list[str]] = [[] for _ in writers]
    planned, planted = schedule(seed, events, faults), 0
    with notes_of(folder).open("w", encoding="utf-8") as notes:
        notes.write(json.dumps({"seed": seed, "events": events, "faults": faults}) + "\n")
        number = 0
        while number < events or any(place >= number for place in planned):
            wait(number)
            if number < events:
                writers[number % len(writers)].healthy()
            if number in planned:
                which = planned[number]
                left[which] = left[which] or sorted(writers[which].faults)
                name = left[which].pop(dice.below(len(left[which])))
                fault = replace(writers[which].faults[name](), time=micros(clock()))
                notes.write(fault.line() + "\n")
                notes.flush()
                planted += 1
            number += 1
    return planted


def notes_of(folder: Path) -> Path:
    """Where it stands what was planted: beside the folder."""
    place = folder.resolve()
    return place.parent / f".{place.name}.drill"


def planted_in(folder: Path) -> list[Planted]:
    """What a drill planted in this folder. Raises ``DrillError`` where there was none."""
    with suppress(OSError, ValueError, TypeError):
        _, *lines = notes_of(folder).read_text(encoding="utf-8").splitlines()
        return [Planted(**json.loads(line)) for line in lines]
    raise DrillError(f"There was no drill in {folder}: {notes_of(folder)} is not there, or cannot be read.")
