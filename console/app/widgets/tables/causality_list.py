"""The tree of causes and effects of one event, a line each, and what it has in common with other ledgers.

All lines are there at once: a trace is bounded. Titles are lines like others, so that the tree reads from top to bottom
as one text, also by a screen reader.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual

from console.app.drawing.cells import cut, fit, middle, path
from console.app.drawing.layout import MUTED, STRONG, TRUST_STYLE
from console.app.widgets.tables.cursor_list import CursorList
from console.app.words import count, day_and_time
from console.engine.api import EventRow, EventTrace, SharedThing, TraceNode
from console.text import safe

TEXT_LIMIT = 200
"""Characters of a foreign text that are looked at."""
WIDE = 120
"""Cells from which on there is room for actors and ids."""


@dataclass(frozen=True, slots=True)
class CausalityLine:
    """One line: a title, an event of the tree (``node``), or something in common (``shared``, or one of its events in
    ``row``)."""

    title: str = ""
    lead: str = ""
    node: TraceNode | None = None
    shared: SharedThing | None = None
    row: EventRow | None = None

    @property
    def event(self) -> EventRow | None:
        """The event to go to."""
        return self.row if self.node is None else self.node.row


def lines_of(trace: EventTrace) -> list[CausalityLine]:
    """All lines of a trace, the event itself first among those with an event."""
    lines = [CausalityLine(node=trace.root)]
    for title, nodes in (("caused by", trace.up), ("caused", trace.down)):
        lines.append(CausalityLine(title if nodes else f"{title}: nothing here"))
        lines += _branches(nodes, "")
    if trace.also:
        lines += [CausalityLine("also with this id"), *_branches(trace.also, "")]
    if trace.shared:
        lines.append(CausalityLine("in common"))
    for each in trace.shared:
        lines.append(CausalityLine(shared=each))
        lines += [CausalityLine(shared=each, row=row) for row in each.rows]
    lines += [CausalityLine(note) for note in trace.notes]
    return lines


def _branches(nodes: Sequence[TraceNode], lead: str) -> Iterator[CausalityLine]:
    for at, node in enumerate(nodes):
        last = at == len(nodes) - 1
        yield CausalityLine(lead=lead + ("└─ " if last else "├─ "), node=node)
        yield from _branches(node.below, lead + ("   " if last else "│  "))


class CausalityList(CursorList):
    """Lines of a trace with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"causality-list--cursor"}

    def __init__(self, name_of: Callable[[str], str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._name_of = name_of
        self._lines: list[CausalityLine] = []

    @property
    def line(self) -> CausalityLine | None:
        """What the cursor is on."""
        return self._lines[self.cursor] if self.cursor < len(self._lines) else None

    def fill(self, lines: list[CausalityLine]) -> None:
        """Show these; the cursor goes to the first of them, or stays on the event that it was on."""
        at = self.line.event if self.line is not None else None
        self._lines = lines
        self.resize_rows(len(lines))
        self.forget()
        same = (row for row, each in enumerate(lines) if at is not None and each.event == at)
        self.move_to(next(same, 0))

    def draw(self, row: int, selected: bool) -> Strip:
        style = self.get_visual_style("causality-list--cursor") if selected else self.visual_style
        width = self.inner_width
        content = self._content(self._lines[row], width - 2).truncate(width - 2, ellipsis=True)
        return Visual.to_strips(self, content.pad(1, 1), width, 1, style, pad=True)[0]

    def _content(self, line: CausalityLine, width: int) -> Content:
        if line.node is not None:
            return self._node(line.lead, line.node, width)
        if line.shared is None:
            return Content.styled(cut(safe(line.title, limit=1000), width), STRONG)
        shared = line.shared
        if line.row is not None:
            return _event("    ", "", line.row, "", "", width)
        name = path(self._name_of(shared.ledger), max(width // 3, 16))
        thing = middle(safe(f"{shared.kind} {shared.id}".strip(), limit=TEXT_LIMIT), max(width // 3, 20))
        more = "more in" if shared.here else "in"
        return Content.assemble("  ", (thing, ""), (f"  {count(shared.events, 'event')} {more} {name}", MUTED))

    def _node(self, lead: str, node: TraceNode, width: int) -> Content:
        how = f"{safe(node.how, limit=60)}: " if node.how else ""
        where = f"→ {path(self._name_of(node.ledger), 24)}" if node.elsewhere else ""
        ending = node.ending.value
        if node.row is None:
            return Content.assemble(
                lead, (how, MUTED), cut(safe(node.id, limit=TEXT_LIMIT), 60), (f"  {ending}", MUTED)
            )
        id = middle(safe(node.id, limit=TEXT_LIMIT), 24)
        return _event(lead, how, node.row, id, "  ".join(filter(None, (where, ending))), width)


def _event(lead: str, how: str, row: EventRow, id: str, more: str, width: int) -> Content:
    """``├─ parent: DealApproved  anna  → other.jsonl   ✓ verified  01-01 00:00:00.000``; words give way to the place in
    the tree."""
    wide = width >= WIDE
    trust = fit(f"{row.trust.glyph} {row.trust_word}" if wide else row.trust.glyph, 11 if wide else 1)
    time = day_and_time(row.time, full=wide)
    right = Content.assemble("  ", (trust, TRUST_STYLE[row.trust]), "  ", (fit(time, 23 if wide else 18), MUTED))
    room = max(width - right.cell_length, 10)
    type = cut(safe(row.type, limit=TEXT_LIMIT) or "–", max(room - len(lead) - len(how), 8))
    left = Content.assemble(lead, (how, MUTED), (type, STRONG))
    if wide:
        left = Content.assemble(left, f"  {cut(safe(row.actor, limit=TEXT_LIMIT), 20)}", (f"  {id}", MUTED))
    left = Content.assemble(left, (f"  {more}" if more else "", "$text-primary"))
    left = left.truncate(room, ellipsis=True)
    return Content.assemble(left, " " * (room - left.cell_length), right)
