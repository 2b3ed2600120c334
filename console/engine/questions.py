"""What may be asked of the documents of events: reports, states, and what else reads them again from raw records.

A part of ``console.engine.api``, which hands it on: no module has room for all questions. The rooms behind are imported
when something is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from console.engine.custody.place import CustodyPlace

if TYPE_CHECKING:
    from console.engine.replay.reports import ReportAnswer
    from console.engine.replay.states import StateAnswer
    from console.formats.report import Report, ReportColumn, ReportRow

__all__ = [
    "CustodyPlace",
    "Report",
    "ReportAnswer",
    "ReportColumn",
    "ReportRow",
    "StateAnswer",
    "check_setting_files",
    "make_report",
    "record_act",
    "recorded_acts",
    "report_cell",
    "report_value",
    "reports",
    "rows_where",
    "state_as_of",
]


def check_setting_files(*, key_file: str | None, rules_file: str | None) -> None:
    """Raise ``EngineError`` for a file of these settings that cannot be read, or for rules that cannot be used."""
    from console.engine.errors import EngineError
    from console.formats.registry import all_formats
    from console.sources.companions import named_by_setting
    from console.sources.protocol import SourceError

    for name, path in (("key_file", key_file), ("rules_file", rules_file)):
        if path is None:
            continue
        try:
            content = named_by_setting(path)
            if name == "rules_file":
                text = content.decode() or " "  # an empty file names no rules, and wants not those of the format
                for form in all_formats():
                    if form.governed:
                        form.check_rules(text)
        except SourceError as error:
            why = error.finding.message.rstrip(".")
            raise EngineError(f"{name} {path}: {why[:1].lower()}{why[1:]}") from error
        except UnicodeDecodeError as error:
            raise EngineError(f"{name} {path}: it is not UTF-8 text") from error
        except ValueError as error:
            raise EngineError(f"{name} {path}: {error}") from error


def reports() -> "dict[str, Report]":
    """The reports of all formats by name; each is a command, too."""
    from console.formats import registry

    return {name: report for name, (_, report) in registry.reports().items()}


def make_report(
    paths: Sequence[str],
    name: str,
    *,
    now: int | None = None,
    where: str = "",
    progress: Callable[[int], None] | None = None,
) -> "ReportAnswer":
    """The report of this name on all ledgers of its format under these paths, from their raw bytes, as of ``now`` (UTC
    microseconds); its rows that the filter ``where`` lets through. ``progress`` hears events so far. Raises
    ``FilterError`` and ``EngineError``."""
    from console.engine.replay.reports import make_report

    return make_report(paths, name, now=now, where=where, progress=progress)


def rows_where(text: str, columns: "Sequence[ReportColumn]") -> "Callable[[ReportRow], bool]":
    """The test that a filter is for a report's rows: see ``make_report``. Raises ``FilterError``."""
    from console.engine.replay.row_filter import rows_where

    return rows_where(text, columns)


def report_cell(column: "ReportColumn", value: Any, room: int | None = None) -> str:  # noqa: ANN401 - what it holds
    """A value of a report as one line of text, foreign as it may be; some are shorter where there is little ``room``
    (characters)."""
    from console.engine.replay.cells import cell

    return cell(column, value, room)


def report_value(column: "ReportColumn", value: Any) -> Any:  # noqa: ANN401 - what the column holds
    """A value of a report for JSON."""
    from console.engine.replay.cells import exact

    return exact(column, value)


def state_as_of(
    paths: Sequence[str],
    stream: str,
    *,
    until: int | None = None,
    sequence: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> "StateAnswer":
    """The state of a stream, named by its key or as ``kind:key``, and the events that made it: after all that happened
    before the time ``until`` (UTC microseconds), or after the event of this sequence number (of a stream without
    numbers, after so many events). ``progress`` hears events so far. Raises ``NoSuchStreamError``,
    ``SeveralStreamsError``, and ``EngineError`` for a stream without a state."""
    from console.engine.replay.states import state_as_of

    return state_as_of(paths, stream, until=until, sequence=sequence, progress=progress)


def record_act(
    place: CustodyPlace,
    action: str,
    ledgers: Sequence[str],
    result: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record in the chain of custody that something was done with ledgers. Raises ``EngineError``."""
    from console.engine.custody.log import record

    record(place, action, ledgers, result, details)


def recorded_acts(path: str, last: int | None = None) -> tuple[list[Mapping[str, Any]], int]:
    """The entries of the chain of custody at a path, or the ``last`` of them, oldest first, and how many there are in
    all; none where there is no such file. What they come to is for ``verify`` to say."""
    from console.engine.custody.acts import acts

    return acts(path, last)
