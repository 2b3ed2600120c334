"""Findings grouped by cause, worst first; Enter goes to the event."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from console.app.actions import FINDINGS, bindings
from console.app.drawing.cells import cut, fit, middle, path
from console.app.drawing.layout import MUTED, SEVERITY_STYLE, STRONG, prose, severity_mark
from console.app.screens.base import ConsoleScreen
from console.app.widgets.details.pane import explanation_lines, fact_lines
from console.app.widgets.details.sheet import Sheet
from console.app.widgets.tables.cursor_list import CursorList
from console.app.words import count
from console.app.work import in_words
from console.engine.api import CodeFindings, FindingRow, LedgerRow, SessionApi, by_code, catalogue
from console.model.trust import Severity
from console.text import safe

LIMIT = 5_000
"""Findings that are read, worst first."""
GROUP_LIMIT = 100
"""Findings of one cause that are listed."""
FEW = 12
"""Findings up to this many are all listed from the start; of more, the worst cause's."""
LOOK_AGAIN = 0.5
"""Seconds between looks while the index changes."""
NO_EVENT = "This finding is about the ledger itself: there is no event to go to."


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of the list: a cause, one of its findings, or the word on those that are not listed (``cut``)."""

    cause: CodeFindings
    row: FindingRow | None = None
    cut: bool = False

    @property
    def key(self) -> tuple[str, int | None]:
        """What the cursor stays on when lines come and go."""
        return self.cause.code, None if self.row is None else self.row.id


class CauseList(CursorList):
    """Causes, and under the open ones their findings."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"cause-list--cursor"}

    def __init__(self, name_of: Callable[[str], str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.name_of = name_of
        self._lines: list[ListLine] = []
        self._opened: frozenset[str] = frozenset()
        self._with_ledger = False

    @property
    def line(self) -> ListLine | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if self.cursor < len(self._lines) else None

    def fill(self, lines: list[ListLine], opened: frozenset[str], *, with_ledger: bool) -> None:
        """Show these lines; the cursor stays on what it was on, or on its cause."""
        at = self.line
        self._lines, self._opened, self._with_ledger = lines, opened, with_ledger
        self.resize_rows(len(lines))
        self.forget()
        if at is not None:
            places = {line.key: row for row, line in reversed(list(enumerate(lines)))}
            self.move_to(places.get(at.key, places.get((at.cause.code, None), 0)))

    def go_to(self, goal: FindingRow) -> None:
        """Put the cursor on this finding, whatever its number by now, or else on its cause."""
        alike = [row for row, line in enumerate(self._lines) if line.cause.code == goal.finding.code]
        same = (row for row in alike if (shown := self._lines[row].row) and _is_same(shown, goal))
        if (row := next(same, next(iter(alike), None))) is not None:
            self.move_to(row, middle=True)

    def draw(self, row: int, selected: bool) -> Strip:
        line = self._lines[row]
        style = self.get_visual_style("cause-list--cursor") if selected else self.visual_style
        width = self.inner_width
        return Visual.to_strips(self, self._content(line, width - 2).pad(1, 1), width, 1, style, pad=True)[0]

    def _content(self, line: ListLine, width: int) -> Content:
        if line.cut:
            left = f"    showing {GROUP_LIMIT:,} of {count(len(line.cause.rows), 'line')} of this cause"
            return Content.styled(cut(left, width), f"italic {MUTED}")
        if line.row is not None:
            return _finding_line(line.row, self.name_of(line.row.ledger_name) if self._with_ledger else "", width)
        return _cause_line(line.cause, line.cause.code in self._opened, width)


class FindingsScreen(ConsoleScreen):
    """Findings of everything, of one ledger, or of one event; with ``goal`` the cursor goes to that one. Dismissed with
    the id of an event to go to, or None."""

    WHERE = FINDINGS
    BINDINGS: ClassVar[list[BindingType]] = bindings(FINDINGS)
    AUTO_FOCUS = "#findings-list"

    def __init__(
        self,
        session: SessionApi,
        ledger: int | None,
        *,
        event: int | None = None,
        goal: FindingRow | None = None,
    ) -> None:
        super().__init__()
        self.goal = goal
        self._session = session
        self._ledger = ledger
        self._of_event = event
        self._rows: Sequence[FindingRow] = ()
        self._total = 0
        self._ledgers: Sequence[LedgerRow] = ()
        self._least = Severity.NONE
        self._open: set[str] = set()
        self._first_look = True
        self._reading: Worker[None] | None = None
        self._changed = False
        self._going = goal is not None

    def body(self) -> Iterator[Widget]:
        yield Static(id="findings-word", markup=False)
        with Container(id="findings-body"):
            yield CauseList(self.console_app.name_of, id="findings-list")
            yield Sheet(id="findings-detail")

    def on_mount(self) -> None:
        self.show_alarms()
        self._show_sentence("Reading findings …")
        self._read()
        self.set_interval(LOOK_AGAIN, self._look_again)

    def place(self) -> Content:
        of = "of one event" if self._of_event is not None else self._scope(self._ledger)
        return Content.assemble(("Findings", STRONG), f" {of}")

    def status(self) -> Content:
        groups = by_code(self._chosen())
        parts = [count(len(groups), "cause"), count(sum(cause.found for cause in groups), "finding")]
        if self._total > len(self._rows):
            parts.append(f"showing {len(self._rows):,} of {count(self._total, 'line')}, worst first")
        if self._least > Severity.NONE:
            parts.append(f"only {self._least.glyph} {self._least.word} and worse: s shows others")
        return Content(" · ".join(parts)) if self._rows else Content()

    def look(self) -> None:
        self._changed = True

    def _look_again(self) -> None:
        if self._changed:
            self._changed = False
            self._read()

    def _read(self) -> None:
        self._reading = self.run_worker(self._load, group="findings", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        try:
            self._ledgers = await self._session.ledgers()
            if self._of_event is None:
                self._rows, self._total = await self._session.findings(ledger=self._ledger, limit=LIMIT)
            else:
                self._rows, self._total = await self._session.findings(event=self._of_event, limit=LIMIT)
        except Exception as error:  # noqa: BLE001  any error is shown on the screen, the app goes on
            self._show_sentence(f"Findings cannot be read: {in_words(error)}")
            return
        if self._first_look and self._rows:
            self._first_look = False
            groups = by_code(self._rows)
            self._open = {cause.code for cause in (groups if len(self._rows) <= FEW else groups[:1])}
        if self._going and self.goal is not None:
            self._open.add(self.goal.finding.code)
        self._refresh_list()
        if self._going and self.goal is not None:
            self._going = False
            self.query_one(CauseList).go_to(self.goal)

    def turn_to(self, goal: FindingRow, ledger: int | None) -> None:
        """Show the findings of a ledger, the cursor on this one."""
        self.goal, self._going = goal, True
        self._ledger, self._of_event, self._least = ledger, None, Severity.NONE
        self._read()

    # showing

    def _show_sentence(self, sentence: str) -> None:
        word = self.query_one("#findings-word", Static)
        word.update(Content(sentence))
        word.display = bool(sentence)
        self.query_one("#findings-body").display = False

    def _refresh_list(self) -> None:
        groups = by_code(self._chosen())
        self.show_place()
        self.show_status()
        if not groups:
            self._show_sentence(self._nothing())
            return
        self.query_one("#findings-word").display = False
        self.query_one("#findings-body").display = True
        lines: list[ListLine] = []
        for cause in groups:
            lines.append(ListLine(cause))
            if cause.code in self._open:
                lines += [ListLine(cause, row) for row in cause.rows[:GROUP_LIMIT]]
                if len(cause.rows) > GROUP_LIMIT:
                    lines.append(ListLine(cause, cut=True))
        listing = self.query_one(CauseList)
        listing.fill(lines, frozenset(self._open), with_ledger=self._ledger is None)
        listing.focus()
        self._refresh_detail()

    def _chosen(self) -> list[FindingRow]:
        return [row for row in self._rows if row.finding.severity >= self._least]

    def _scope(self, ledger: int | None) -> str:
        if ledger is None:
            return "of all ledgers"
        name = next((row.name for row in self._ledgers if row.id == ledger), f"ledger {ledger}")
        return "of " + path(self.console_app.name_of(name), max(self.size.width // 2, 20))

    def _nothing(self) -> str:
        if self._of_event is not None and not self._rows:
            return "No findings for this event."
        if self._rows:
            return f"No findings that are {self._least.word} or worse. Press s to show the others."
        ledgers = [row for row in self._ledgers if self._ledger in (None, row.id)]
        events = sum(row.events for row in ledgers)
        return f"No findings. {count(len(ledgers), 'ledger')}, {count(events, 'event')} checked."

    def _refresh_detail(self) -> None:
        line = self.query_one(CauseList).line
        if line is None:
            return
        cause, row = line.cause, line.row
        self.query_one(Sheet).show(lambda width: _finding_page(row, width) if row else _cause_page(cause, width))

    def on_cursor_list_moved(self) -> None:
        self._refresh_detail()

    # what keys do

    def action_open(self) -> None:
        """Go to the finding's event; open or close a cause."""
        line = self.query_one(CauseList).line
        if line is None:
            return
        if line.row is None:
            self.action_fold()
        elif line.row.event is not None:
            self.dismiss(line.row.event)
        else:
            self.notify(NO_EVENT, markup=False)

    def event_here(self) -> int | None:
        line = self.query_one(CauseList).line
        return line.row.event if line and line.row else None

    def action_fold(self) -> None:
        """Open or close the cause under the cursor; from a finding, the cause that it belongs to."""
        listing = self.query_one(CauseList)
        line = listing.line
        if line is None:
            return
        self._open ^= {line.cause.code}
        self._refresh_list()

    def action_severity(self) -> None:
        """From which severity on findings are shown: all, warnings, errors, critical."""
        steps = (Severity.NONE, Severity.WARNING, Severity.ERROR, Severity.CRITICAL)
        self._least = steps[(steps.index(self._least) + 1) % len(steps)]
        if self._rows:
            self._refresh_list()


def _is_same(one: FindingRow, other: FindingRow) -> bool:
    """True for two rows of one finding: how many events it speaks for may have grown."""
    return replace(one.finding, count=1) == replace(other.finding, count=1)


def _cause_line(cause: CodeFindings, opened: bool, width: int) -> Content:
    """``▾ ‼ critical  chain.hash-mismatch  The stored hash …      3``."""
    mark = f"{'▾' if opened else '▸'} "
    severity = fit(f"{cause.worst.glyph} {cause.worst.word}", 12)
    number = f"{cause.found:,}"
    entry = catalogue().get(cause.code)
    room = width - len(mark) - 12 - len(number) - 1
    code = cut(safe(cause.code), room)
    title = cut(f"  {entry.title}" if entry else "", room - len(code))
    return Content.assemble(
        mark,
        (severity, SEVERITY_STYLE[cause.worst]),
        (code, STRONG),
        title,
        " " * (room - len(code) - len(Content(title)) + 1),
        (number, STRONG),
    )


def _finding_line(row: FindingRow, ledger: str, width: int) -> Content:
    """Where, then what; indented under its cause."""
    finding = row.finding
    where = path(ledger, 28)
    if finding.sequence is not None:
        place = f"sequence {finding.sequence:,}"
    elif finding.record is not None:
        place = f"record {finding.record:,}"
    else:
        place = "whole ledger" if finding.stream is None else "whole stream"
    number = f"×{finding.count:,}" if finding.count > 1 else ""
    stream = middle(safe(finding.stream), 20) if finding.stream else ""
    where = "  ".join(part for part in (where, stream, place) if part)
    room = max(width - 4 - len(number) - 1, 10)
    head = cut(where, room)
    message = cut(f"  {safe(finding.message, limit=500)}", max(room - Content(head).cell_length, 0))
    gap = " " * max(room - Content(head).cell_length - Content(message).cell_length + 1, 1)
    return Content.assemble("    ", (head, ""), (message, MUTED), gap, number)


def _cause_page(cause: CodeFindings, width: int) -> list[Content]:
    entry = catalogue().get(cause.code)
    title = Content.assemble(severity_mark(cause.worst), "  ", (safe(cause.code), STRONG))
    lines = [title.truncate(width, ellipsis=True)]
    lines_word = f", on {count(len(cause.rows), 'line')}" if cause.found != len(cause.rows) else ""
    what = f" {entry.title}." if entry else ""
    lines += prose(f"{count(cause.found, 'finding')}{lines_word}.{what}", width)
    return lines + explanation_lines(cause.code, width)


def _finding_page(row: FindingRow, width: int) -> list[Content]:
    lines = fact_lines(row, width)
    finding = row.finding
    lines += prose(safe(row.ledger_name), width, lead="ledger".ljust(12), lead_style=MUTED)
    if finding.stream is not None:
        lines += prose(safe(finding.stream), width, lead="stream".ljust(12), lead_style=MUTED)
    if finding.record is not None:
        offset = "" if finding.offset is None else f", offset {finding.offset:,}"
        lines += prose(f"{finding.record:,}{offset}", width, lead="record".ljust(12), lead_style=MUTED)
    if row.event is None:
        lines += prose(NO_EVENT, width, MUTED)
    return lines + explanation_lines(finding.code, width)
