"""The query language of filters: ``field:value`` terms and free text, turned into SQL conditions.

``type:A,B`` is either · ``-type:A`` is not · ``*`` matches any text · ``seq:3..9``, ``seq:>9`` · ``since:2026-01-01``,
``until:…``, ``time:2026-01-01T10`` (that hour) · ``trust:broken`` · ``severity:warning`` (and worse) ·
``code:chain.*`` · ``run:… deal:… action:…`` (streams by kind) · ``ledger:*name*`` · ``"exact words"`` and every other
word are looked for in the raw records, letter case ignored unless the word has capitals. Terms are joined by *and*.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.index.schema import NO_TIME_BIT, WORST_SHIFT
from console.model.trust import Severity, Trust

STREAM_KINDS = (
    *("run", "deal", "action", "product", "objective", "entity", "trace", "batch"),
    *("simulation", "agent", "scenario", "aggregate", "episode", "document"),
)
RAW_FIELDS = ("id", "hash", "parent", "correlation", "cause")
"""Fields whose values stand in the raw record: looked for there."""


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


_TERM = re.compile(r'(?P<not>-)?(?:(?P<field>[A-Za-z_]+):)?(?P<value>"(?:[^"\\]|\\.)*"?|\S+)')


def parse(text: str) -> Query:
    """Read a filter. Raises ``QueryError`` for an unknown field or a value that its field cannot have."""
    parts = _Parts()
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text):
            break
        match = _TERM.match(text, position)
        if match is None:
            raise QueryError("A term must be text or field:value.", position)
        _term(parts, match, position)
        position = match.end()
    return Query(tuple(parts.conditions), tuple(parts.parameters), tuple(parts.texts))


def _term(parts: _Parts, match: re.Match[str], at: int) -> None:
    name, value, wanted = match["field"], match["value"], match["not"] is None
    if value.startswith('"'):
        if len(value) < 2 or not value.endswith('"'):
            raise QueryError("The quote has no end.", at)
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    if name is None:
        parts.texts.append((value, wanted))
        return
    name = name.lower()
    if name in RAW_FIELDS:
        parts.texts.append((value, wanted))
        return
    build = _FIELDS.get(name) or (_stream_kind(name) if name in STREAM_KINDS else None)
    if build is None:
        known = ", ".join(sorted((*_FIELDS, *RAW_FIELDS)))
        raise QueryError(f"There is no field {name!r}. Known: {known}, and streams by kind such as run, deal.", at)
    if not value:
        raise QueryError(f"{name}: needs a value.", at)
    try:
        condition, parameters = build(value)
    except ValueError as error:
        raise QueryError(str(error), at) from error
    parts.conditions.append(condition if wanted else f"NOT ({condition})")
    parts.parameters.extend(parameters)


Built = tuple[str, list[object]]


def _any_of(column: str, value: str) -> Built:
    """``column`` equals, or matches with ``*``, one of the comma-separated values."""
    tests, parameters = [], []
    for each in value.split(","):
        if "*" in each or "?" in each:
            tests.append(f"{column} GLOB ?")
            parameters.append(re.sub(r"([\[\]])", r"[\1]", each))
        else:
            tests.append(f"{column} = ?")
            parameters.append(each)
    return f"({' OR '.join(tests)})", list(parameters)


def _named(table: str) -> Callable[[str], Built]:
    def build(value: str) -> Built:
        test, parameters = _any_of("text", value)
        return f"event.{table} IN (SELECT id FROM {table} WHERE {test})", parameters

    return build


def _streams(where: str, parameters: list[object]) -> Built:
    chosen = f"SELECT id FROM stream WHERE {where}"
    return (
        f"(event.stream IN ({chosen}) OR event.id IN (SELECT event FROM membership WHERE stream IN ({chosen})))",
        [*parameters, *parameters],
    )


def _stream_kind(kind: str) -> Callable[[str], Built]:
    def build(value: str) -> Built:
        test, parameters = _any_of("key", value)
        return _streams(f"kind = ? AND {test}", [kind, *parameters])

    return build


def _stream(value: str) -> Built:
    test, parameters = _any_of("key", value)
    return _streams(test, parameters)


def _ledger(value: str) -> Built:
    test, parameters = _any_of("path", value if "/" in value or "*" in value else f"*{value}*")
    return f"event.id >> 32 IN (SELECT id FROM ledger WHERE {test})", parameters


def _format(value: str) -> Built:
    test, parameters = _any_of("format", value)
    return f"event.id >> 32 IN (SELECT id FROM ledger WHERE {test})", parameters


def _trust(value: str) -> Built:
    words = {trust.word: trust for trust in Trust}
    states = []
    for each in value.lower().split(","):
        if each not in words:
            raise ValueError(f"trust is one of {', '.join(words)}, not {each!r}.")
        states.append(int(words[each]))
    return f"event.mark & 7 IN ({', '.join('?' * len(states))})", list(states)


def _severity(value: str) -> Built:
    words = {severity.word: severity for severity in Severity}
    if value.lower() not in words:
        raise ValueError(f"severity is one of {', '.join(words)}, not {value!r}.")
    level = words[value.lower()]
    if level is Severity.NONE:
        return "event.mark & 56 = 0", []
    return f"(event.mark & 56 != 0 AND event.mark & 56 >= {level << WORST_SHIFT})", []


def _code(value: str) -> Built:
    test, parameters = _any_of("code", value)
    return f"event.id IN (SELECT event FROM finding WHERE {test} AND event IS NOT NULL)", parameters


def _sequence(value: str) -> Built:
    return _range("event.sequence", value, int, "seq is a number, a range 3..9, or a bound >3")


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


_STEPS = (("%Y", 0), ("%Y-%m", 0), ("%Y-%m-%d", 86_400), ("%Y-%m-%dT%H", 3_600), ("%Y-%m-%dT%H:%M", 60))


def moment(text: str) -> tuple[int, int]:
    """The span that a time names, UTC microseconds: its start, and the start of what follows.

    ``2026-11-20`` is that day, ``2026-11-20T09:17`` that minute. Raises ValueError for text that names no time.
    """
    text = text.strip().replace(" ", "T").removesuffix("Z")
    epoch = datetime(1970, 1, 1)
    micro = timedelta(microseconds=1)
    for form, seconds in _STEPS:
        try:
            start = datetime.strptime(text, form)
        except ValueError:
            continue
        if form == "%Y":
            end = start.replace(year=start.year + 1)
        elif form == "%Y-%m":
            end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        else:
            end = start + timedelta(seconds=seconds)
        return (start - epoch) // micro, (end - epoch) // micro
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"A time is written like 2026-11-20 or 2026-11-20T09:17:40.018Z, not {text!r}.") from None
    if start.tzinfo is not None:
        start = start.replace(tzinfo=None) - (start.utcoffset() or timedelta())
    fraction = text.partition(".")[2]
    width = 1_000_000 if not fraction else 10 ** max(0, 6 - len(fraction))
    begin = (start - epoch) // micro
    return begin, begin + width


_TIMED = f"event.mark & {NO_TIME_BIT} = 0 AND event.time"


def _since(value: str) -> Built:
    return f"({_TIMED} >= ?)", [moment(value)[0]]


def _until(value: str) -> Built:
    return f"({_TIMED} < ?)", [moment(value)[1]]


def _time(value: str) -> Built:
    match = re.fullmatch(r"(>=|<=|>|<)(.+)", value)
    if match:
        start, after = moment(match[2])
        bound = {">": after - 1, ">=": start, "<": start, "<=": after - 1}[match[1]]
        return f"({_TIMED} {match[1]} ?)", [bound]
    low, dots, high = value.partition("..")
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


_FIELDS: dict[str, Callable[[str], Built]] = {
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
