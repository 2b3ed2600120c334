"""The text of a filter becomes a tree.

``type:A,B`` is either · ``-type:A``, ``not type:A`` and ``type!=A`` are not · ``*`` matches any text · ``seq:3..9``,
``seq>9`` · ``since:2026-01-01``, ``since:2h``, ``until:now``, ``time:2026-01-01T10`` (that hour) · ``trust:broken`` ·
``severity:warning`` (and worse) · ``code:chain.*`` · ``run:… deal:… action:…`` (streams by kind) · ``ledger:*name*`` ·
``payload.amount>5``, ``.dealId:…`` (keys of the raw record) · ``ancestors(ID)``, ``descendants(ID)``, ``chain(ID)`` ·
``"exact words"`` and every other word are looked for in the raw records, letter case ignored without capitals in it.
Terms are joined by *and*, written or not, by *or*, and by brackets. Between quotes ``,`` ``*`` and ``?`` stand for
themselves, and a backslash before a quote or a backslash is dropped.
"""

from difflib import get_close_matches
from functools import partial

from console.formats.registry import stream_kinds
from console.store.filter.errors import FilterError
from console.store.filter.fields import FUNCTIONS, field_condition, field_names, key_condition, keys_of, related
from console.store.filter.reading import Joining, WrittenTerm, read
from console.store.filter.tree import And, Condition, Contains, Filter, Not, Or, rebuilt
from console.store.spelling import spelled_out

BESIDE = 60
"""Texts and keys of records beside fields within brackets, at most: so much every store can answer."""


def parse(text: str, now: int | None = None) -> Filter:
    """Read a filter. ``now`` (UTC microseconds, the clock by default) is what times such as ``2h`` count from. Raises
    ``FilterError`` for what cannot be read."""
    joining = Joining[Condition](
        partial(_condition, now=now), lambda parts: And(tuple(parts)), lambda parts: Or(tuple(parts)), Not
    )
    found = Filter(rebuilt(read(spelled_out(text), joining), lambda leaf: leaf))
    if len(found.undecided.of_record) > BESIDE:
        raise FilterError(f"At most {BESIDE} texts and keys of records may stand beside fields in brackets.", 0)
    return found


def _condition(term: WrittenTerm, now: int | None) -> Condition:
    name, value = term.name, term.value
    if term.call:
        return _called(term)
    if not name:
        return Contains(term.text)
    if "." not in name and name.lower() not in field_names():
        raise FilterError(_unknown(name, term.written), term.at)
    if not any(each.text for each in value.items):
        raise FilterError(f"{name}: needs a value.", value.at)
    if "." in name:
        return key_condition(keys_of(name, term.at), value, now)
    return field_condition(name.lower(), value, now)


def _called(term: WrittenTerm) -> Condition:
    name = term.name
    if name.lower() not in FUNCTIONS:
        near = _near(name, FUNCTIONS)
        known = f"Did you mean {near}(…)?" if near else f"Known: {', '.join(FUNCTIONS)}."
        words = f"There is no function {name}(…). {known} A text with brackets is put in quotes."
        raise FilterError(words, term.at)
    if not term.text:
        raise FilterError(f"{name}(…) needs the id of an event.", term.value.at)
    return related(name.lower(), term.text)


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
