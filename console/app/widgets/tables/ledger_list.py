"""The overview's list: a line for each ledger and stream.

Rows come and go while one looks, so the cursor belongs to a ledger or stream, not to a line.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from console.app.drawing.cells import cut, fit, middle, path, width
from console.app.widgets.tables.cursor_list import CursorList
from console.app.widgets.tables.ledger_words import short, trust_counts, verdict_mark
from console.app.widgets.tables.overview_rows import OverviewRow, unread
from console.app.words import age, count
from console.engine.api import Judgement, LedgerRow, StreamRow, Verdict, verdict_of
from console.model.trust import Severity, Trust
from console.text import safe

_COMPONENTS = ("cursor", "marker", "dim", "ledger", *(t.word for t in Trust), *(s.word for s in Severity))
_VERDICT_STYLES = {Verdict.INTACT: "verified", Verdict.CONSISTENT: "dim", Verdict.INCOMPLETE: "warning"}
NAME_LIMIT = 400


class LedgerList(CursorList):
    """Rows of the overview; the cursor stays on the same ledger or stream when they change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ledger-list--{name}" for name in _COMPONENTS}

    class Opened(Message):
        """A double click on the row under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[OverviewRow] = ()
        self._styles: dict[str, Style] = {}
        self._widths = Widths.fit(80)
        self._now = 0
        self._root = ""
        self._settled = True
        self._judged: dict[int, tuple[LedgerRow, Judgement]] = {}

    @property
    def row(self) -> OverviewRow | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def titles(self) -> str:
        """The headings for the present width."""
        at = self._widths
        parts = [
            fit("  ledger and stream", at.name + 1),
            fit("format", at.format),
            fit("profile", at.profile),
            fit("events", at.events, right=True),
            fit("trust", at.trust),
            fit("verdict", at.verdict),
            fit("worst", at.worst),
            fit("last", at.age, right=True),
            fit("note", at.note),
        ]
        return " ".join(part for part in parts if part)

    def show(self, rows: Sequence[OverviewRow], now: int, root: str = "", *, settled: bool = True) -> None:
        """Show these rows; ``now`` is the clock for ages, ``root`` the start of all names, which is left out. Until
        all is read (``settled``) no good verdict is shown."""
        self._settled = settled
        here = self.row.key if self.row else None
        self._root = root
        before, self.rows, self._now = self.rows, rows, now
        if len(rows) != len(before):
            self.resize_rows(len(rows))
        at = next((at for at, row in enumerate(rows) if row.key == here), None)
        if at is not None and at != self.cursor and self.cursor > 0:  # at the top it stays with what is worst
            self.cursor = at
            self.into_view(at)
        self.forget()
        if before and not rows:
            self.refresh()

    def judged(self, ledger: LedgerRow) -> Judgement:
        """The verdict on a ledger as it is now."""
        row, judgement = self._judged.get(ledger.id, (None, None))
        if judgement is None or row != ledger:
            judgement = verdict_of(ledger, coverage=False)
            self._judged[ledger.id] = ledger, judgement
        return judgement

    def set_clock(self, now: int) -> None:
        """The clock for ages is now this: rows whose age reads otherwise are drawn again."""
        before, self._now = self._now, now
        for at, row in enumerate(self.rows):
            last = (row.stream or row.ledger).last_time
            if age(last, before) != age(last, now):
                self.forget_row(at)

    def restyle(self) -> None:
        self._widths = Widths.fit(self.inner_width)
        self._styles = {}

    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        if event.chain == 2:
            self.post_message(self.Opened())

    def draw(self, row: int, selected: bool) -> Strip | None:
        if not self._styles:
            self._styles = {
                name: self.get_component_rich_style(f"ledger-list--{name}", partial=True) for name in _COMPONENTS
            }
        base = self.rich_style
        if selected:
            base += self._styles["cursor"]
        shown = self.rows[row]
        pen = _Pen(base, self._styles)
        pen.write("›" if selected else " ", "marker")
        if shown.hidden:
            pen.write(f" └ showing {shown.shown:,} of {count(shown.shown + shown.hidden, 'stream')}", "dim")
            if not selected:
                pen.write(" · Space shows more" if shown.shown <= 5 else "", "dim")
        elif shown.stream is None and unread(shown.ledger):
            self._draw_unread(pen, shown.ledger)
        else:
            self._draw_counts(pen, shown)
        return pen.strip(self.inner_width)

    def cut_name(self) -> str:
        """The whole name of the row under the cursor, showable, if the list had to cut it; else ''."""
        row = self.row
        if row is None or row.hidden:
            return ""
        if row.stream is None:
            name = self._name_of(row.ledger)
            return name if width(name) > self._widths.name - 2 else ""
        name = f"{safe(row.stream.kind, limit=40)} {safe(row.stream.key, limit=NAME_LIMIT)}"
        return name if width(name) > self._widths.name - 3 else ""

    def _name_of(self, ledger: LedgerRow) -> str:
        return safe(ledger.name.removeprefix(self._root), limit=NAME_LIMIT)

    def _draw_unread(self, pen: "_Pen", ledger: LedgerRow) -> None:
        at = self._widths
        pen.write(fit("  " + path(self._name_of(ledger), at.name - 2), at.name), "dim")
        glyph, style = ("✗", "error") if ledger.state == "unreadable" else ("?", "dim")
        state = f" {glyph} {safe(ledger.state)}"
        pen.write(state, style)
        if ledger.note:
            room = self.inner_width - 1 - at.name - width(state)
            pen.write(cut(f": {safe(ledger.note, limit=NAME_LIMIT)}", room), "dim")

    def _draw_counts(self, pen: "_Pen", shown: OverviewRow) -> None:
        at, ledger, stream = self._widths, shown.ledger, shown.stream
        counted: LedgerRow | StreamRow = stream or ledger
        if stream is None:
            pen.write(
                fit(("▾ " if shown.open else "▸ ") + path(self._name_of(ledger), at.name - 2), at.name),
                "ledger",
            )
            system = f"{ledger.format} {ledger.shape}" if at.profile else ledger.format
            format, profile = safe(system), safe(ledger.profile or "")
            events_ = ledger.events
            if not at.profile and profile:
                format = profile
        else:
            branch = " └ " if shown.last else " ├ "
            kind = safe(stream.kind, limit=40)
            room = max(8, at.name - 4 - width(kind))
            key = f"{kind} {middle(safe(stream.key, limit=NAME_LIMIT), room)}"
            pen.write(branch, "dim")
            pen.write(fit(key, at.name - 3))
            state = _state(stream)
            format, profile = safe(state, limit=60), safe(_chain_words(stream))
            events_ = stream.events
        pen.gap().write(fit(format, at.format), "dim")
        if at.profile:
            pen.gap().write(fit(profile, at.profile), "dim")
        pen.gap().write(fit(_number(events_, at.events), at.events, right=True))
        pen.gap()
        self._draw_trust(pen, _with_tail(counted))
        worst = counted.worst
        if at.verdict and (stream is None or at.worst):
            self._draw_verdict(pen, None if stream else ledger)
        if at.worst or stream is not None:
            pen.gap().write(fit(f"{worst.glyph} {worst.word}" if worst else "", at.worst or at.verdict), worst.word)
        if stream is None and ledger.state == "gone":
            pen.gap().write(fit("gone", at.age, right=True), "warning")
        else:
            pen.gap().write(fit(age(counted.last_time, self._now), at.age, right=True), "dim")
        if at.note:
            pen.gap().write(fit(_note(counted), at.note), "dim")

    def _draw_verdict(self, pen: "_Pen", ledger: LedgerRow | None) -> None:
        """The verdict on a ledger; a stream has none."""
        if ledger is None:
            pen.gap().write(fit("", self._widths.verdict))
            return
        verdict = self.judged(ledger).verdict
        mark = verdict_mark(verdict, ledger.worst, settled=self._settled)
        bad = ledger.worst.word if ledger.worst >= Severity.ERROR else "error"
        good = _VERDICT_STYLES.get(verdict, bad) if self._settled else "dim"
        style = bad if verdict is Verdict.FINDINGS else good
        pen.gap().write(fit(mark, self._widths.verdict), style)

    def _draw_trust(self, pen: "_Pen", counts: Sequence[int]) -> None:
        left = self._widths.trust
        for trust, text in trust_counts(counts, left):
            pen.write(text, trust.word)
            left -= width(text)
            if left > 0:
                pen.write(" ")
                left -= 1
        pen.write(" " * left)


class _Pen:
    """Puts styled texts into a strip, from left to right."""

    def __init__(self, base: Style, styles: dict[str, Style]) -> None:
        self._base, self._styles = base, styles
        self._segments: list[Segment] = []

    def write(self, text: str, style: str = "") -> "_Pen":
        if text:
            self._segments.append(Segment(text, self._base + self._styles[style] if style else self._base))
        return self

    def gap(self) -> "_Pen":
        return self.write(" ")

    def strip(self, cells: int) -> Strip:
        return Strip(self._segments).adjust_cell_length(cells, self._base)


class Widths:
    """Widths of the columns for a list so many cells wide; 0 leaves one out. Where there is no column for the worst
    finding, streams show theirs where ledgers show the verdict."""

    def __init__(self, name: int, columns: Sequence[int]) -> None:
        self.name = name
        self.format, self.profile, self.events, self.trust, self.verdict, self.worst, self.age, self.note = columns

    @classmethod
    def fit(cls, cells: int) -> "Widths":
        format, profile, events, trust, verdict, worst, age, note = 13, 0, 6, 13, 12, 0, 6, 0
        if cells >= 110:
            format, profile, events, trust = 16, 14, 9, 18
        if cells >= 150:
            format, profile, trust, worst = 20, 16, 24, 10
            spare = cells - 1 - (format + profile + events + trust + verdict + worst + age + 8) - 50
            note = min(spare, 36) if spare >= 12 else 0
        fixed = [format, profile, events, trust, verdict, worst, age, note]
        name = cells - 1 - sum(fixed) - sum(1 for each in fixed if each)
        return cls(max(10, name), fixed)


def _number(number: int, cells: int) -> str:
    exact = f"{number:,}"
    return exact if len(exact) <= cells else short(number)


def _with_tail(row: LedgerRow | StreamRow) -> Sequence[int]:
    """Events by trust, with a ledger's last line that has no end yet."""
    if isinstance(row, StreamRow) or not row.pending:
        return row.trust
    return (*row.trust[: Trust.PENDING], row.trust[Trust.PENDING] + 1, *row.trust[Trust.PENDING + 1 :])


def _state(stream: StreamRow) -> str:
    """A stream's state as short as can be: only a number needs its name."""
    return " ".join(
        f"{name.replace('_', ' ')} {value}" if value[:1].isdigit() else value for name, value in stream.state.items()
    )


def _chain_words(stream: StreamRow) -> str:
    if stream.chain_intact is None:
        return "no chain"
    if not stream.chain_intact:
        return "chain broken"
    if stream.chain_holds:
        return "chain holds"
    proved = stream.trust[Trust.VERIFIED] + stream.trust[Trust.RECOVERED]
    return "not all proved" if proved or not stream.trust[Trust.LINKED] else "only links hold"


def _note(row: LedgerRow | StreamRow) -> str:
    if isinstance(row, StreamRow):
        return ""
    parts: list[str] = [safe(row.state)] if row.state not in {"", "live"} else []
    if row.pending:
        parts.append(f"… {row.pending:,} B pending")
    if row.note:
        parts.append(safe(row.note, limit=NAME_LIMIT))
    return " · ".join(parts)
