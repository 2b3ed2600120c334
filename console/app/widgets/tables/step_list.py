"""The events of a replayed stream: what each did to the state, or why it did nothing.

A row that is not here yet is drawn as ``…`` and asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual

from console.app.drawing.cells import fit
from console.app.drawing.layout import MUTED, TRUST_STYLE
from console.app.widgets.tables.cursor_list import CursorList
from console.app.words import day_and_time
from console.engine.api import StateAfter
from console.text import safe

KEPT = 4096
"""Steps that are kept."""
TEXT_LIMIT = 200
"""Characters of a foreign value that are looked at."""
NOTHING = "·"
WIDE = 100
"""Cells from which on there is room for all columns."""


class StepList(CursorList):
    """``want`` is called for a row that is not here; ``put`` brings some."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"step-list--cursor"}

    def __init__(self, want: Callable[[int], None], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._want = want
        self._steps: dict[int, StateAfter] = {}

    @property
    def step(self) -> StateAfter | None:
        """What the cursor is on, None while it is on its way."""
        return self._steps.get(self.cursor)

    @property
    def titles(self) -> str:
        trust = "trust" if self.inner_width - 2 >= WIDE else ""
        heads = [(name, "") for name in ("event", trust, "seq", "time, UTC", "type")]
        return " " + _line(heads, Content("did"), self.inner_width - 2).plain

    def holds(self, row: int) -> bool:
        return row in self._steps

    def put(self, first: int, steps: Sequence[StateAfter]) -> None:
        """These rows are here."""
        if len(self._steps) > KEPT:
            self._steps.clear()
        for row, step in enumerate(steps, first):
            if self._steps.get(row) != step:
                self._steps[row] = step
                self.forget_row(row)

    def drop(self, first: int) -> None:
        """Rows from ``first`` on are others now."""
        for row in [row for row in self._steps if row >= first]:
            del self._steps[row]
        self.forget(first)

    def draw(self, row: int, selected: bool) -> Strip | None:
        step = self._steps.get(row)
        if step is None:
            self._want(row)
            return None
        style = self.get_visual_style("step-list--cursor") if selected else self.visual_style
        width = self.inner_width
        line = Content.assemble("›" if selected else " ", step_line(step, width - 2))
        return Visual.to_strips(self, line, width, 1, style, pad=True)[0]

    def placeholder(self, selected: bool) -> Strip:
        style = self.get_visual_style("step-list--cursor") if selected else self.visual_style
        return Visual.to_strips(self, Content("›…" if selected else " …"), self.inner_width, 1, style, pad=True)[0]


def step_line(step: StateAfter, width: int) -> Content:
    """One step on one line, at most so many cells wide."""
    row = step.row
    cells = (
        (f"{step.number:,}", ""),
        (row.trust.glyph, TRUST_STYLE[row.trust]),
        ("" if row.sequence is None else str(row.sequence), ""),
        (day_and_time(row.time, full=False, digits=3), MUTED),
        (safe(row.type, limit=TEXT_LIMIT), ""),
    )
    return _line(cells, did(step), width)


def did(step: StateAfter) -> Content:
    """``Draft → Open; keeper ada → grace``, why nothing happened, or ``·`` where none was meant to."""
    parts = [change(name, before, step.state) for name, before in step.changed.items()]
    if step.why:
        parts.append(Content.styled(f"✗ {safe(step.why, limit=TEXT_LIMIT)}", "$text-warning"))
    return Content("; ").join(parts) if parts else Content.styled(NOTHING, MUTED)


def change(name: str, before: str, state: Mapping[str, str]) -> Content:
    """``keeper ada → grace``; what is a state by its name stands bare: ``Draft → Open``."""
    after = safe(state.get(name) or "–", limit=TEXT_LIMIT)
    named = "" if name in {"state", "status", "stage"} else f"{safe(name, limit=TEXT_LIMIT)} "
    return Content.assemble((named, MUTED), f"{safe(before or '–', limit=TEXT_LIMIT)} → ", (after, "bold"))


def _line(cells: Sequence[tuple[str, str]], did: Content, width: int) -> Content:
    """The cells with their styles, as wide as there is room; where there is little, no sequence number."""
    widths = (7, 5, 6, 18, 24) if width >= WIDE else (7, 1, 0, 18, 18)
    right = (True, False, True, False, False)
    fitted = [
        (fit(text, cells, right=to_right), style)
        for (text, style), cells, to_right in zip(cells, widths, right, strict=True)
        if cells
    ]
    return Content("  ").join([Content.styled(*each) for each in fitted] + [did]).truncate(width, ellipsis=True)
