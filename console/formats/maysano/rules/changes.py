"""The fields that an event changes, in every spelling that is documented or usual.

The documents name ``oldValue`` and ``newValue`` for objectives and "old/new values" in metadata; no example shows more.
So a key is read by its parts: a word for before or after, and the field that it is of (``previousStatus``,
``new_owner``). A pair without a field (``old``, ``new``) takes the name in ``field``, or that of the status.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from console.formats.json.validation import whole
from console.formats.maysano.record import FIELDS, LONGEST, cut

STATUS = "status"
_BEFORE = ("old", "previous", "prev")
_AFTER = ("new", "current")
_ENDS = (("from", "to"), ("before", "after"))
"""Pairs that also mean other things, as a range of dates does: read where nothing, or a status, follows."""
_PLAIN = frozenset({"value", "values", "data"})
_STATES = frozenset({STATUS, "state", "stage"})
_NAMES = ("field", "fieldName", "field_name")
_LISTED_NAMES = (*_NAMES, "name", "property", "attribute", "key", "path")
_LISTS = frozenset({"changes", "diff"})
_KEYS = 64
"""Keys of one object that are looked at, and characters of one."""


class Change(NamedTuple):
    """One field's change. ``has_old`` and ``has_new`` part null from absence; values are text, None for null."""

    field: str
    has_old: bool
    old: str | None
    has_new: bool
    new: str | None


class Pair(NamedTuple):
    """Keys that hold a field's value before and after. ``field`` is '' where they do not name it."""

    field: str
    old: str | None
    new: str | None


@lru_cache(maxsize=4096)
def verb(type: str, kind: str) -> str:
    """What a type says, however it is spelled: ``Deleted``, ``kpi.deleted``, ``statusChanged``."""
    plain = "".join(f"_{each.lower()}" if each.isupper() and at else each for at, each in enumerate(type))
    if type.isupper():
        plain = type.lower()
    for mark in (".", "-", " ", ":", "__"):
        plain = plain.replace(mark, "_")
    plain = plain.lower().removeprefix(f"{kind.lower()}_")
    return "status_changed" if plain in ("status_change", "status_updated", "state_changed") else plain


def changes(extra: Mapping[str, Any], what: str) -> Sequence[Change]:
    """The fields that an event changes, each once. ``what`` is the verb of its type."""
    pairs = _pairs(extra)
    status = what == "status_changed"
    if not status and _LISTS.isdisjoint(extra):
        if not pairs:
            return ()
        if len(pairs) == 1:
            (pair,) = pairs
            name = pair.field or _name(extra, _NAMES)
            values = [extra[key] for key in (pair.old, pair.new) if key is not None]
            if name and not any(isinstance(each, dict) for each in values):
                return (_change(name, extra, pair),)
    found: dict[str, Change] = {}
    for each in _changes(extra, STATUS if status else "", deep=True):
        found.setdefault(each.field, each)
        if len(found) == FIELDS:
            break
    return [*found.values()]


def _changes(extra: Mapping[str, Any], default: str, *, deep: bool = False) -> Iterator[Change]:
    pairs = _pairs(extra)
    name = _name(extra, _NAMES) or default
    for pair in pairs:
        if pair.field:
            yield _change(pair.field, extra, pair)
        else:
            yield from _unnamed(name, extra, pair)
    if default == STATUS and STATUS in extra and not any(pair.field == STATUS for pair in pairs):
        yield _change(STATUS, extra, Pair(STATUS, None, STATUS))
    for key in sorted(_LISTS) if deep else ():
        yield from _listed(extra.get(key), default)


def _unnamed(name: str, extra: Mapping[str, Any], pair: Pair) -> Iterator[Change]:
    """A pair that does not name its field: one field's values, or objects of several."""
    values = {side: extra[key] for side, key in (("old", pair.old), ("new", pair.new)) if key is not None}
    sides = {side: value if isinstance(value, dict) else {} for side, value in values.items()}
    fields = {key: None for side in sides.values() for key in side}
    if fields and (not name or name in fields or name == STATUS):
        for key in list(fields)[:FIELDS]:
            found = {side: each[key] for side, each in sides.items() if key in each}
            yield _change(key, found, Pair(key, *(side if side in found else None for side in ("old", "new"))))
    elif name:
        yield _change(name, extra, pair)


