"""Overview: all ledgers and their streams, the worst first."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.app.actions import OVERVIEW, bindings
from console.app.messages import IndexChanged, LedgersRead, SessionTrouble
from console.app.screens.base import NAME_LIMIT, ConsoleScreen
from console.app.widgets.bars.frame import TextLine, TitleLine
from console.app.widgets.tables.ledger_list import LedgerList
from console.app.widgets.tables.ledger_words import verdict_mark, verdict_sentence
from console.app.widgets.tables.overview_rows import (
    FEW_LEDGERS,
    ORDERS,
    PREVIEW,
    UNFOLDED,
    added,
    common_root,
    rows_of,
    unread,
)
from console.app.words import count
from console.app.work import Coalescer, Throttle
from console.engine.api import LedgerRow, StreamRow, Verdict, state_words
from console.model.trust import Severity, Trust
from console.text import safe

REST = 0.25
"""Seconds between two looks while events stream in."""
LEGEND = tuple(f"{trust.glyph} {trust.word}" for trust in sorted(Trust, key=lambda trust: (trust == 0, trust)))


class OverviewScreen(ConsoleScreen):
    """The first screen."""

    WHERE = OVERVIEW
    BINDINGS: ClassVar[list[BindingType]] = bindings(OVERVIEW)

    def __init__(self) -> None:
        super().__init__()
        self.list = LedgerList(id="ledgers")
        self._order = ORDERS[0]
        self._ledgers: tuple[LedgerRow, ...] = ()
        self._streams: dict[int, tuple[list[StreamRow], int]] = {}
        self._unfolded: set[int] = set()
        self._read = False
        self._reader = Coalescer(
            self.guarded(self._read_ledgers, "Reading the ledgers"),
            partial(self.run_worker, group="ledgers", exit_on_error=False),
        )
        self._throttle = Throttle(REST, self._reader.ask, self.set_timer)
        self._moved = False

    def body(self) -> Iterator[Widget]:
        yield TextLine(id="totals")
        yield TitleLine(self.list)
        yield self.list
        yield Static(id="empty", markup=False)

    def place(self) -> Content:
        root = safe(self.console_app.root, limit=NAME_LIMIT)
        order = {"worst": "worst first", "name": "by name", "last event": "latest first"}[self._order]
        return Content.assemble(("audit-console", "bold"), f"  Overview, {order}" + (f"  {root}" if root else ""))

    def status(self) -> Content:
        """What the signs mean; once the cursor has moved, what the list cannot show of the row under it."""
        if self._moved and (about := self._about()):
            return Content(about)
        gap = "   " if self.size.width >= 100 else " "
        return Content.assemble((gap.join(LEGEND), "$text-muted"))

    def _about(self) -> str:
        """Of the row under the cursor: its name where the list cuts it, a stream's state; a ledger's note, and what its
        verdict rests on and cannot rule out."""
        row = self.list.row
        parts = [self.list.cut_name()]
        if row is not None and row.stream is not None:
            parts.append(safe(state_words(row.stream.state), limit=NAME_LIMIT))
        elif row is not None and not row.hidden:
            parts += [
                safe(row.ledger.state) if row.ledger.state != "live" else "",
                safe(row.ledger.note, limit=NAME_LIMIT),
                verdict_sentence(self.list.judged(row.ledger)) if self._settled and not unread(row.ledger) else "",
            ]
        return " · ".join(part for part in parts if part)

    # reading

    def look(self) -> None:
        """Look now, then not again before a moment has passed: a busy ledger must not keep the screen busy."""
        self._throttle.ask()

    async def _read_ledgers(self) -> None:
        session = self.console_app.session
        if session is None:
            return
        ledgers = await session.ledgers()
        preview = PREVIEW if len(ledgers) <= FEW_LEDGERS else 0
        streams: dict[int, tuple[list[StreamRow], int]] = {}
        for ledger in ledgers:
            limit = UNFOLDED if ledger.id in self._unfolded else preview
            if limit and not unread(ledger):
                streams[ledger.id] = await session.streams(ledger.id, limit=limit)
        self.post_message(LedgersRead(tuple(ledgers), streams))

    def on_ledgers_read(self, event: LedgersRead) -> None:
        self._ledgers, self._streams, self._read = event.ledgers, event.streams, True
        self.console_app.root = common_root([ledger.path for ledger in event.ledgers])
        self._show()

    def on_index_changed(self, event: IndexChanged) -> None:
        super().on_index_changed(event)
        if not self._ledgers:
            self._show()

    def on_session_trouble(self, event: SessionTrouble) -> None:
        super().on_session_trouble(event)
        if not self._ledgers:
            self._show()

    def tick(self) -> None:
        super().tick()
        self.list.set_clock(self.console_app.now())

    def on_resize(self) -> None:
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self.show_status()
        if self._ledgers:
            self.query_one("#totals", TextLine).set_text(self._totals())

    # showing

    def on_mount(self) -> None:
        super().on_mount()
        self._show()
        self.list.focus()

    def _show(self) -> None:
        empty = not self._ledgers
        self.set_class(empty, "-empty")
        if empty:
            self.query_one("#empty", Static).update(self._empty_words())
            return
        if self.focused is None:
            self.list.focus()
        rows = rows_of(self._ledgers, self._streams, self._order)
        self.list.show(rows, self.console_app.now(), self.console_app.root, settled=self._settled)
        self.show_place()
        self.show_status()
        self.query_one("#totals", TextLine).set_text(self._totals())

    def _empty_words(self) -> Content:
        where = self.console_app.where or "the given paths"
        if self._trouble:
            return Content(f"{self._trouble.what}: {self._trouble.words}\n\nq leaves the console.")
        if not self._read or not self._settled:
            return Content(f"Opening {where} …")
        return Content(
            f"No ledgers here yet.\n\nWatching {where}; new ledgers appear by themselves.\n"
            "`audit-console formats` lists what is known."
        )

    @property
    def _settled(self) -> bool:
        """True once all that was there has been read."""
        return self.console_app.progress.phase not in ("starting", "reading", "restarting")

    def _totals(self) -> Content:
        events = sum(ledger.events for ledger in self._ledgers)
        trust = added([ledger.trust for ledger in self._ledgers], len(Trust))
        findings = added([ledger.findings for ledger in self._ledgers], len(Severity))
        streams = sum(total for _, total in self._streams.values())
        parts = [count(len(self._ledgers), "ledger")]
        if len(self._streams) == sum(not unread(ledger) for ledger in self._ledgers):
            parts.append(count(streams, "stream"))
        parts.append(count(events, "event"))
        broken = [(f"✗ {trust[Trust.BROKEN]:,} broken", "bold $text-error")] if trust[Trust.BROKEN] else []
        # Of many ledgers the worst verdict is that on all; each is kept, so that only what changed is judged again.
        judged = max(self.list.judged(ledger).verdict for ledger in self._ledgers)
        worst = next((level for level in sorted(Severity, reverse=True) if findings[level]), Severity.NONE)
        style = {Verdict.FINDINGS: "bold $text-error", Verdict.INCOMPLETE: "bold $text-warning"}
        mark = verdict_mark(judged, worst, settled=self._settled)
        verdict = Content.styled(mark, style.get(judged, "bold") if not mark.startswith("…") else "")
        words = [verdict, *(Content.assemble(part) for part in broken), Content(", ".join(parts))]
        worded = Content("   ").join([*words, _finding_counts(findings, worded=True)])
        if worded.cell_length <= self.size.width - 2:
            return worded
        return Content("   ").join([*words, _finding_counts(findings, worded=False)])

    # actions

    def on_cursor_list_moved(self) -> None:
        self.word = ""
        self._moved = True
        self.show_status()

    def on_ledger_list_opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self.list.row
        if row is None:
            return
        if row.hidden:
            self.action_fold()
        elif unread(row.ledger):
            self.notify(
                f"{row.ledger.state}: {safe(row.ledger.note)}",
                title=self.console_app.name_of(row.ledger.name),
                markup=False,
            )
        elif self.console_app.session is not None:
            self.console_app.go_to.stream(self.console_app.session, ledger=row.ledger, stream=row.stream)

    def action_all_events(self) -> None:
        if self.console_app.session is not None:
            self.console_app.go_to.stream(self.console_app.session)

    def action_fold(self) -> None:
        row = self.list.row
        if row is not None:
            self._unfolded ^= {row.ledger.id}
            self._reader.ask()

    def action_sort(self) -> None:
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._show()

    def action_verify(self) -> None:
        row = self.list.row
        if row is not None and not unread(row.ledger):
            name = (
                f"{row.stream.kind} {row.stream.key}"
                if row.stream
                else row.ledger.name.removeprefix(self.console_app.root)
            )
            self.console_app.check(
                safe(name, limit=80), ledger=row.ledger.id, stream=row.stream.id if row.stream else None
            )

    def action_findings(self) -> None:
        row = self.list.row
        session = self.console_app.session
        if session is not None:
            ledger = row.ledger.id if row and row.stream is None else None
            self.console_app.go_to.findings(session, ledger)

    def action_back(self) -> None:
        self.stop()


def _finding_counts(findings: tuple[int, ...], *, worded: bool) -> Content:
    """``‼ 8 critical  ! 3 warnings``, with the signs alone unless ``worded``; nothing for none."""
    found = [
        Content.assemble(
            (
                f"{level.glyph} {findings[level]:,}" + (f" {level.words(findings[level])}" if worded else ""),
                f"$text-{colour}",
            )
        )
        for level, colour in (
            (Severity.CRITICAL, "error"),
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.NOTE, "muted"),
        )
        if findings[level]
    ]
    return Content("  ").join(found)
