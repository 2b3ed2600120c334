"""Everything that is known of one event, in tabs: the format's panels, then Chain, Findings and Raw.

The cursor moves faster than events are read and hashed, so an event is read when the cursor rests, and the answer that
is shown is always of the event asked for last. Pages are functions of the width: nothing is kept but the event.
"""

import asyncio
import time
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from console.app.actions import DETAILS, bindings
from console.app.drawing.layout import (
    MUTED,
    NAME_LIMIT,
    STRONG,
    Layout,
    label_width,
    labelled,
    prose,
    severity_mark,
    size,
)
from console.app.widgets.details.proof import chain_page
from console.app.widgets.details.raw import Form, indented, is_utf8, looks_nested, raw_lines
from console.app.widgets.details.sheet import Sheet
from console.app.widgets.details.tab_bar import TabBar
from console.app.words import count
from console.app.work import Coalescer, in_words
from console.engine.api import Details, FindingRow, SessionApi, catalogue
from console.model.event import Field, Panel
from console.text import safe, safe_lines

CHAIN, FINDINGS, RAW = "Chain", "Findings", "Raw"
SETTLE = 0.06
"""Seconds that the cursor must rest before an event is read, unless none was read for a while."""
REST = 0.25
"""Seconds after which another event is read though the cursor does not rest; more where reading one takes long."""
SLOW = 0.3
"""Seconds after which a read in progress is shown."""
VALUE_LIMIT = 8 * 1024
"""Characters of one value that are shown in a panel; the Raw tab has the rest."""
FIELD_LIMIT = 500
"""Fields of one panel that are shown."""


class DetailsPane(Vertical):
    """Shows one event of a session. The open tab is kept from event to event."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(DETAILS)

    def __init__(self, session: SessionApi, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self._details: Details | None = None
        self._event: int | None = None
        self._wanted = ""
        self._asked_at = self._due = 0.0
        """Times of the monotonic clock: of the last question, and when one is answered though the cursor moves on."""
        self._form: Form | None = None
        self._reader = Coalescer(self._read, partial(self.run_worker, group="details", exit_on_error=False))

    def compose(self) -> ComposeResult:
        yield TabBar(id="details-tabs")
        yield Static(id="details-banner", markup=False)
        yield Sheet(id="details-page")

    def on_mount(self) -> None:
        self._show_sentence("Choose an event to see what is known of it.")

    @property
    def event(self) -> int | None:
        """The event that was asked for last."""
        return self._event

    @property
    def details(self) -> Details | None:
        """What is on the pane, None while nothing is."""
        return self._details

    @property
    def tab(self) -> str:
        """The title of the open tab, '' while nothing is shown."""
        titles = self._titles()
        return titles[self._opened(titles)] if titles else ""

    def show(self, event: int | None) -> None:
        """Show another event, or none. Returns at once; the last one asked for is shown in the end."""
        self._event, self._asked_at = event, time.monotonic()
        if event is None:
            self._details = None
            self._show_sentence("No event is chosen.")
        else:
            self._reader.ask()

    def open_tab(self, title: str) -> None:
        """Open a tab by its title; it stays wanted for events that do not have it."""
        self._wanted = title
        self._refresh_page()

    async def _read(self) -> None:
        """Read and show the event asked for last, once the cursor rests, or now and then while it does not."""
        while (wait := min(self._asked_at + SETTLE, self._due) - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        event = self._event
        if event is None:
            return
        began = time.monotonic()
        slow = self.set_timer(SLOW, self._show_reading)
        try:
            details = await self._session.details(event)
        except Exception as error:  # noqa: BLE001  any error is shown on the pane and must not end the app
            self._details = None
            self._show_sentence(f"This event cannot be read: {in_words(error)}", "$text-error")
        else:
            if self._event is not None:
                self._details = details
                self._refresh_page(keep_place=False)
        finally:
            slow.stop()
            self._due = time.monotonic() + max(REST, 4 * (time.monotonic() - began))

    def _show_reading(self) -> None:
        titles = self._titles()
        self.query_one(TabBar).set_tabs(titles, self._opened(titles), "reading …")

    def _show_sentence(self, sentence: str, style: str = MUTED) -> None:
        self.query_one(TabBar).set_tabs([], 0)
        self.query_one("#details-banner").display = False
        self.query_one(Sheet).show(lambda width: prose(sentence, width, style))

    # tabs

    def _titles(self) -> list[str]:
        if self._details is None:
            return []
        return [*(panel.title for panel in self._details.panels), CHAIN, FINDINGS, RAW]

    def _opened(self, titles: list[str]) -> int:
        return titles.index(self._wanted) if self._wanted in titles else 0

    def _refresh_page(self, *, keep_place: bool = False) -> None:
        details = self._details
        if details is None:
            return
        titles = self._titles()
        opened = self._opened(titles)
        self.query_one(TabBar).set_tabs(titles, opened, f"record {details.row.ordinal:,}")
        banner = self.query_one("#details-banner", Static)
        banner.display = not details.intact
        if not details.intact:
            warning = "‼ These bytes differ from what was read before."
            banner.update(Content(f"{warning} {safe(details.problem, limit=2000)}".rstrip()))
        self.query_one(Sheet).show(self._page(details, titles[opened], opened), keep_place=keep_place)

    def _page(self, details: Details, title: str, opened: int) -> Layout:
        if opened < len(details.panels):
            return lambda width: panel_page(details.panels[opened], width)
        if title == CHAIN:
            return lambda width: chain_page(details, width)
        if title == FINDINGS:
            return lambda width: findings_page(details, width)
        form = self._form_of(details)
        return lambda width: raw_page(details, form, width)

    # what keys do

    def action_next_tab(self) -> None:
        self._step_tab(1)

    def action_previous_tab(self) -> None:
        self._step_tab(-1)

    def _step_tab(self, step: int) -> None:
        titles = self._titles()
        if titles:
            self.open_tab(titles[(self._opened(titles) + step) % len(titles)])

    def action_indent(self) -> None:
        self._show_raw("pretty")

    def action_hex(self) -> None:
        self._show_raw("hex")

    def _show_raw(self, form: Form) -> None:
        """Open the Raw tab in this form, or as the bytes are when they are shown so already."""
        if self._details is not None:
            self._form = "exact" if self._form_of(self._details) == form and self.tab == RAW else form
            self.open_tab(RAW)

    def _form_of(self, details: Details) -> Form:
        return self._form or ("exact" if is_utf8(details.raw) else "hex")

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        self.open_tab(message.title)


def panel_page(panel: Panel, width: int) -> list[Content]:
    """A format's panel: names and values in two columns, nested values as indented JSON."""
    fields = panel.fields[:FIELD_LIMIT]
    if not fields:
        return prose("This event has none of these.", width, MUTED)
    column = label_width((safe(field.name, limit=NAME_LIMIT) for field in fields), width)
    lines = [line for field in fields for line in _field_lines(field, column, width)]
    if len(fields) < len(panel.fields):
        left = f"showing {len(fields):,} of {count(len(panel.fields), 'field')}; the Raw tab has all"
        lines.append(Content.styled(left, f"italic {MUTED}"))
    return lines