def _listed(listed: Any, default: str) -> Iterator[Change]:
    """Changes by the field's name, or in a list of objects that name it."""
    if isinstance(listed, dict):
        if _pairs(listed):
            yield from _changes(listed, default)
            return
        items = [(key, _both(pair)) for key, pair in list(listed.items())[:FIELDS] if isinstance(pair, dict | list)]
    elif isinstance(listed, list):
        items = [(_name(each, _LISTED_NAMES), each) for each in listed[:FIELDS] if isinstance(each, dict)]
    else:
        return
    for name, values in items:
        for pair in _pairs(values)[:1]:
            if name or pair.field:
                yield _change(name or pair.field, values, pair)


def _both(pair: Any) -> dict[str, Any]:
    """Two values in a list are the old and the new one."""
    if isinstance(pair, dict):
        return pair
    return {"old": pair[0], "new": pair[1]} if len(pair) == 2 else {}


def _name(extra: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The field that an object names."""
    for key in keys:
        name = extra.get(key)
        if type(name) is str and name:
            return name
    return ""


def _pairs(values: Mapping[str, Any]) -> tuple[Pair, ...]:
    keys = tuple(values)
    if len(keys) > _KEYS or max(map(len, keys), default=0) > _KEYS:
        keys = tuple([key for key in keys if len(key) <= _KEYS][:_KEYS])
    return pairs_of(keys)


@lru_cache(maxsize=4096)
def pairs_of(keys: tuple[str, ...]) -> tuple[Pair, ...]:
    """Keys that hold values before and after, by field, in the order of the keys."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for key in keys:
        for words, found in ((_BEFORE, before), (_AFTER, after)):
            field = _field(key, words)
            if field is not None:
                found.setdefault(field, key)
        for ends in _ENDS:
            for word, found in zip(ends, (before, after), strict=True):
                field = _field(key, (word,))
                if field is not None and (not field or field in _STATES):
                    found.setdefault(field, key)
    pairs = []
    for field in {**before, **after}:
        new = after.get(field)
        if new is None and field in keys:
            new = field
        if field in before or (new is not None and _field(new, ("current", "to", "after")) is None):
            pairs.append(Pair(field, before.get(field), new))
    return tuple(pairs)


def _field(key: str, words: tuple[str, ...]) -> str | None:
    """The field that a key is of, '' for none; None if the key begins with none of the words."""
    for word in words:
        rest = key[len(word) :]
        if key[: len(word)].lower() != word or (rest and not (rest[0] == "_" or rest[0].isupper())):
            continue
        rest = rest.lstrip("_")
        field = rest[:1].lower() + rest[1:]
        return "" if field in _PLAIN else field
    return None


def _change(name: str, values: Mapping[str, Any], pair: Pair) -> Change:
    old = None if pair.old is None else value_text(values[pair.old])
    new = None if pair.new is None else value_text(values[pair.new])
    return Change(name[:LONGEST], pair.old is not None, old, pair.new is not None, new)


def _plain(value: Any) -> Any:
    """The value with whole numbers as integers: 2.0 and 2 are the same one."""
    if type(value) is list:
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if type(value) is dict else whole(value)


def value_text(value: Any) -> str | None:
    """A value for comparing and showing: texts as they are, numbers and the like as JSON, None for null."""
    if value is None:
        return None
    if type(value) is str:
        return cut(value)
    try:
        return cut(msgspec.json.encode(_plain(value), order="sorted").decode())
    except (TypeError, ValueError, RecursionError):  # integers beyond 64 bits, lone surrogates
        return cut(repr(value)) if type(value) is not int else f"an integer of {value.bit_length()} bits"
