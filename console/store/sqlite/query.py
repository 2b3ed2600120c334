"""The query language of filters: ``field:value`` terms and free text, turned into SQL conditions.

``type:A,B`` is either · ``-type:A`` is not · ``*`` matches any text · ``seq:3..9``, ``seq:>9`` · ``since:2026-01-01``,
``until:…``, ``time:2026-01-01T10`` (that hour) · ``trust:broken`` · ``severity:warning`` (and worse) ·
``code:chain.*`` · ``run:… deal:… action:…`` (streams by kind) · ``ledger:*name*`` · ``"exact words"`` and every other
word are looked for in the raw records, letter case ignored unless the word has capitals. Terms are joined by *and*.
Between quotes ``,`` ``*`` and ``?`` stand for themselves, and a backslash before a quote or a backslash is dropped.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.model.trust import Severity, Trust
from console.store.sqlite.membership import MEMBERS
from console.store.sqlite.schema import NO_TIME_BIT, WORST_SHIFT

STREAM_KINDS = (
    *("run", "deal", "action", "product", "objective", "entity", "trace", "batch"),
    *("simulation", "agent", "scenario", "aggregate", "episode", "document"),
)
RAW_FIELDS = ("id", "hash", "parent", "correlation", "cause")
"""Fields whose values stand in the raw record: looked for there."""
LENGTH, TERMS, VALUES = 10_000, 200, 200
"""Characters of a filter, its terms, and values of one term: SQLite refuses statements far beyond that."""
_LARGEST = (1 << 63) - 1


class QueryError(Exception):
    """A filter that cannot be read. ``at`` is the position of the term in the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Query:
    """SQL conditions over ``event`` (all must hold) with their parameters, and texts to look for in the raw records.

    ``texts`` holds (text, wanted): with ``wanted`` False the record must not hold it.
    """

    conditions: tuple[str, ...] = ()
    parameters: tuple[object, ...] = ()
    texts: tuple[tuple[str, bool], ...] = ()

    @property
    def where(self) -> str:
        return " AND ".join(self.conditions) or "1"


