"""``--where`` of a report: which of its rows are shown. Its fields are the report's columns, by their
names or by the titles that are shown.

The fold always takes all events: a gate without the approvals that a filter took away would be judged falsely.
``state:Blocked,Closed`` (patterns) · ``attempts>3`` ``attempts:3..9`` · ``lag>2h`` (an age) · ``due<2026-03`` (a time)
· ``ready:no`` (yes, no or unknown) · ``files<100`` (percent of a progress) · ``worst:error`` (and worse) ·
``ledger:*name*`` · ``"acted as":GP`` (a title with blanks) · every other word is looked for in the row's texts. Terms
are joined as in every filter: *and*, *or*, *not*, brackets.
"""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from console.engine.replay.cells import cell
from console.formats.report import ReportColumn, ReportRow
from console.model.trust import Severity
from console.store.filter import FilterError, moment
from console.store.filter.reading import Joining, WrittenTerm, read
from console.store.filter.tree import Pattern

Test = Callable[[ReportRow], bool]
_SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_FLAGS = {"yes": True, "true": True, "✓": True, "no": False, "false": False, "✗": False, "unknown": None, "?": None}


def rows_where(text: str, columns: Sequence[ReportColumn]) -> Test:
    """The test that a filter is for rows of these columns. Raises ``FilterError``."""
    joining = Joining[Test](
        lambda term: _test(term, columns),
        lambda tests: lambda row: all(test(row) for test in tests),
        lambda tests: lambda row: any(test(row) for test in tests),
        lambda test: lambda row: not test(row),
    )
    return read(text, joining)


def _test(term: WrittenTerm, columns: Sequence[ReportColumn]) -> Test:
    if term.call:
        raise FilterError("Rows have columns and no functions. A text with brackets is put in quotes.", term.at)
    value = term.value.bound()
    words = ",".join(each.text for each in value.items)
    if not words:
        raise FilterError(f"{term.name} needs a value.", value.at)
    try:
        if not term.name:
            return _of_text(term.text, columns)
        return _of_field(term.name, "" if value.sign in ("=", "!=") else value.sign, words, columns)
    except ValueError as error:
        raise FilterError(str(error), term.at) from error


def _of_text(text: str, columns: Sequence[ReportColumn]) -> Test:
    """The text stands in the row; letter case matters only if there is a capital."""
    small = text == text.lower()

    def holds(row: ReportRow) -> bool:
        texts = [*(cell(each, row.values.get(each.name)) for each in columns), *row.details, row.ledger or ""]
        return any(text in (each.lower() if small else each) for each in texts)

    return holds


def _of_field(field: str, sign: str, value: str, columns: Sequence[ReportColumn]) -> Test:
    """Raises ValueError for what the field cannot be compared with."""
    if field == "worst" and not sign:
        level = {each.word: each for each in Severity}.get(value)
        if level is None:
            raise ValueError(f"worst is one of {', '.join(each.word for each in Severity)}, not {value!r}.")
        return lambda row: row.worst >= level
    if field in ("ledger", "where") and not sign:
        fits = _pattern(value)
        return lambda row: fits(row.ledger)
    wanted = field.casefold()
    named = [each for each in columns if each.name.casefold() == wanted]
    column = next(iter(named or [each for each in columns if each.title.casefold() == wanted]), None)
    if column is None:
        known = ", ".join(("worst", "ledger", *(_names(each) for each in columns)))
        raise ValueError(f"There is no column {field!r} in this report. There are: {known}.")
    name, fits = column.name, _fits(column, sign, value)
    return lambda row: fits(row.values.get(name))


def _names(column: ReportColumn) -> str:
    title = f'"{column.title}"' if " " in column.title else column.title
    return column.name if column.name == column.title else f"{title} ({column.name})"


def _fits(column: ReportColumn, sign: str, value: str) -> Callable[[Any], bool]:
    match column.holds:
        case "text":
            if sign:
                raise ValueError(f"{column.name} is a text: it is not compared by {sign}.")
            return _pattern(value)
        case "flag" | "trouble":
            if sign or value.lower() not in _FLAGS:
                raise ValueError(f"{column.name} is yes, no or unknown, not {sign}{value}.")
            wanted = _FLAGS[value.lower()]
            return lambda held: held is wanted
        case "time":
            start, after = moment(value)
            if not sign:
                return lambda held: held is not None and start <= held < after
            limit, compare = {
                ">": (after, operator.ge),
                ">=": (start, operator.ge),
                "<": (start, operator.lt),
                "<=": (after, operator.lt),
            }[sign]
            return lambda held: held is not None and compare(held, limit)
        case "age":
            return _compared(column.name, sign, lambda held: held, _age(value))
        case "progress":
            return _compared(column.name, sign, _percent, _number(value.removesuffix("%")))
    low, dots, high = value.partition("..")
    if dots and not sign:
        least, most = (_number(low) if low else None), (_number(high) if high else None)
        return lambda held: held is not None and (least is None or held >= least) and (most is None or held <= most)
    number = _number(value)
    return _compared(column.name, sign, lambda held: held, number) if sign else lambda held: held == number


def _compared(name: str, sign: str, taken: Callable[[Any], Any], limit: float) -> Callable[[Any], bool]:
    if not sign:
        raise ValueError(f"{name} is compared: {name}> or {name}<.")
    compare = _SIGNS[sign]

    def fits(held: Any) -> bool:
        found = taken(held)
        return found is not None and compare(found, limit)

    return fits


def _percent(held: Any) -> float | None:
    done, total = held if isinstance(held, tuple) else (None, None)
    return 100 * done / total if done is not None and total else None


def _pattern(value: str) -> Callable[[Any], bool]:
    patterns = [Pattern(each, "*" in each or "?" in each) for each in value.split(",")]
    return lambda held: held is not None and any(each.fits(str(held)) for each in patterns)


def _age(text: str) -> int:
    """Microseconds of ``90s``, ``15m``, ``2h``, ``3d``, ``1w``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|min|h|d|w)", text)
    if match is None:
        raise ValueError(f"An age is a number and s, m, h, d or w, such as 2h, not {text!r}.")
    return int(float(match[1]) * _UNITS[match[2]] * 1_000_000)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?\d{1,30}(\.\d+)?", text):
        raise ValueError(f"{text!r} is no number.")
    return float(text)
