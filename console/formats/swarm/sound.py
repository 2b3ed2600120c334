"""Sound lines as columns, and which of them need more than a row."""

from collections.abc import Sequence
from typing import Any

from console.formats.json.times import moments
from console.formats.swarm.ids import RECIPES, reproduced
from console.formats.swarm.quick import are_made
from console.formats.swarm.simulations import BORDERS, Simulation
from console.formats.swarm.vocabulary import EVENT_TYPES
from console.model.event import NO_TIME

USUAL = EVENT_TYPES - BORDERS


class Sound:
    """Decoded lines of one shape that follow each other. ``foreign`` are the rows whose provenance_id no recipe makes,
    ``odd`` those whose ids or payload are not as their recipe says; ``fits`` says whether any id is as it says."""

    def __init__(self, lines: Sequence[Any]) -> None:
        self.lines = lines
        self.kinds: list[str] = [line.event_type for line in lines]
        self.ids: list[str | None] = [line.provenance_id for line in lines]
        self.stamps: list[str] = [line.timestamp for line in lines]
        self.times, self.zones = moments(self.stamps)
        self.foreign: list[int] = []
        self.odd: list[int] = []
        self.fits = False
        rows: dict[str, list[int]] = {}
        for row, kind in enumerate(self.kinds):
            if kind in rows:
                rows[kind].append(row)
            else:
                rows[kind] = [row]
        self._rows = rows
        for kind, some in rows.items():
            self._check(kind, [row for row in some if self.ids[row]])
        self.foreign.sort()

    def _check(self, kind: str, rows: list[int]) -> None:
        """Rows of one type that have a provenance_id."""
        recipe, lines = RECIPES.get(kind), self.lines
        if recipe is None:
            self.foreign += rows
            return
        made = [row for row in rows if recipe.key in lines[row].payload]
        if len(made) < len(rows):
            self.foreign += {*rows}.difference(made)
        if not are_made(kind, [lines[row].payload for row in made]):
            made, all_of_them = [row for row in made if are_made(kind, [lines[row].payload])], made
            self.odd += {*all_of_them}.difference(made)
        fit = reproduced(recipe, [lines[row] for row in made])
        self.odd += [row for row, fits in zip(made, fit, strict=True) if not fits]
        self.fits |= any(fit)

    def notable(self, now: Simulation, limit: int, ahead: int) -> list[int]:
        """Rows that may give a finding of their own, or that border simulations. ``limit`` is the latest instant that
        is not in the future, ``ahead`` what a time without a zone may be beyond it."""
        found = set(self.odd)
        for kind, rows in self._rows.items():
            if kind not in USUAL:
                found.update(rows)
        last, zoned = now.last, now.zoned
        for row, (time, zone) in enumerate(zip(self.times, self.zones, strict=True)):
            if time == NO_TIME or time > limit + (0 if zone else ahead):
                found.add(row)
            else:
                if time < last and zoned == (zone != ""):
                    found.add(row)
                last, zoned = time, zone != ""
        return sorted(found)