@dataclass(slots=True)
class _Parts:
    conditions: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)
    texts: list[tuple[str, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Value:
    """What stands behind a field. ``exact``: it was quoted."""

    text: str
    exact: bool = False

    def each(self) -> list[str]:
        """The comma-separated values. Raises ValueError for too many."""
        found = [self.text] if self.exact else self.text.split(",")
        if len(found) > VALUES:
            raise ValueError(f"A term has at most {VALUES} values.")
        return found


_TERM = re.compile(
    r'(?P<not>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)(?P<end>")?|(?P<plain>\S*))', re.DOTALL
)


def parse(text: str) -> Query:
    """Read a filter. Raises ``QueryError`` for an unknown field or a value that its field cannot have."""
    if len(text) > LENGTH:
        raise QueryError(f"A filter has at most {LENGTH:,} characters.", LENGTH)
    # Half of a surrogate pair can stand in no parameter; the index holds names in this form too.
    text = text.encode("utf-8", "backslashreplace").decode()
    parts = _Parts()
    position = terms = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text):
            break
        terms += 1
        if terms > TERMS:
            raise QueryError(f"A filter has at most {TERMS} terms.", position)
        match = _TERM.match(text, position)
        if match is None:
            raise QueryError("A term must be text or field:value.", position)
        _term(parts, match, position)
        position = match.end()
    return Query(tuple(parts.conditions), tuple(parts.parameters), tuple(parts.texts))


def either(query: Query, alternatives: list[Query]) -> Query:
    """The query, and of the conditions of the alternatives at least one (any, where there are none)."""
    if not alternatives:
        return query
    parameters = [each for one in alternatives for each in one.parameters]
    condition = f"({' OR '.join(f'({one.where})' for one in alternatives)})"
    return Query((*query.conditions, condition), (*query.parameters, *parameters), query.texts)


def _term(parts: _Parts, match: re.Match[str], at: int) -> None:
    name, wanted = (match["field"] or "").lower(), match["not"] is None
    if match["plain"] is None:
        if match["end"] is None:
            raise QueryError("The quote has no end.", at)
        value = _Value(re.sub(r'\\(["\\])', r"\1", match["quoted"]), exact=True)
    else:
        value = _Value(match["plain"])
    if name and name not in FIELD_NAMES:
        known = ", ".join(sorted((*_FIELDS, *RAW_FIELDS)))
        raise QueryError(f"There is no field {name!r}. Known: {known}, and streams by kind such as run, deal.", at)
    if not value.text:
        raise QueryError(f"{name}: needs a value." if name else "There is nothing to look for.", at)
    if not name or name in RAW_FIELDS:
        parts.texts.append((value.text, wanted))
        return
    build = _FIELDS.get(name) or _stream_kind(name)
    try:
        condition, parameters = build(value)
    except ValueError as error:
        raise QueryError(str(error), at) from error
    parts.conditions.append(condition if wanted else f"NOT ({condition})")
    parts.parameters.extend(parameters)


Built = tuple[str, list[object]]


def _any_of(column: str, value: _Value) -> Built:
    """``column`` equals, or matches with ``*`` and ``?``, one of the values."""
    plain, patterns = [], []
    for each in value.each():
        if not value.exact and ("*" in each or "?" in each):
            patterns.append(re.sub(r"([\[\]])", r"[\1]", each))
        else:
            plain.append(each)
    tests = [f"{column} IN ({', '.join('?' * len(plain))})"] if plain else []
    tests += [f"{column} GLOB ?"] * len(patterns)
    return f"({' OR '.join(tests)})", [*plain, *patterns]


def _named(table: str) -> Callable[[_Value], Built]:
    def build(value: _Value) -> Built:
        test, parameters = _any_of("text", value)
        return f"event.{table} IN (SELECT id FROM {table} WHERE {test})", parameters

    return build


def _streams(where: str, parameters: list[object]) -> Built:
    chosen = f"SELECT id FROM stream WHERE {where}"
    return (
        f"(event.stream IN ({chosen}) OR event.id IN ({MEMBERS} IN ({chosen})))",
        [*parameters, *parameters],
    )


def _stream_kind(kind: str) -> Callable[[_Value], Built]:
    def build(value: _Value) -> Built:
        test, parameters = _any_of("key", value)
        return _streams(f"kind = ? AND {test}", [kind, *parameters])

    return build


def _stream(value: _Value) -> Built:
    test, parameters = _any_of("key", value)
    return _streams(test, parameters)


def _ledger(value: _Value) -> Built:
    if not value.exact:
        parts = [each if each.startswith("/") or "*" in each else f"*{each}*" for each in value.each()]
        value = _Value(",".join(parts))
    test, parameters = _any_of("path", value)
    return f"event.id >> 32 IN (SELECT id FROM ledger WHERE {test})", parameters


def _format(value: _Value) -> Built:
    test, parameters = _any_of("format", value)
    return f"event.id >> 32 IN (SELECT id FROM ledger WHERE {test})", parameters


def _trust(value: _Value) -> Built:
    words = {trust.word: trust for trust in Trust}
    states = []
    for each in value.text.lower().split(","):
        if each not in words:
            raise ValueError(f"trust is one of {', '.join(words)}, not {each!r}.")
        states.append(int(words[each]))
    return f"event.mark & 7 IN ({', '.join('?' * len(states))})", list(states)


def _severity(value: _Value) -> Built:
    words = {severity.word: severity for severity in Severity}
    level = words.get(value.text.lower())
    if level is None:
        raise ValueError(f"severity is one of {', '.join(words)}, not {value.text!r}.")
    if level is Severity.NONE:
        return "event.mark & 56 = 0", []
    return f"(event.mark & 56 != 0 AND event.mark & 56 >= {level << WORST_SHIFT})", []


def _code(value: _Value) -> Built:
    test, parameters = _any_of("code", value)
    return f"event.id IN (SELECT event FROM finding WHERE {test} AND event IS NOT NULL)", parameters


def _sequence(value: _Value) -> Built:
    return _range("event.sequence", value.text, _number, "seq is a number, a range 3..9, or a bound >3")


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,30}", text):
        raise ValueError(text)
    return max(-_LARGEST, min(_LARGEST, int(text)))