def _field_lines(field: Field, column: int, width: int) -> list[Content]:
    name = safe(field.name, limit=NAME_LIMIT)
    value = field.value[:VALUE_LIMIT]
    nested = looks_nested(field.value) and len(field.value) > width - column
    shown = safe_lines(indented(value)) if nested else [safe(value) if value else "—"]
    note = field.note
    if len(value) < len(field.value):
        cut = f"showing {VALUE_LIMIT:,} of {len(field.value):,} characters; the Raw tab has more"
        note = f"{note}; {cut}" if note else cut
    return labelled(name, shown, column, width, note)


def findings_page(details: Details, width: int) -> list[Content]:
    """Every finding of an event, with what was expected and what to do next."""
    worst = details.row.worst
    if not details.findings:
        words = "No findings for this event."
        if worst:
            words += f" Its mark {worst.glyph} in the list stands for what it reports, not for anything wrong with it."
        return prose(words, width, MUTED)
    lines: list[Content] = []
    for row in details.findings:
        if lines:
            lines.append(Content(""))
        lines += finding_lines(row, width)
    return lines


def finding_lines(row: FindingRow, width: int) -> list[Content]:
    """One finding in full: what, where, expected and actual, and what is known of its code."""
    return fact_lines(row, width) + explanation_lines(row.finding.code, width)


def explanation_lines(code: str, width: int) -> list[Content]:
    """What was checked, what explains it innocently, what to do next."""
    entry = catalogue().get(code)
    if entry is None:
        return []
    parts = {"checked": entry.checked, "innocent": entry.innocent, "do next": entry.next}
    return [line for name, text in parts.items() for line in prose(text, width, lead=name.ljust(12), lead_style=MUTED)]


def fact_lines(row: FindingRow, width: int) -> list[Content]:
    """One finding: what, expected and actual, how sure."""
    finding = row.finding
    title = Content.assemble(severity_mark(finding.severity), "  ", (safe(finding.code), STRONG))
    lines = [title.truncate(width, ellipsis=True), *prose(safe(finding.message, limit=2000), width)]
    facts = [("field", finding.field), ("expected", finding.expected), ("actual", finding.actual)]
    if finding.count > 1:
        facts.append(("speaks for", count(finding.count, "event")))
    facts.append(("how sure", finding.confidence.value))
    for name, value in facts:
        if value is not None:
            lines += labelled(name, [safe(value, limit=VALUE_LIMIT)], 12, width)
    return lines


def raw_page(details: Details, form: Form, width: int) -> list[Content]:
    """The record's bytes in one form, under a line with their number, their place and the keys for other forms."""
    place = f"{size(len(details.raw))} at offset {details.row.offset:,}"
    if details.ledger.container == "sqlite":
        place = f"{size(len(details.raw))} of row {details.row.ordinal:,}"
    if details.volume is not None:
        path, number = details.volume
        place += f" of {safe(path.rpartition('/')[2])}, record {number:,} there"
    forms = {"exact": "exact  (= indent, x hex)", "pretty": "indented  (= exact, x hex)", "hex": "hex  (x exact)"}
    head = f"{place} · {forms[form]}"
    if not is_utf8(details.raw):
        head += " · not UTF-8"
    return [*prose(head, width, MUTED), *raw_lines(details.raw, form, width)]
