"""The strip under the head line of every screen: trust got worse, and nobody has looked yet."""

from textual.content import Content
from textual.widget import Widget

from console.app.drawing.cells import path, width
from console.app.messages import AlarmChosen
from console.app.words import count
from console.text import SafeText

HINT = "! shows it"


class AlarmStrip(Widget):
    """One line while there are alarms, none otherwise. A click does what its key does."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._ledger = self._sentence = ""
        self.display = False

    def show(self, number: int, ledger: SafeText, sentence: SafeText) -> None:
        """So many findings nobody has looked at; of the worst, its ledger and what it says. 0 takes the strip away."""
        self._number, self._ledger, self._sentence = number, ledger, sentence
        self.display = number > 0
        self.refresh()

    def render(self) -> Content:
        """The key is never cut, and neither is the number."""
        cells = self.content_size.width
        head = f"‼ ALARM: {count(self._number, 'finding')}  "
        room = max(cells - width(head) - len(HINT) - 2, 8)
        named = self._sentence.startswith(self._ledger)
        ledger = "" if named else f"{path(self._ledger, room // 2)}: "
        words = Content(f"{ledger}{self._sentence}").truncate(room, ellipsis=True)
        gap = " " * max(cells - width(head) - words.cell_length - len(HINT), 1)
        return Content.assemble(head, words, gap, HINT)

    def on_click(self) -> None:
        self.post_message(AlarmChosen())
