"""Forms in which events leave the console: tables, graphs, lines for other programs.

A format declares those that are its own system's (``Format.exports``); each becomes ``audit-console export NAME``, with
the filters, the safe writing of files and the progress that all exports have. A form only turns records into bytes, so
that it needs no files and may run over ledgers of any size:

    def _lines(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
        for record in records:
            yield json.dumps(record.document).encode() + b"\\n"

    exports = (ExportForm("toy-lines", "One line for each event.", _lines, (ExportOption("all", "Also …"),)),)

Records come in the order of their ledger, one ledger after the other, those without a document left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.formats.export_record import ExportRecord

Chosen = Mapping[str, bool | str]
"""An export's options by name: flags, or one of the option's choices."""


@dataclass(frozen=True, slots=True)
class ExportOption:
    """``name`` is the option's without its hyphens, ``help`` one line. Without ``choices`` it is a flag, else one of
    them, the first if none is given."""

    name: str
    help: str
    choices: Sequence[str] = ()


BY_NAME = "by-name"
"""A choice: as the name of the file says."""


@dataclass(frozen=True, slots=True)
class ExportTable:
    """The same export as a SQLite database with one table, where the option ``asked`` has this value, or is ``BY_NAME``
    and the file is named like one. ``schema`` creates the table, ``rows`` are its cells in the order of the columns."""

    asked: tuple[str, str]
    name: str
    schema: str
    rows: Callable[[Iterable["ExportRecord"], Chosen], Iterator[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class ExportForm:
    """``name`` is one or more lower-case words with hyphens, ``description`` a sentence for people. ``write`` gives the
    file in pieces of any size; what it raises ends the export without a file. ``shapes`` are those of the ledgers that
    it takes, all where none is named."""

    name: str
    description: str
    write: Callable[[Iterable["ExportRecord"], Chosen], Iterator[bytes]]
    options: Sequence[ExportOption] = ()
    shapes: Sequence[str] = ()
    table: ExportTable | None = None
