"""Terms and how they are joined: what all languages of ``--where`` have in common, whatever a term stands for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from console.store.filter.errors import FilterError
from console.store.filter.grammar import SIGN, TITLE, parsed
from console.store.filter.values import FieldValue, Item, unquoted, value_of

if TYPE_CHECKING:
    from lark import Token

    from console.store.filter.grammar import Parsed

LENGTH, TERMS, DEPTH = 10_000, 200, 20
"""Characters of a filter, its terms, and brackets within brackets: so much every store can answer."""
Meant = TypeVar("Meant")
_TERM = re.compile(rf"(?P<name>{TITLE})(?P<sign>{SIGN})(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WrittenTerm:
    """A term as it is written: a text (``name`` is ''), a field with its value, or a function with its one value
    (``call``). ``at`` is its place in the filter."""

    name: str
    value: FieldValue
    at: int
    written: str
    call: bool = False

    @property
    def text(self) -> str:
        """The one value as it stands, commas and all."""
        return ",".join(each.text for each in self.value.items)


@dataclass(frozen=True)
class Joining(Generic[Meant]):
    """What a term means, and several of them together."""

    term: Callable[[WrittenTerm], Meant]
    all_of: Callable[[Sequence[Meant]], Meant]
    any_of: Callable[[Sequence[Meant]], Meant]
    opposite: Callable[[Meant], Meant]


def read(text: str, joining: Joining[Meant]) -> Meant:
    """What a text means. Raises ``FilterError`` for what cannot be read."""
    if len(text) > LENGTH:
        raise FilterError(f"A filter has at most {LENGTH:,} characters.", LENGTH)
    if not text.strip():
        return joining.all_of([])
    return _Reading(joining).meaning(parsed(text), 0)


class _Reading(Generic[Meant]):
    """Reads the tree of one filter."""

    def __init__(self, joining: Joining[Meant]) -> None:
        self._joining = joining
        self._terms = 0

    def meaning(self, node: "Parsed", depth: int) -> Meant:
        if isinstance(node, str):
            return self._term(node)
        if depth > DEPTH:
            raise FilterError(f"A filter has at most {DEPTH} brackets within brackets.", _place(node))
        parts = [each for each in node.children if getattr(each, "type", "") not in ("AND", "OR", "NOT", "MINUS")]
        meanings = [self.meaning(each, depth + 1) for each in parts]
        match node.data:
            case "either":
                return self._joining.any_of(meanings)
            case "negated":
                return self._joining.opposite(meanings[0])
            case _:
                return self._joining.all_of(meanings)

    def _term(self, token: "Token") -> Meant:
        self._terms += 1
        if self._terms > TERMS:
            raise FilterError(f"A filter has at most {TERMS} terms.", token.start_pos or 0)
        term = _written(token)
        found = self._joining.term(term)
        return self._joining.opposite(found) if term.value.sign == "!=" else found


def _written(token: "Token") -> WrittenTerm:
    at = token.start_pos or 0
    if token.type == "CALL":
        name, _, inner = token.partition("(")
        inner = inner[:-1].strip()
        start = at + len(name) + 1
        exact = inner.startswith('"')
        item = Item(unquoted(inner, at + token.index('"')) if exact else inner, exact, start)
        return WrittenTerm(name, FieldValue("=", (item,)), at, str(token), call=True)
    if token.type == "TERM":
        match = _TERM.fullmatch(token)
        assert match is not None  # the grammar has cut it so
        value = value_of(match["sign"], match["value"], at + match.start("value"))
        name = unquoted(match["name"], at) if match["name"].startswith('"') else match["name"]
        if not name:
            raise FilterError("A field has a name.", at)
        return WrittenTerm(name, value, at, str(token))
    exact = token.startswith('"')
    text = unquoted(token, at) if exact else str(token)
    if not text:
        raise FilterError("There is nothing to look for.", at)
    return WrittenTerm("", FieldValue("=", (Item(text, exact, at),)), at, str(token))


def _place(node: "Parsed") -> int:
    """Where the first token below a node begins."""
    while not isinstance(node, str):
        node = node.children[0]
    return node.start_pos or 0
