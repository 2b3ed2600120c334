"""Help: every key of the screen one came from, then what the signs mean."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from console.app.actions import DETAILS, GROUPS, HELP, STREAM, Action, bindings, on, shown_key
from console.app.drawing.cells import fit
from console.app.drawing.layout import STRONG, prose
from console.app.screens.base import ConsoleScreen
from console.app.widgets.details.sheet import Sheet
from console.model.trust import Severity, Trust

TRUST_WORDS = {
    Trust.VERIFIED: "hash recomputed, and linked",
    Trust.RECOVERED: "verified after recovering what was not stored",
    Trust.LINKED: "the link holds, the hash could not be reproduced",
    Trust.UNCHAINED: "takes part in no chain: no hash protects it",
    Trust.UNCHECKED: "not checked yet, or nothing to check",
    Trust.PENDING: "a tail without its line end",
    Trust.BROKEN: "the hash or the link is wrong",
}
SEVERITY_WORDS = {
    Severity.CRITICAL: "history or its proof was changed",
    Severity.ERROR: "wrong by the system's own rules",
    Severity.WARNING: "may be wrong: look",
    Severity.NOTE: "good to know",
}
FILTERS = {
    "type:A,B": "either type; * and ? stand for any text and any character",
    "trust:broken": "a trust state; severity:warning and code:chain.* ask for findings",
    "seq>9": "numbers: also seq:3..9",
    "since:2h": "times: until:now, time:2026-01-01, since:yesterday",
    "deal:KEY": "a stream by its kind; stream:KEY by its key alone",
    "payload.x>5": "a key of the raw record; .x:text for one at its top",
    "ancestors(ID)": "causes; descendants(ID), and chain(ID) for its chain",
    'two "exact words"': "texts in the raw record",
    "a or (b and -c)": "or, and, not, brackets; Tab completes",
}
"""What can be filtered, by examples."""
KEYS_WIDTH = 18


class HelpScreen(ConsoleScreen):
    """Keys of one screen (``of`` is its name in the registry) and the signs."""

    WHERE = HELP
    BINDINGS: ClassVar[list[BindingType]] = bindings(HELP)

    def __init__(self, of: str) -> None:
        super().__init__()
        self._of = of

    def body(self) -> Iterator[Widget]:
        yield Sheet(id="help")

    def place(self) -> Content:
        return Content.assemble(("audit-console", "bold"), f"  Help: {self._of}")

    def status(self) -> Content:
        return Content.assemble(("Esc goes back. All actions are also in the palette, by name: ^P.", "$text-muted"))

    def on_mount(self) -> None:
        super().on_mount()
        page = self.query_one(Sheet)
        page.show(lambda width: help_lines(self._of, width))
        page.focus()


def _line(action: Action, width: int) -> list[Content]:
    return _entry("  ".join(shown_key(key) for key in action.keys), action.help, width)


def _entry(name: str, words: str, width: int) -> list[Content]:
    return prose(words, width, lead="  " + fit(name, KEYS_WIDTH), lead_style=STRONG)


def help_lines(of: str, width: int) -> list[Content]:
    """The help for one screen, each line at most so many cells wide."""
    parts = [(group, [action for action in on(of) if action.group == group]) for group in GROUPS]
    if of == STREAM:
        parts.append(("In the details", list(on(DETAILS))))
    lines: list[Content] = []
    for title, actions in parts:
        if actions:
            lines.append(_title(title))
            lines += [line for action in actions for line in _line(action, width)]
            lines.append(Content())
    if of == STREAM:
        lines.append(_title("Filters"))
        for term, words in FILTERS.items():
            lines += _entry(term, words, width)
        lines.append(Content())
    lines.append(_title("Trust of an event"))
    for trust, words in TRUST_WORDS.items():
        lines += _entry(f"{trust.glyph} {trust.word}", words, width)
    lines += [Content(), _title("Findings")]
    for level, words in SEVERITY_WORDS.items():
        lines += _entry(f"{level.glyph} {level.word}", words, width)
    return lines


def _title(words: str) -> Content:
    return Content.styled(words, "bold $text-primary")
