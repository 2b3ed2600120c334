"""The rows of a report in its columns, as many as there is room for; the sheet beside has all of a row.

What a row is about stands whole before further columns come in. A column without any value is left out.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual

from console.app.drawing.cells import fit, middle, width
from console.app.drawing.layout import SEVERITY_STYLE
from console.app.widgets.tables.cursor_list import CursorList
from console.text import safe

if TYPE_CHECKING:
    from console.engine.questions import ReportColumn, ReportRow

Cell = Callable[["ReportColumn", object, int | None], str]
SAMPLE = 500
"""Rows whose cells decide how wide the columns are."""
LEAST = {"text": 11, "time": 11, "progress": 12}
"""Cells to which a column of these kinds may shrink where there is little room; the others keep their width."""
MOST = 40
"""Cells of a column at most."""
TEXT_LIMIT = 300
"""Characters of a foreign value that are looked at."""
RIGHT = frozenset(("number", "age"))
"""What is aligned to the right."""
GAP = 2


class RowList(CursorList):
    """``cell`` makes a value a text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor"}

    def __init__(self, cell: Cell, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cell = cell
        self._columns: Sequence[ReportColumn] = ()
        self._rows: Sequence[ReportRow] = ()
        self._widths: list[int] = []

    @property
    def row(self) -> "ReportRow | None":
        """What the cursor is on."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    @property
    def hidden(self) -> int:
        """Columns that there is no room for."""
        return len(self._columns) - len(self._widths)

    @property
    def titles(self) -> str:
        heads = [fit(safe(each.title), cells, right=each.holds in RIGHT) for each, cells in self._shown()]
        return (" " * GAP).join(["   ", *heads])

    def fill(self, columns: "Sequence[ReportColumn]", rows: "Sequence[ReportRow]") -> None:
        """Show these rows; the cursor stays on the row that it was on."""
        before = self.row
        self._columns = [each for each in columns if not rows or any(self._holds(each, row) for row in rows)]
        self._rows = rows
        self.restyle()
        self.resize_rows(len(rows))
        self.forget()
        if self.heading is not None:
            self.heading.refresh()
        if before is not None:
            same = (at for at, row in enumerate(rows) if _identity(row, columns) == _identity(before, columns))
            self.move_to(next(same, self.cursor))

    def restyle(self) -> None:
        natural = self._natural()
        least = [min(each, LEAST.get(column.holds, each)) for each, column in zip(natural, self._columns, strict=True)]
        room = self.inner_width - 3 - GAP
        if (key := self._key()) is not None:
            least[key] = max(least[key], min(natural[key], room - sum(least[:key]) - GAP * key))
        self._widths = _fitted(natural, least, room)

    def draw(self, row: int, selected: bool) -> Strip | None:
        style = self.get_visual_style("row-list--cursor") if selected else self.visual_style
        return Visual.to_strips(self, self._line(self._rows[row], selected), self.inner_width, 1, style, pad=True)[0]

    def _line(self, row: "ReportRow", selected: bool) -> Content:
        cells = [self._cell_of(each, row, cells) for each, cells in self._shown()]
        worst = Content.assemble("›" if selected else " ", (f"{row.worst.glyph} ", SEVERITY_STYLE[row.worst]))
        return Content(" " * GAP).join([worst, *cells]).truncate(self.inner_width, ellipsis=True)

    def _cell_of(self, column: "ReportColumn", row: "ReportRow", cells: int) -> Content:
        """A cell filled to its width; an id keeps both of its ends, for ids may differ in their last characters."""
        text = self._text(column, row, cells)
        return Content(
            fit(
                middle(text, cells) if column.holds == "text" and _is_id(text) else text,
                cells,
                right=column.holds in RIGHT,
            )
        )

    def _shown(self) -> "list[tuple[ReportColumn, int]]":
        return list(zip(self._columns, self._widths, strict=False))

    def _text(self, column: "ReportColumn", row: "ReportRow", room: int | None = None) -> str:
        return safe(self._cell(column, row.values.get(column.name), room), limit=TEXT_LIMIT)

    def _holds(self, column: "ReportColumn", row: "ReportRow") -> bool:
        return column.holds == "flag" or row.values.get(column.name) not in (None, "")

    def _key(self) -> int | None:
        """The column that names what its row is about: the first of texts. Ids can be shortened, words cannot."""
        for at, column in enumerate(self._columns):
            texts = [self._text(column, row) for row in self._rows[:SAMPLE]] if column.holds == "text" else []
            if any(text and not _is_id(text) for text in texts):
                return at
        return None

    def _natural(self) -> list[int]:
        return [
            min(MOST, max([width(safe(each.title)), *(width(self._text(each, row)) for row in self._rows[:SAMPLE])]))
            for each in self._columns
        ]


def _is_id(text: str) -> bool:
    return " " not in text and any(char.isdigit() for char in text)


def _identity(row: "ReportRow", columns: "Sequence[ReportColumn]") -> object:
    first = row.values.get(columns[0].name) if columns else None
    return row.ledger, first, row.ordinal


def _fitted(natural: list[int], least: list[int], room: int) -> list[int]:
    """The widths of as many columns as there is room for: the widest give way first, then the last are left out."""
    count = len(natural)
    while count and sum(least[:count]) + GAP * (count - 1) > room:
        count -= 1
    found = natural[:count]
    while count and sum(found) + GAP * (count - 1) > room:
        able = [at for at in range(count) if found[at] > least[at]]
        found[max(able, key=found.__getitem__)] -= 1
    return found
