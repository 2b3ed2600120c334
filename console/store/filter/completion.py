"""What may be typed next in a filter: fields, and the values of those that have a vocabulary.

A store that knows names (of types, actors, streams) is asked for those; see ``Completing.known``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from console.formats.registry import all_formats, catalogue, stream_kinds
from console.store.filter.fields import FUNCTIONS, SEVERITIES, TRUSTS, field_names
from console.store.filter.grammar import NAME, SIGN

_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^\s()"])*\Z', re.DOTALL)
"""What the cursor is in."""
_TERM = re.compile(rf"(?P<name>{NAME})(?:{SIGN})(?P<value>.*)", re.DOTALL)
_LAST = re.compile(r'(?:.*,)?(?P<item>"?[^",]*)\Z', re.DOTALL)
_PLAIN = re.compile(r'[^\s,()"*?]+')


@dataclass(frozen=True, slots=True)
class Completion:
    """Texts that may stand in the place of what is there from ``start`` up to the cursor."""

    start: int
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completing:
    """The part of a filter before its cursor that may be completed: ``beginning`` of a field, or of a value of
    ``field``."""

    start: int
    beginning: str
    field: str | None = None

    @property
    def known(self) -> bool:
        """True if the names come from an index."""
        return self.field in ("type", "actor", "stream", *stream_kinds())

    def completion(self, names: Iterable[str] = ()) -> Completion:
        """What fits; ``names`` are those of the index."""
        if self.field is None:
            offered = (*(f"{each}:" for each in field_names()), *(f"{each}(" for each in FUNCTIONS))
            wanted = self.beginning.lower()
        else:
            offered = (*names, *_vocabulary(self.field))
            wanted = self.beginning
        fitting = [each for each in dict.fromkeys(offered) if each.startswith(wanted)]
        shown = fitting if self.field is None else map(_written, fitting)
        return Completion(self.start, tuple(shown))


def completing(text: str, cursor: int) -> Completing | None:
    """What the cursor is in; None where that is a text to look for."""
    match = _WORD.search(text[:cursor])
    assert match is not None  # it fits the empty text
    start, word = match.start(), match[0]
    if word.startswith("-"):
        start, word = start + 1, word[1:]
    term = _TERM.fullmatch(word)
    if term is None:
        return None if word.startswith('"') else Completing(start, word)
    item = _LAST.search(term["value"])
    if item is None:
        return None
    at = start + term.start("value") + item.start("item")
    return Completing(at, item["item"].removeprefix('"'), term["name"].lower())


def _vocabulary(field: str) -> Iterable[str]:
    match field:
        case "trust":
            return TRUSTS
        case "severity":
            return SEVERITIES
        case "format":
            return [form.name for form in all_formats()]
        case "code":
            return sorted(catalogue())
        case "since" | "until" | "time":
            return ("now", "today", "yesterday")
        case _:
            return ()


def _written(value: str) -> str:
    """A value as a filter writes it."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
