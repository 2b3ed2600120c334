"""Conditions of a filter as SQL over ``event``. Values of the filter are parameters, never SQL."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import NamedTuple

from console.model.trust import Severity
from console.store.filter.tree import (
    And,
    EventIn,
    FirstIn,
    InStream,
    Matches,
    Not,
    Or,
    Pattern,
    SequenceWithin,
    TimeWithin,
    TrustIn,
    WorstFrom,
)
from console.store.sqlite.membership import MEMBERS
from console.store.sqlite.schema import BITS, NO_TIME_BIT, TRUST_MASK, WORST_MASK, WORST_SHIFT

_LARGEST = (1 << 63) - 1


class Sql(NamedTuple):
    """A condition, and the values of its parameters in their order."""

    text: str
    parameters: tuple[object, ...] = ()


@singledispatch
def sql(condition: object) -> Sql:
    """A condition of a filter as SQL."""
    raise TypeError(condition)


@sql.register
def _(condition: And) -> Sql:
    return _joined(" AND ", [sql(each) for each in condition.parts], "1")


@sql.register
def _(condition: Or) -> Sql:
    return _joined(" OR ", [sql(each) for each in condition.parts], "0")


@sql.register
def _(condition: Not) -> Sql:
    text, parameters = sql(condition.part)
    return Sql(f"NOT ({text})", parameters)


@sql.register
def _(condition: Matches) -> Sql:
    name = condition.name
    match name:
        case "type" | "actor":
            test, parameters = any_of("text", condition.patterns)
            return Sql(f"event.{name} IN (SELECT id FROM {name} WHERE {test})", parameters)
        case "ledger" | "format":
            test, parameters = any_of("path" if name == "ledger" else name, condition.patterns)
            return Sql(f"event.id >> {BITS} IN (SELECT id FROM ledger WHERE {test})", parameters)
        case "code":
            test, parameters = any_of("code", condition.patterns)
            return Sql(f"event.id IN (SELECT event FROM finding WHERE {test} AND event IS NOT NULL)", parameters)


@sql.register
def _(condition: InStream) -> Sql:
    test, parameters = any_of("key", condition.patterns)
    if condition.kind is not None:
        test, parameters = f"kind = ? AND {test}", (condition.kind, *parameters)
    chosen = f"SELECT id FROM stream WHERE {test}"
    return Sql(f"(event.stream IN ({chosen}) OR event.id IN ({MEMBERS} IN ({chosen})))", (*parameters, *parameters))


@sql.register
def _(condition: TrustIn) -> Sql:
    states = tuple(map(int, condition.states))
    return Sql(f"event.mark & {TRUST_MASK} IN ({', '.join('?' * len(states))})", states)


@sql.register
def _(condition: WorstFrom) -> Sql:
    if condition.severity is Severity.NONE:
        return Sql(f"event.mark & {WORST_MASK} = 0")
    # The first half is the one that the index of marks is made for.
    least = condition.severity << WORST_SHIFT
    return Sql(f"(event.mark & {WORST_MASK} != 0 AND event.mark & {WORST_MASK} >= {least})")


@sql.register
def _(condition: SequenceWithin) -> Sql:
    low, high = condition.low, condition.high
    if (low or 0) > _LARGEST or (high or 0) < -_LARGEST:
        return Sql("0")
    if low is not None and low == high:
        return Sql("event.sequence = ?", (low,))
    low = None if low is None else max(low, -_LARGEST)
    high = None if high is None else min(high, _LARGEST)
    return _within("event.sequence", (">=", low), ("<=", high))


@sql.register
def _(condition: TimeWithin) -> Sql:
    test, parameters = _within("event.time", (">=", condition.start), ("<", condition.end))
    return Sql(f"(event.mark & {NO_TIME_BIT} = 0 AND {test})", parameters)


@sql.register
def _(condition: EventIn) -> Sql:
    return Sql("event.id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(condition.events)),))


@sql.register
def _(condition: FirstIn) -> Sql:
    return Sql("event.stream IN (SELECT value FROM json_each(?))", (json.dumps(sorted(condition.streams)),))


@dataclass(frozen=True, slots=True)
class Held:
    """What was asked of the event's raw record holds: the bit of this number is set in a table of hits."""

    hits: str
    bit: int


@sql.register
def _(condition: Held) -> Sql:
    return Sql(f"(SELECT held FROM {condition.hits} h WHERE h.event = event.id) >> {condition.bit} & 1")


def _within(column: str, *bounds: tuple[str, int | None]) -> Sql:
    """``column`` keeps the bounds that there are."""
    tests = [f"{column} {sign} ?" for sign, bound in bounds if bound is not None]
    values = tuple(bound for _, bound in bounds if bound is not None)
    return Sql(f"({' AND '.join(tests) or '1'})", values)


def _joined(word: str, parts: Sequence[Sql], empty: str) -> Sql:
    """Parts joined by a word."""
    parameters = tuple(value for each in parts for value in each.parameters)
    if len(parts) == 1:
        return parts[0]
    return Sql(f"({word.join(each.text for each in parts)})" if parts else empty, parameters)


def any_of(column: str, patterns: Sequence[Pattern]) -> Sql:
    """``column`` equals or matches one of the patterns."""
    plain = [each.text for each in patterns if not each.open]
    globs = [re.sub(r"([\[\]])", r"[\1]", each.text) for each in patterns if each.open]
    tests = [f"{column} IN ({', '.join('?' * len(plain))})"] if plain else []
    tests += [f"{column} GLOB ?"] * len(globs)
    return Sql(f"({' OR '.join(tests)})", (*plain, *globs))
