"""The forms of export that can be asked for, by name: those of every ledger, and those that formats declare.

A form may be declared by several formats: then the ledgers decide which of them it is.
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
        form = self._form(format)
        return form is not None and (not form.shapes or shape in form.shapes)

    def write(
        self, formats: Sequence[str], records: Iterable[ExportRecord], chosen: Chosen, output: str = ""
    ) -> Iterator[bytes]:
        """The form of records from ledgers of these formats, for the file ``output``; it accepts them all. Raises
        ``SeveralFormsError``, and while it is taken ``FormFailedError``."""
        forms = {id(form): form for name in formats if (form := self._form(name)) is not None}
        if len(forms) > 1:
            raise SeveralFormsError(f"{self.name} is another form for each of {', '.join(formats)}: export them apart.")
        (form,) = forms.values()
        table = form.table
        asked = "" if table is None else chosen.get(table.asked[0])
        named = asked == BY_NAME and output.lower().endswith(_DATABASES)
        if table is not None and (named or asked == table.asked[1]):
            return _pieces(form, lambda: database(table.name, table.schema, table.rows(records, chosen)))
        return _pieces(form, lambda: form.write(records, chosen))

    def _form(self, format: str) -> ExportForm | None:
        return self.by_format.get(format) or self.by_format.get("")


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
