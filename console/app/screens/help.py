"""Help: every key of the screen one came from, then what the signs mean."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.app.actions import DETAILS, GROUPS, HELP, STREAM, Action, bindings, on, shown_key
from console.app.cells import fit
from console.app.screens.base import ConsoleScreen
from console.model.trust import Severity, Trust

TRUST_WORDS = {
    Trust.VERIFIED: "hash recomputed, and linked",
    Trust.RECOVERED: "verified after recovering what was not stored",
    Trust.LINKED: "the link holds, the hash could not be reproduced",
    Trust.UNCHAINED: "takes part in no chain: only the witness guards it",
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
KEYS_WIDTH = 18


class HelpScreen(ConsoleScreen):
    """Keys of one screen (``of`` is its name in the registry) and the signs."""

    WHERE = HELP
    BINDINGS: ClassVar[list[BindingType]] = bindings(HELP)

    def __init__(self, of: str) -> None:
        super().__init__()
        self._of = of

    def body(self) -> Iterator[Widget]:
        yield VerticalScroll(Static(help_content(self._of), markup=False), id="help")

    def place(self) -> Content:
        return Content.assemble(("audit-console", "bold"), f"  Help: {self._of}")

    def status(self) -> Content:
        return Content.assemble(("Esc goes back. All actions are also in the palette, by name: ^P.", "$text-muted"))

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#help").focus()


def _line(action: Action) -> Content:
    keys = "  ".join(shown_key(key) for key in action.keys)
    return Content.assemble("  ", (fit(keys, KEYS_WIDTH), "bold"), action.help)


def help_content(of: str) -> Content:
    """The text of the help for one screen."""
    lines: list[Content] = []
    for group in GROUPS:
        actions = [action for action in on(of) if action.group == group]
        if actions:
            lines.append(Content.assemble((group, "bold $text-primary")))
        lines += [_line(action) for action in actions]
        if actions:
            lines.append(Content())
    if of == STREAM:
        lines.append(Content.assemble(("In the details", "bold $text-primary")))
        lines += [_line(action) for action in on(DETAILS)]
        lines.append(Content())
    lines.append(Content.assemble(("Trust of an event", "bold $text-primary")))
    for trust, words in TRUST_WORDS.items():
        lines.append(Content.assemble("  ", (fit(f"{trust.glyph} {trust.word}", KEYS_WIDTH), "bold"), words))
    lines += [Content(), Content.assemble(("Findings", "bold $text-primary"))]
    for level, words in SEVERITY_WORDS.items():
        lines.append(Content.assemble("  ", (fit(f"{level.glyph} {level.word}", KEYS_WIDTH), "bold"), words))
    return Content("\n").join(lines)
