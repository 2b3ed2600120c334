"""What each field makes of its value: a condition on events.

A name with a dot is no field but keys of the raw record: ``payload.amount``, and ``.dealId`` for one at its top.
"""

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Literal, TypeVar, cast

from console.formats.registry import all_formats, catalogue, stream_kinds
from console.model.trust import Severity, Trust
from console.store.filter.grammar import QUOTED
from console.store.filter.times import moment
from console.store.filter.tree import (
    FALSE,
    TRUE,
    And,
    Condition,
    Contains,
    FieldCompares,
    FieldMatches,
    InStream,
    Matches,
    Named,
    Not,
    Or,
    Pattern,
    Related,
    SequenceWithin,
    TimeWithin,
    TrustIn,
    WorstFrom,
)
from console.store.filter.values import FieldValue, Item, unquoted

RAW_FIELDS = ("id", "hash", "parent", "correlation", "cause")
"""Fields whose values stand in the raw record: looked for there."""
FUNCTIONS = ("ancestors", "descendants", "chain")
Word = TypeVar("Word", Trust, Severity)
_KEYS = re.compile(rf"{QUOTED}|[^.]+", re.DOTALL)


def field_names() -> tuple[str, ...]:
    """Every field that a filter may name."""
    return (*_FIELDS, *RAW_FIELDS, *stream_kinds())


def field_condition(name: str, value: FieldValue, now: int | None) -> Condition:
    """What a field with this value chooses; ``!=`` is left to the caller. Raises ``FilterError``."""
    if name in RAW_FIELDS:
        return Or(tuple(Contains(each.text) for each in value.listed(name).items))
    if name in _FIELDS:
        return _FIELDS[name](value, now)
    return InStream(value.listed(name).patterns, name)


def related(name: str, id: str) -> Condition:
    """What a function such as ``ancestors(ID)`` chooses."""
    return Related(cast(Literal["ancestors", "descendants", "chain"], name), id)


# Keys of the raw record


def keys_of(name: str, at: int) -> tuple[str, ...]:
    """The keys that a dotted name writes, quoted ones as they stand between quotes."""
    return tuple(
        unquoted(each[0], at + each.start()) if each[0].startswith('"') else each[0] for each in _KEYS.finditer(name)
    )


def key_condition(path: tuple[str, ...], value: FieldValue, now: int | None) -> Condition:
    """What a key of the raw record with this value chooses. Raises ``FilterError``."""
    value = value.bound()
    if value.sign in ("=", "!="):
        low, dots, high = value.items[0].text.partition("..")
        ends = (_number(low), _number(high)) if dots and not value.items[0].exact and len(value.items) == 1 else ()
        if len(ends) == 2 and None not in ends:
            return And((FieldCompares(path, ">=", ends[0], None), FieldCompares(path, "<=", ends[1], None)))
        return FieldMatches(path, value.patterns)
    item = value.only
    number, span = _number(item.text), None
    try:
        span = moment(item.text, now)
    except (ValueError, OverflowError):
        if number is None:
            raise item.wrong(f"{value.sign} needs a number or a time behind it, not {item.text!r}.") from None
    return FieldCompares(path, cast(Literal[">", ">=", "<", "<="], value.sign), number, span)


