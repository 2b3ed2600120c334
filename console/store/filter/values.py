"""The value behind a field: one text, or several between commas, each with its place in the filter."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from console.store.filter.errors import FilterError
from console.store.filter.grammar import ITEM, QUOTED
from console.store.filter.tree import Pattern

VALUES = 200
"""Values of one term, at most: so many every store can answer."""
_ITEM = re.compile(ITEM, re.DOTALL)
_QUOTED = re.compile(QUOTED, re.DOTALL)
_BOUND = re.compile("(>=|<=|>|<)(.+)", re.DOTALL)


def unquoted(text: str, at: int) -> str:
    """What stands between quotes; a backslash before a quote or a backslash is dropped."""
    if len(text) < 2 or not re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL):
        raise FilterError("The quote has no end.", at)
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


@dataclass(frozen=True, slots=True)
class Item:
    """One value. ``exact``: it was quoted."""

    text: str
    exact: bool
    at: int

    @property
    def pattern(self) -> Pattern:
        return Pattern(self.text, not self.exact and ("*" in self.text or "?" in self.text))

    def wrong(self, words: str) -> FilterError:
        """It cannot be the value of its field."""
        return FilterError(words, self.at)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The sign between field and value (``:`` and ``=`` are one), and the values."""

    sign: str
    items: tuple[Item, ...]

    @property
    def at(self) -> int:
        return self.items[0].at

    @property
    def only(self) -> Item:
        """The one value of a field that has no lists."""
        if len(self.items) > 1:
            raise self.items[1].wrong("This field has one value; other ones are further terms, joined by or.")
        return self.items[0]

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        return tuple(item.pattern for item in self.items)

    def bound(self) -> "FieldValue":
        """The same, where ``:>9`` is ``>9``."""
        item = self.items[0]
        match = None if item.exact or self.sign != "=" else _BOUND.fullmatch(item.text)
        if match is None:
            return self
        return FieldValue(match[1], (Item(match[2], False, item.at + len(match[1])), *self.items[1:]))

    def listed(self, name: str) -> "FieldValue":
        """The same, of a field whose values have no order."""
        if self.sign not in ("=", "!="):
            raise FilterError(f"{name} has no order: {name}:… or {name}!=… are what can be asked.", self.at)
        return self


def value_of(sign: str, text: str, at: int) -> FieldValue:
    """The value that stands at ``at``. Raises ``FilterError``."""
    items = tuple(_items(text, at))
    if len(items) > VALUES:
        raise FilterError(f"A term has at most {VALUES} values.", items[VALUES].at)
    return FieldValue("=" if sign == ":" else sign, items)


def _items(text: str, at: int) -> Iterator[Item]:
    position = 0
    while True:
        match = _ITEM.match(text, position)
        assert match is not None  # ITEM fits the empty text
        exact = match[0].startswith('"')
        yield Item(unquoted(match[0], at + position) if exact else match[0], exact, at + position)
        if match.end() >= len(text):
            return
        position = match.end() + 1
