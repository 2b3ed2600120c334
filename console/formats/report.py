"""Tables that a system's own auditor would ask for: gates judged, messages delivered, operations, due dates.

A format declares each as a fold over events. The command of the report's name and its screen come from the declaration,
and nothing outside the format knows what it counts. A fold takes events as they come, so that a screen can keep it
live.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from console.model.event import Event
from console.model.trust import Severity


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """``name`` is the key in JSON, ``title`` the header. Values: ``text`` str, ``number`` int or float, ``time`` UTC
    microseconds, ``age`` microseconds (below 0: still to come), ``flag`` True, False, or None for what the ledger
    cannot show, ``trouble`` True where something is wrong, else False, ``progress`` (done, total), drawn as a bar; a
    total of None is not known."""

    name: str
    title: str
    holds: Literal["text", "number", "time", "age", "flag", "trouble", "progress"] = "text"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row: a value for each column by name (None: does not apply), and how bad it is. A screen goes to the record
    ``ordinal`` of ``ledger``; ``details`` are further lines that explain the row. Worse rows are shown first, those
    that are equally bad in the fold's order. Texts may be foreign."""

    values: Mapping[str, Any]
    worst: Severity = Severity.NONE
    ledger: str | None = None
    ordinal: int | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportTable:
    """What a fold comes to. ``summary`` are figures of the whole by name; ``notes`` are sentences for people."""

    rows: Sequence[ReportRow]
    summary: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class ReportFold(Protocol):
    """Events of all ledgers of the format, in each ledger's order."""

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        """Events of this ledger follow, from its beginning. What was taken of it earlier does not count any more."""

    def take(self, ledger: str, event: Event) -> None:
        """One event, with its document. Records that cannot be read are not given."""

    def table(self, now: int) -> ReportTable:
        """The rows as of now (UTC microseconds)."""


@dataclass(frozen=True, slots=True)
class Report:
    """``name`` is the command's, one lower-case word; ``title`` the screen's; ``summary`` one line of help."""

    name: str
    title: str
    summary: str
    columns: Sequence[ReportColumn]
    fold: Callable[[], ReportFold]
