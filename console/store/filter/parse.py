"""The text of a filter becomes a tree: ``field:value`` terms and free text.

``type:A,B`` is either · ``-type:A`` is not · ``*`` matches any text · ``seq:3..9``, ``seq:>9`` · ``since:2026-01-01``,
``until:…``, ``time:2026-01-01T10`` (that hour) · ``trust:broken`` · ``severity:warning`` (and worse) ·
``code:chain.*`` · ``run:… deal:… action:…`` (streams by kind) · ``ledger:*name*`` · ``"exact words"`` and every other
word are looked for in the raw records, letter case ignored unless the word has capitals. Terms are joined by *and*.
Between quotes ``,`` ``*`` and ``?`` stand for themselves, and a backslash before a quote or a backslash is dropped.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from console.formats.registry import stream_kinds
from console.model.trust import Severity, Trust
from console.store.filter.times import moment
from console.store.filter.tree import (
    And,
    Condition,
    Filter,
    InStream,
    Matches,
    Named,
    Not,
    Pattern,
    SequenceWithin,
    TimeWithin,
    TrustIn,
    WorstFrom,
)
from console.store.spelling import spelled_out

RAW_FIELDS = ("id", "hash", "parent", "correlation", "cause")
"""Fields whose values stand in the raw record: looked for there."""
LENGTH, TERMS, VALUES = 10_000, 200, 200
"""Characters of a filter, its terms, and values of one term: so much every store can answer."""


class FilterError(Exception):
    """A filter that cannot be read. ``at`` is the position of the term in the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def field_names() -> tuple[str, ...]:
    """Every field that a filter may name."""
    return (*_FIELDS, *RAW_FIELDS, *stream_kinds())


@dataclass(frozen=True, slots=True)
class _Value:
    """The text behind a field. ``exact``: it was quoted."""

    text: str
    exact: bool = False

    def each(self) -> list[str]:
        """The comma-separated values. Raises ValueError for too many."""
        found = [self.text] if self.exact else self.text.split(",")
        if len(found) > VALUES:
            raise ValueError(f"A term has at most {VALUES} values.")
        return found

    def patterns(self) -> tuple[Pattern, ...]:
        """The values as patterns. Raises ValueError for too many."""
        return tuple(Pattern(each, not self.exact and ("*" in each or "?" in each)) for each in self.each())


_TERM = re.compile(
    r'(?P<not>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)(?P<end>")?|(?P<plain>\S*))', re.DOTALL
)


def parse(text: str) -> Filter:
    """Read a filter. Raises ``FilterError`` for an unknown field or a value that its field cannot have."""
    if len(text) > LENGTH:
        raise FilterError(f"A filter has at most {LENGTH:,} characters.", LENGTH)
    text = spelled_out(text)
    conditions: list[Condition] = []
    texts: list[tuple[str, bool]] = []
    position = terms = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text):
            break
        terms += 1
        if terms > TERMS:
            raise FilterError(f"A filter has at most {TERMS} terms.", position)
        match = _TERM.match(text, position)
        if match is None:
            raise FilterError("A term must be text or field:value.", position)
        wanted = match["not"] is None
        found = _term(match, position)
        if isinstance(found, str):
            texts.append((found, wanted))
        else:
            conditions.append(found if wanted else Not(found))
        position = match.end()
    return Filter(And(tuple(conditions)), tuple(texts))


def _term(match: re.Match[str], at: int) -> Condition | str:
    """A condition, or a text to look for in the raw records."""
    name = (match["field"] or "").lower()
    if match["plain"] is None:
        if match["end"] is None:
            raise FilterError("The quote has no end.", at)
        value = _Value(re.sub(r'\\(["\\])', r"\1", match["quoted"]), exact=True)
    else:
        value = _Value(match["plain"])
    if name and name not in field_names():
        known = ", ".join(sorted((*_FIELDS, *RAW_FIELDS)))
        raise FilterError(f"There is no field {name!r}. Known: {known}, and streams by kind such as run, deal.", at)
    if not value.text:
        raise FilterError(f"{name}: needs a value." if name else "There is nothing to look for.", at)
    if not name or name in RAW_FIELDS:
        return value.text
    try:
        return _FIELDS[name](value) if name in _FIELDS else InStream(value.patterns(), name)
    except ValueError as error:
        raise FilterError(str(error), at) from error


def _named(name: Named) -> Callable[[_Value], Condition]:
    return lambda value: Matches(name, value.patterns())


def _ledger(value: _Value) -> Condition:
    if not value.exact:
        parts = [each if each.startswith("/") or "*" in each else f"*{each}*" for each in value.each()]
        value = _Value(",".join(parts))
    return Matches("ledger", value.patterns())


def _trust(value: _Value) -> Condition:
    words = {trust.word: trust for trust in Trust}
    states = []
    for each in value.text.lower().split(","):
        if each not in words:
            raise ValueError(f"trust is one of {', '.join(words)}, not {each!r}.")
        states.append(words[each])
    return TrustIn(tuple(states))


def _severity(value: _Value) -> Condition:
    words = {severity.word: severity for severity in Severity}
    level = words.get(value.text.lower())
    if level is None:
        raise ValueError(f"severity is one of {', '.join(words)}, not {value.text!r}.")
    return WorstFrom(level)


def _sequence(value: _Value) -> Condition:
    try:
        if match := _BOUND.fullmatch(value.text):
            number = _number(match[2])
            return {
                ">": SequenceWithin(number + 1, None),
                ">=": SequenceWithin(number, None),
                "<": SequenceWithin(None, number - 1),
                "<=": SequenceWithin(None, number),
            }[match[1]]
        low, dots, high = value.text.partition("..")
        if not dots:
            return SequenceWithin(_number(low), _number(low))
        bounds = (_number(low) if low else None, _number(high) if high else None)
        return And() if bounds == (None, None) else SequenceWithin(*bounds)
    except ValueError:
        raise ValueError(f"seq is a number, a range 3..9, or a bound >3, not {value.text!r}.") from None


_BOUND = re.compile("(>=|<=|>|<)(.+)")


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,30}", text):
        raise ValueError(text)
    return int(text)


def _time(value: _Value) -> Condition:
    if match := _BOUND.fullmatch(value.text):
        start, after = moment(match[2])
        return {
            ">": TimeWithin(after, None),
            ">=": TimeWithin(start, None),
            "<": TimeWithin(None, start),
            "<=": TimeWithin(None, after),
        }[match[1]]
    low, dots, high = value.text.partition("..")
    begin = moment(low)[0] if low else None
    end = moment(high or low)[1] if high or not dots else None
    return And() if begin is None and end is None else TimeWithin(begin, end)


_FIELDS: dict[str, Callable[[_Value], Condition]] = {
    "type": _named("type"),
    "actor": _named("actor"),
    "stream": lambda value: InStream(value.patterns()),
    "ledger": _ledger,
    "format": _named("format"),
    "trust": _trust,
    "severity": _severity,
    "code": _named("code"),
    "seq": _sequence,
    "since": lambda value: TimeWithin(moment(value.text)[0], None),
    "until": lambda value: TimeWithin(None, moment(value.text)[1]),
    "time": _time,
}