def _range(column: str, value: str, read: Callable[[str], int], problem: str) -> Built:
    try:
        match = re.fullmatch(r"(>=|<=|>|<)(.+)", value)
        if match:
            return f"{column} {match[1]} ?", [read(match[2])]
        low, dots, high = value.partition("..")
        if dots:
            tests, parameters = [], []
            for sign, bound in ((">=", low), ("<=", high)):
                if bound:
                    tests.append(f"{column} {sign} ?")
                    parameters.append(read(bound))
            return f"({' AND '.join(tests) or '1'})", list(parameters)
        return f"{column} = ?", [read(value)]
    except ValueError:
        raise ValueError(f"{problem}, not {value!r}.") from None


_TIME = re.compile(
    r"(?P<date>\d{4}(?:-\d\d?(?:-\d\d?)?)?)(?:[T ](?P<clock>\d\d?(?::\d\d(?::\d\d(?:[.,](?P<fraction>\d{1,9}))?)?)?))?"
    r"(?P<zone>Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)
_MICRO = timedelta(microseconds=1)
_SPANS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)
"""Microseconds that a day, an hour, a minute and a second name."""


def moment(text: str) -> tuple[int, int]:
    """The span that a time names, UTC microseconds: its start, and the start of what follows.

    ``2026-11-20`` is that day, ``2026-11-20T09:17`` that minute. Raises ValueError for text that names no time.
    """
    problem = f"A time is written like 2026-11-20 or 2026-11-20T09:17:40.018Z, not {text!r}."
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(problem)
    date = [int(part) for part in match["date"].split("-")]
    clock = [int(part) for part in re.split("[:.,]", match["clock"] or "")[:3] if part]
    fraction = match["fraction"] or ""
    try:
        start = (datetime(*date, *[1] * (3 - len(date)), *clock) - _EPOCH) // _MICRO  # type: ignore[arg-type]  # 6 ints
    except ValueError:
        raise ValueError(problem) from None
    start += int(fraction[:6].ljust(6, "0"))
    if len(date) == 1:
        after = start + (366 if calendar.isleap(date[0]) else 365) * _SPANS[0]
    elif len(date) == 2:
        after = start + calendar.monthrange(*date)[1] * _SPANS[0]
    else:
        after = start + (10 ** max(0, 6 - len(fraction)) if fraction else _SPANS[len(clock)])
    shift = _offset(match["zone"] or "Z")
    return start - shift, after - shift


def _offset(zone: str) -> int:
    """Microseconds that a zone such as ``+02:00`` is ahead of UTC."""
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    return (hours * 60 + minutes) * 60_000_000 * (-1 if zone[0] == "-" else 1)


_TIMED = f"event.mark & {NO_TIME_BIT} = 0 AND event.time"


def _since(value: _Value) -> Built:
    return f"({_TIMED} >= ?)", [moment(value.text)[0]]


def _until(value: _Value) -> Built:
    return f"({_TIMED} < ?)", [moment(value.text)[1]]


def _time(value: _Value) -> Built:
    match = re.fullmatch(r"(>=|<=|>|<)(.+)", value.text)
    if match:
        start, after = moment(match[2])
        bound = {">": after - 1, ">=": start, "<": start, "<=": after - 1}[match[1]]
        return f"({_TIMED} {match[1]} ?)", [bound]
    low, dots, high = value.text.partition("..")
    begin = moment(low)[0] if low else None
    end = moment(high or low)[1] if high or not dots else None
    tests: list[str] = []
    parameters: list[object] = []
    if begin is not None:
        tests.append(f"{_TIMED} >= ?")
        parameters.append(begin)
    if end is not None:
        tests.append(f"{_TIMED} < ?")
        parameters.append(end)
    return f"({' AND '.join(tests) or '1'})", parameters


_FIELDS: dict[str, Callable[[_Value], Built]] = {
    "type": _named("type"),
    "actor": _named("actor"),
    "stream": _stream,
    "ledger": _ledger,
    "format": _format,
    "trust": _trust,
    "severity": _severity,
    "code": _code,
    "seq": _sequence,
    "since": _since,
    "until": _until,
    "time": _time,
}
FIELD_NAMES = (*_FIELDS, *RAW_FIELDS, *STREAM_KINDS)