def _number(text: str) -> Decimal | None:
    """A decimal number, as JSON writes it or nearly so."""
    if not re.fullmatch(r"[+-]?[0-9][0-9_]{0,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


# Fields of the index


def _named(name: Named) -> Callable[[FieldValue, int | None], Condition]:
    return lambda value, _: Matches(name, value.listed(name).patterns)


def _listed(name: Named, known: Callable[[], Collection[str]]) -> Callable[[FieldValue, int | None], Condition]:
    """A name out of a closed list: what fits none of it is a slip, and no question with an empty answer."""

    def condition(value: FieldValue, _: int | None) -> Condition:
        names = known()
        for item in value.listed(name).items:
            if not any(map(item.pattern.fits, names)):
                near = get_close_matches(item.text.lower(), names, 1, 0.6)
                kinds = sorted({f"{each.partition('.')[0]}.*" if "." in each else each for each in names})
                hint = f"Did you mean {name}:{near[0]}?" if near else f"Known: {', '.join(kinds)}."
                raise item.wrong(f"There is no {name} {item.text!r}. {hint}")
        return Matches(name, value.patterns)

    return condition


def _ledger(value: FieldValue, _: int | None) -> Condition:
    patterns = []
    for item in value.listed("ledger").items:
        whole = item.exact or item.text.startswith("/") or "*" in item.text
        patterns.append(item.pattern if whole else Pattern(f"*{item.text}*", True))
    return Matches("ledger", tuple(patterns))


def _one_of(name: str, words: Mapping[str, Word], item: Item) -> Word:
    found = words.get(item.text.lower())
    if found is None:
        raise item.wrong(f"{name} is one of {', '.join(words)}, not {item.text!r}.")
    return found


def _trust(value: FieldValue, _: int | None) -> Condition:
    return TrustIn(tuple(_one_of("trust", TRUSTS, item) for item in value.listed("trust").items))


def _severity(value: FieldValue, _: int | None) -> Condition:
    value = value.bound()
    level = _one_of("severity", SEVERITIES, value.only)
    from_here: Condition = WorstFrom(level) if level else TRUE
    above: Condition = WorstFrom(Severity(level + 1)) if level < max(Severity) else FALSE
    match value.sign:
        case ">":
            return above
        case "<":
            return Not(from_here)
        case "<=":
            return Not(above)
        case ">=":
            return from_here
        case _:
            return WorstFrom(level)


def _sequence(value: FieldValue, _: int | None) -> Condition:
    value = value.bound()
    item = value.only
    try:
        match value.sign:
            case ">":
                return SequenceWithin(_whole(item.text) + 1, None)
            case ">=":
                return SequenceWithin(_whole(item.text), None)
            case "<":
                return SequenceWithin(None, _whole(item.text) - 1)
            case "<=":
                return SequenceWithin(None, _whole(item.text))
        low, dots, high = item.text.partition("..")
        if not dots:
            return SequenceWithin(_whole(low), _whole(low))
        bounds = (_whole(low) if low else None, _whole(high) if high else None)
        return TRUE if bounds == (None, None) else SequenceWithin(*bounds)
    except ValueError:
        raise item.wrong(f"seq is a number, a range 3..9, or a bound >3, not {item.text!r}.") from None


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,30}", text):
        raise ValueError(text)
    return int(text)


def _time(value: FieldValue, now: int | None) -> Condition:
    value = value.bound()
    item = value.only
    match value.sign:
        case ">":
            return TimeWithin(_moment(item, now)[1], None)
        case ">=":
            return TimeWithin(_moment(item, now)[0], None)
        case "<":
            return TimeWithin(None, _moment(item, now)[0])
        case "<=":
            return TimeWithin(None, _moment(item, now)[1])
    low, dots, high = item.text.partition("..")
    begin = _moment(item, now, low)[0] if low else None
    end = _moment(item, now, high or low)[1] if high or not dots else None
    return TRUE if begin is None and end is None else TimeWithin(begin, end)


def _since(value: FieldValue, now: int | None) -> Condition:
    return TimeWithin(_moment(value.listed("since").only, now)[0], None)


def _until(value: FieldValue, now: int | None) -> Condition:
    return TimeWithin(None, _moment(value.listed("until").only, now)[1])


def _moment(item: Item, now: int | None, text: str | None = None) -> tuple[int, int]:
    try:
        return moment(item.text if text is None else text, now)
    except (ValueError, OverflowError) as error:
        raise item.wrong(str(error)) from None


TRUSTS = {trust.word: trust for trust in Trust}
SEVERITIES = {severity.word: severity for severity in Severity}
_FIELDS: dict[str, Callable[[FieldValue, int | None], Condition]] = {
    "type": _named("type"),
    "actor": _named("actor"),
    "stream": lambda value, _: InStream(value.listed("stream").patterns),
    "ledger": _ledger,
    "format": _listed("format", lambda: [form.name for form in all_formats()]),
    "trust": _trust,
    "severity": _severity,
    "code": _listed("code", catalogue),
    "seq": _sequence,
    "since": _since,
    "until": _until,
    "time": _time,
}
