"""The forms of export that can be asked for, by name: those of every ledger, and those that formats declare.

A form may be declared by several formats, and one of every ledger by a format, too: then the ledgers decide which of
them it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.engine.api import format_exports
from console.export.dot import DOT
from console.export.lines import LINES
from console.export.sqlite_file import database
from console.export.table import TABLE
from console.formats.export_form import BY_NAME, Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord

_DATABASES = (".db", ".sqlite", ".sqlite3")
GENERAL = (DOT, LINES, TABLE)
"""Forms that every ledger has."""


class SeveralFormsError(Exception):
    """Ledgers of several systems have a form of this name, each its own. The message is for people."""


class FormFailedError(Exception):
    """A form could not be made of these records. The message is for people."""


_REASON = 300
"""Characters of an error that are repeated."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One name of ``export``. ``by_format`` are the forms by the name of the format that declares each; '' for all."""

    name: str
    by_format: Mapping[str, ExportForm]

    @property
    def description(self) -> str:
        """What it is, of each format."""
        return " ".join(dict.fromkeys(form.description for form in self.by_format.values()))

    @property
    def options(self) -> Sequence[ExportOption]:
        """Options of all its forms, each once."""
        return [*{option.name: option for form in self.by_format.values() for option in form.options}.values()]

    @property
    def formats(self) -> str:
        """Names of the formats that have it; '' for all."""
        return "" if "" in self.by_format else ", ".join(self.by_format)

    def accepts(self, format: str, shape: str) -> bool:
        """True for ledgers from which it can be made."""
        return "" in self.by_format or self._own(format, shape) is not None

    def write(
        self, kinds: Sequence[tuple[str, str]], records: Iterable[ExportRecord], chosen: Chosen, output: str = ""
    ) -> Iterator[bytes]:
        """The form of records from ledgers of these formats and shapes, for the file ``output``; it accepts them all.
        Raises ``SeveralFormsError``, and while it is taken ``FormFailedError``."""
        form = self._form(kinds)
        table = form.table
        asked = "" if table is None else chosen.get(table.asked[0])
        named = asked == BY_NAME and output.lower().endswith(_DATABASES)
        if table is not None and (named or asked == table.asked[1]):
            return _pieces(form, lambda: database(table.name, table.schema, table.rows(records, chosen)))
        return _pieces(form, lambda: form.write(records, chosen))

    def _form(self, kinds: Sequence[tuple[str, str]]) -> ExportForm:
        """A system's own where it takes all ledgers, else the one of every ledger: a file has one kind of rows."""
        own = [(format, self._own(format, shape)) for format, shape in kinds]
        forms = {id(form): (format, form) for format, form in own if form is not None}
        if len(forms) > 1:
            names = ", ".join(format for format, _ in forms.values())
            raise SeveralFormsError(f"{self.name} is another form for each of {names}: export them apart.")
        if any(form is None for _, form in own):
            return self.by_format[""]
        ((_, form),) = forms.values()
        return form

    def _own(self, format: str, shape: str) -> ExportForm | None:
        """The form that this format declares for ledgers of this shape."""
        form = self.by_format.get(format)
        return form if form is not None and (not form.shapes or shape in form.shapes) else None


def _pieces(form: ExportForm, write: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    try:
        yield from write()
    except Exception as error:
        # Foreign code, or a record that it did not expect: people get a sentence, and no half of a file.
        raise FormFailedError(f"The form {form.name} failed, {type(error).__name__}: {error}"[:_REASON]) from error


def exporters() -> dict[str, Exporter]:
    """All of them by name."""
    found: dict[str, dict[str, ExportForm]] = {}
    for format, form in _declared():
        found.setdefault(form.name, {})[format] = form
    return {name: Exporter(name, forms) for name, forms in sorted(found.items())}


def _declared() -> Iterator[tuple[str, ExportForm]]:
    yield from (("", form) for form in GENERAL)
    yield from ((format.name, form) for format, form in format_exports())
