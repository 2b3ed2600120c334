"""The text of a filter becomes a tree.

``type:A,B`` is either · ``-type:A``, ``not type:A`` and ``type!=A`` are not · ``*`` matches any text · ``seq:3..9``,
``seq>9`` · ``since:2026-01-01``, ``since:2h``, ``until:now``, ``time:2026-01-01T10`` (that hour) · ``trust:broken`` ·
``severity:warning`` (and worse) · ``code:chain.*`` · ``run:… deal:… action:…`` (streams by kind) · ``ledger:*name*`` ·
``payload.amount>5``, ``.dealId:…`` (keys of the raw record) · ``ancestors(ID)``, ``descendants(ID)``, ``chain(ID)`` ·
``"exact words"`` and every other word are looked for in the raw records, letter case ignored without capitals in it.
Terms are joined by *and*, written or not, by *or*, and by brackets. Between quotes ``,`` ``*`` and ``?`` stand for
themselves, and a backslash before a quote or a backslash is dropped.
"""

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from console.formats.registry import stream_kinds
from console.store.filter.errors import FilterError
from console.store.filter.fields import (
    FUNCTIONS,
    field_condition,
    field_names,
    key_condition,
    keys_of,
    related,
)
from console.store.filter.grammar import NAME, SIGN, parsed
from console.store.filter.tree import And, Condition, Contains, Filter, Not, Or, rebuilt
from console.store.filter.values import unquoted, value_of
from console.store.spelling import spelled_out

if TYPE_CHECKING:
    from lark import Token

    from console.store.filter.grammar import Parsed

LENGTH, TERMS, DEPTH, BESIDE = 10_000, 200, 20, 60
"""Characters of a filter, its terms, brackets within brackets, and texts and keys of records beside fields within
brackets: so much every store can answer."""
_TERM = re.compile(rf"(?P<name>{NAME})(?P<sign>{SIGN})(?P<value>.*)", re.DOTALL)


def parse(text: str, now: int | None = None) -> Filter:
    """Read a filter. ``now`` (UTC microseconds, the clock by default) is what times such as ``2h`` count from. Raises
    ``FilterError`` for what cannot be read."""
    if len(text) > LENGTH:
        raise FilterError(f"A filter has at most {LENGTH:,} characters.", LENGTH)
    text = spelled_out(text)
    if not text.strip():
        return Filter()
    found = Filter(rebuilt(_Reading(now).condition(parsed(text), 0), lambda leaf: leaf))
    if len(found.undecided.of_record) > BESIDE:
        raise FilterError(f"At most {BESIDE} texts and keys of records may stand beside fields in brackets.", 0)
    return found


class _Reading:
    """Reads the tree of one filter."""

    def __init__(self, now: int | None) -> None:
        self._now = now
        self._terms = 0

    def condition(self, node: "Parsed", depth: int) -> Condition:
        if isinstance(node, str):
            return self._term(node)
        if depth > DEPTH:
            raise FilterError(f"A filter has at most {DEPTH} brackets within brackets.", _place(node))
        parts = [each for each in node.children if getattr(each, "type", "") not in ("AND", "OR", "NOT", "MINUS")]
        conditions = tuple(self.condition(each, depth + 1) for each in parts)
        match node.data:
            case "either":
                return Or(conditions)
            case "negated":
                return Not(conditions[0])
            case _:
                return And(conditions)

    def _term(self, token: "Token") -> Condition:
        at = token.start_pos or 0
        self._terms += 1
        if self._terms > TERMS:
            raise FilterError(f"A filter has at most {TERMS} terms.", at)
        if token.type == "CALL":
            return _call(token, at)
        if token.type == "TERM":
            return self._of_field(token, at)
        text = unquoted(token, at) if token.startswith('"') else str(token)
        if not text:
            raise FilterError("There is nothing to look for.", at)
        return Contains(text)

    def _of_field(self, token: str, at: int) -> Condition:
        match = _TERM.fullmatch(token)
        assert match is not None  # the grammar has cut it so
        name, start = match["name"], at + match.start("value")
        value = value_of(match["sign"], match["value"], start)
        if "." not in name and name.lower() not in field_names():
            raise FilterError(_unknown(name, str(token)), at)
        if not any(each.text for each in value.items):
            raise FilterError(f"{name}: needs a value.", start)
        if "." in name:
            found = key_condition(keys_of(name, at), value, self._now)
        else:
            found = field_condition(name.lower(), value, self._now)
        return Not(found) if value.sign == "!=" else found


def _place(node: "Parsed") -> int:
    """Where the first token below a node begins."""
    while not isinstance(node, str):
        node = node.children[0]
    return node.start_pos or 0


def _call(token: str, at: int) -> Condition:
    name, _, inner = token.partition("(")
    inner = inner[:-1].strip()
    if name.lower() not in FUNCTIONS:
        near = _near(name, FUNCTIONS)
        known = f"Did you mean {near}(…)?" if near else f"Known: {', '.join(FUNCTIONS)}."
        raise FilterError(f"There is no function {name}(…). {known} A text with brackets is put in quotes.", at)
    id = unquoted(inner, at + token.index('"')) if inner.startswith('"') else inner
    if not id:
        raise FilterError(f"{name}(…) needs the id of an event.", at + len(name) + 1)
    return related(name.lower(), id)


def _unknown(name: str, term: str) -> str:
    near = _near(name, field_names())
    kinds = stream_kinds()
    known = ", ".join(sorted({*field_names()} - {*kinds}))
    hint = f"Did you mean {near}:?" if near else f"Known: {known}, and streams by kind such as {', '.join(kinds[:2])}."
    quotes = f'quotes: "{term}"' if len(term) < 40 and '"' not in term else "quotes"
    return (
        f"There is no field {name!r}. {hint} A key of the raw record is .{name}, a text to look for stands in {quotes}."
    )


def _near(name: str, known: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(name.lower(), known, 1, 0.6)), None)
