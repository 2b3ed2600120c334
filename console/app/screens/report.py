"""Reports that formats declare: rows worst first, all of a row beside them, and the way to its event.

A report is folded from the raw records in another process, and again when the ledgers changed: not more often than
folding takes a small part of the time.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.app.actions import REPORT, bindings
from console.app.drawing.layout import MUTED, STRONG, label_width, labelled, prose, rule, severity_mark
from console.app.screens.base import ConsoleScreen
from console.app.widgets.bars.ask_bar import AskBar
from console.app.widgets.bars.frame import TitleLine
from console.app.widgets.details.sheet import Sheet
from console.app.widgets.tables.row_list import RowList
from console.app.words import count, day_and_time
from console.app.work import Coalescer, in_words
from console.engine.api import FilterError, SessionApi
from console.engine.questions import report_cell, rows_where
from console.text import safe

if TYPE_CHECKING:
    from console.engine.questions import Report, ReportAnswer, ReportColumn, ReportRow

REST = 1.0
"""Seconds between two folds, at least …"""
SHARE = 5
"""… and so many times as long as the last one took."""
OLD = 30.0
"""Seconds after which a report is made again though nothing changed: ages grow."""
VALUE_LIMIT = 2000
"""Characters of a value that are shown."""


class ReportScreen(ConsoleScreen):
    """The reports on the ledgers that are open, one at a time. Dismissed with an event to go to."""

    WHERE = REPORT
    BINDINGS: ClassVar[list[BindingType]] = bindings(REPORT)
    AUTO_FOCUS = "#report-rows"

    def __init__(self, session: SessionApi, name: str = "") -> None:
        super().__init__()
        self._session = session
        self._name = name
        self._reports: Sequence[Report] = ()
        self._answer: ReportAnswer | None = None
        self._made = self._took = 0.0
        self._changed = False
        self._where = ""
        self._sentence: tuple[str, bool] | None = None
        self.list = RowList(report_cell, id="report-rows")
        begin = partial(self.run_worker, group="report", exit_on_error=False)
        self._folding = Coalescer(self._fold, begin)

    def body(self) -> Iterator[Widget]:
        yield Static(id="report-word", markup=False)
        with Container(id="report-body"):
            with Vertical(id="report-main"):
                yield TitleLine(self.list)
                yield self.list
            yield Sheet(id="report-detail")
        yield AskBar("/", "worst:error   NAME:VALUE   NAME>2h   text")

    # words

    def place(self) -> Content:
        report = self._report
        if report is None:
            return Content.styled("Reports", STRONG)
        number = f"  {self._number + 1} of {len(self._reports)}" if len(self._reports) > 1 else ""
        when = "" if self._answer is None else f"  as of {day_and_time(self._answer.now, digits=0).rstrip('.')} UTC"
        return Content.assemble("Report  ", (safe(report.title), STRONG), number, (when, MUTED))

    def status(self) -> Content:
        answer = self._answer
        if answer is None:
            return Content()
        parts = [Content.styled(f"{self.list.cursor + 1:,} of {count(self.list.count, 'row')}", STRONG)]
        if self._where:
            total = len(answer.table.rows)
            parts.append(
                Content.styled(f"of {count(total, 'row')}: {safe(self._where)} · Esc shows all", "$text-primary")
            )
        parts += [Content(f"{safe(name)} {safe(str(value))}") for name, value in answer.table.summary.items()]
        if self.list.hidden:
            parts.append(Content(f"{count(self.list.hidden, 'column')} only in the details"))
        if left_out := _left_out(answer):
            parts.append(Content.styled(left_out, "$text-warning"))
        return Content("   ").join(parts if self.list.count else parts[1:])

    def _show_sentence(self, sentence: str, *, alone: bool = True) -> None:
        if (sentence, alone) == self._sentence:
            return  # a layout for nothing, in which lines that are to be drawn may be lost
        self._sentence = sentence, alone
        word = self.query_one("#report-word", Static)
        word.update(Content(sentence))
        word.display = bool(sentence)
        word.set_class(alone, "-alone")
        self.query_one("#report-body").display = not (sentence and alone)

    # reading

    def on_mount(self) -> None:
        super().on_mount()
        self._show_sentence("Reading the ledgers …")
        self._folding.ask()

    @property
    def _number(self) -> int:
        return next((at for at, each in enumerate(self._reports) if each.name == self._name), 0)

    @property
    def _report(self) -> "Report | None":
        return self._reports[self._number] if self._reports else None

    def look(self) -> None:
        self._changed = True

    def tick(self) -> None:
        """Make the report again where something changed, or ages grew."""
        super().tick()
        since = time.monotonic() - self._made
        if since > max(REST, SHARE * self._took) and (self._changed or since > OLD):
            self._folding.ask()

    async def _fold(self) -> None:
        began = time.monotonic()
        self._changed = False
        try:
            self._reports = await self._session.reports()
            report = self._report
            if report is None:
                self._show_sentence("None of the ledgers that are open has a report.")
                return
            self._name = report.name
            answer = await self._session.report(report.name)
        except Exception as error:  # noqa: BLE001  any error is shown on the screen, the app goes on
            self._show_sentence(f"The report cannot be made: {in_words(error)}")
            return
        finally:
            self._made = time.monotonic()
            self._took = self._made - began
        if answer.report.name == self._name:  # it may have been left for another one meanwhile
            self._show(answer)

    def _show(self, answer: "ReportAnswer") -> None:
        self._answer = answer
        columns = answer.report.columns
        wanted = rows_where(self._where, columns)
        self.list.fill(columns, [row for row in answer.table.rows if wanted(row)])
        notes = "\n".join(safe(note, limit=VALUE_LIMIT) for note in answer.table.notes)
        if answer.table.rows:
            self._show_sentence(notes, alone=False)
            if not self.query_one(AskBar).display:
                self.list.focus()
        else:
            self._show_sentence(notes or "There is nothing to list.")
        self._show_row()
        self.show_place()
        self.call_after_refresh(self.show_status)  # the list has its width by then

    def _show_row(self) -> None:
        row, answer = self.list.row, self._answer
        if row is not None and answer is not None:
            name_of = self.console_app.name_of
            self.query_one("#report-detail", Sheet).show(lambda width: row_page(answer, row, name_of, width))

    def on_cursor_list_moved(self) -> None:
        self.word = ""
        self._show_row()
        self.show_status()

    # what keys do

    def action_open(self) -> None:
        """Go to the event that the row is about."""
        row = self.list.row
        if row is None:
            return
        ledger, ordinal = row.ledger, row.ordinal
        if ledger is None or ordinal is None:
            self.notify("This row is about no single event.", markup=False)
            return

        async def work() -> None:
            event = await self._session.event_at(ledger, ordinal)
            if event is None:
                self.show_note("The event is not in the index.")
            else:
                self.dismiss(event)

        self.start(work, "Going to the event", "open")

    def action_filter(self) -> None:
        if self._answer is not None:
            self.query_one(AskBar).edit(self._where)

    def on_ask_bar_asked(self, event: AskBar.Asked) -> None:
        """Show the rows that fit; a filter that cannot be read is shown with what is wrong."""
        answer = self._answer
        if answer is None:
            return
        try:
            rows_where(event.text, answer.report.columns)
        except FilterError as error:
            self.show_note(in_words(error))
            return
        self._filter(event.text)

    def on_ask_bar_left(self) -> None:
        self.list.focus()

    def _filter(self, where: str) -> None:
        self._where, self.word = where, ""
        self.query_one(AskBar).close()
        self.list.focus()
        if self._answer is not None:
            self._show(self._answer)

    def stop(self) -> bool:
        if super().stop():
            return True
        if self._where:
            self._filter("")
            return True
        return False

    def action_next_report(self) -> None:
        self._turn(1)

    def action_previous_report(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if len(self._reports) > 1:
            self._name = self._reports[(self._number + step) % len(self._reports)].name
            self._answer, self._where = None, ""
            self._show_sentence("Reading the ledgers …")
            self.show_place()
            self.show_status()
            self.workers.cancel_group(self, "report")
            self._folding = Coalescer(self._fold, partial(self.run_worker, group="report", exit_on_error=False))
            self._folding.ask()


def row_page(answer: "ReportAnswer", row: "ReportRow", name_of: Callable[[str], str], width: int) -> list[Content]:
    """All of a row: how bad it is, the lines that explain it, and each value by its title."""
    lines = [severity_mark(row.worst)] if row.worst else []
    for each in row.details:
        lines += prose(safe(each, limit=VALUE_LIMIT), width)
    lines += [rule("Values", width)] if lines else []
    columns = answer.report.columns
    texts = [(safe(each.title), _in_full(each, row.values.get(each.name))) for each in columns]
    if row.ledger is not None:
        place = "" if row.ordinal is None else f" record {row.ordinal:,}"
        texts.append((safe("where"), f"{name_of(row.ledger)}{place}"))
    shown = [(title, text) for title, text in texts if text]
    column = label_width((title for title, _ in shown), width)
    for title, text in shown:
        lines += labelled(title, [safe(text, limit=VALUE_LIMIT)], column, width)
    return lines


def _in_full(column: "ReportColumn", value: object) -> str:
    """A value with its word: no sign stands alone."""
    text = report_cell(column, value)
    words = {"✓": "✓ yes", "✗": "✗ no", "?": "? the ledger cannot show it"}
    return words.get(text, text) if column.holds == "flag" else text


def _left_out(answer: "ReportAnswer") -> str:
    """What the report does not speak of, in words; '' for nothing."""
    unreadable = sum(each.unreadable for each in answer.ledgers)
    parts = [f"{count(unreadable, 'record')} not read"] if unreadable else []
    if broken_off := sum(bool(each.problem) for each in answer.ledgers):
        parts.append(f"{count(broken_off, 'ledger')} not read to the end")
    return " · ".join(parts)
