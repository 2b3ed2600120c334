"""Records of no known system that link each other all the same: which fields do it, and how many links hold.

No recipe is known for such a ledger, so nothing is proved by this. But a reader who sees the links knows what to
look for, and where the first one breaks. LinkCount are found by values alone: names of fields are anybody's.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_HASH = re.compile(r"(?:[a-z0-9-]{2,12}[:=]|0x)?([0-9a-f]{16,128}|[A-Za-z0-9+/_-]{27,86}={0,2})", re.IGNORECASE)
"""A digest in hex or base64, whole or cut, perhaps behind the name of its algorithm."""
_HEX = re.compile(r"[0-9a-fA-F]+")
_BEFORE = re.compile("prev|parent|before|last", re.IGNORECASE)
_SHORTEST = 8
"""Characters that a digest has at least where it is cut."""
_FIELDS = 64
"""Fields of a record that are looked at, those of inner objects included."""


@dataclass(frozen=True, slots=True)
class Linking:
    """The field ``previous`` of a record holds what ``own`` held in the record before; with ``backwards``, in the one
    behind, as in a list that begins with the newest; with ``apart``, in some earlier one, as where several chains are
    written in turn."""

    previous: str
    own: str
    backwards: bool = False
    apart: bool = False


@dataclass(slots=True)
class LinkCount:
    """How many links there are, how many hold, and the first that does not: its record's number from 1, and both
    values, as far as one is expected."""

    total: int = 0
    hold: int = 0
    broken: tuple[int, str | None, str] | None = None


def linking(documents: Sequence[Mapping[str, Any] | None]) -> Linking | None:
    """The two fields that link the most of these neighbouring records; None where fewer than half are linked."""
    digests = [dict(_digests(each)) if each is not None else {} for each in documents]
    votes: Counter[Linking] = Counter()
    for before, after in pairwise(digests):
        votes.update(_between(before, after, backwards=False))
        votes.update(_between(after, before, backwards=True))
    telling = {each: number for each, number in votes.items() if _differ(each.own, digests)}
    if not telling:
        return _apart(digests)
    # Read the other way round the same values link as well: then names decide, after all.
    found, number = max(telling.items(), key=lambda each: (each[1], _named_so(each[0]), not each[0].backwards))
    present = sum(found.own in each for each in digests)
    # One link is chance, unless the fields are named so.
    return found if number * 2 >= present - 1 and (number > 1 or _named_so(found) > 0) else None


def _differ(own: str, digests: Sequence[Mapping[str, str]]) -> bool:
    """True if a field has another value in nearly every record: one that seldom changes identifies none."""
    values = [each[own] for each in digests if own in each]
    return len({*values}) * 4 >= len(values) * 3


def count(found: Linking, documents: Iterable[Mapping[str, Any] | None]) -> LinkCount:
    """Every link between neighbouring records. Where a record has not both fields, no link is counted."""
    if found.apart:
        return _count_apart(found, documents)
    links = LinkCount()
    last: dict[str, str] = {}
    for number, document in enumerate(documents, 1):
        wanted = {} if document is None else {name: _text(document, name) for name in (found.previous, found.own)}
        before, after = (wanted, last) if found.backwards else (last, wanted)
        left, right = before.get(found.own), after.get(found.previous)
        if left and right is not None:
            links.total += 1
            if _same(left, right):
                links.hold += 1
            elif links.broken is None:
                links.broken = number, left, right
        last = wanted
    return links


def _named_so(found: Linking) -> int:
    """1 where the name of the one field speaks of what was before, -1 where that of the other one does."""
    return bool(_BEFORE.search(found.previous)) - bool(_BEFORE.search(found.own))


def _digests(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Dotted names and values of fields that look like digests, to one level of inner objects."""
    left = _FIELDS
    for name, value in document.items():
        inner = value.items() if isinstance(value, dict) else ()
        for path, each in ((name, value), *((f"{name}.{key}", one) for key, one in inner)):
            if left and isinstance(each, str) and _HASH.fullmatch(each):
                left -= 1
                yield path, each


def _between(before: Mapping[str, str], after: Mapping[str, str], *, backwards: bool) -> Iterator[Linking]:
    """Fields of ``after`` that hold what another field of ``before`` holds; what stays the same links nothing."""
    for own, digest in before.items():
        if after.get(own) == digest:
            continue
        for previous, value in after.items():
            if previous != own and _same(digest, value):
                yield Linking(previous, own, backwards)


def _apart(digests: Sequence[Mapping[str, str]]) -> Linking | None:
    """The two fields by which most of these records refer to any earlier one."""
    votes: Counter[Linking] = Counter()
    seen: dict[str, set[str]] = {}
    for each in digests:
        for previous, value in each.items():
            bare = _bare(value)
            holders = [own for own, values in seen.items() if own != previous and bare in values]
            votes.update(Linking(previous, own, apart=True) for own in holders)
        for own, value in each.items():
            seen.setdefault(own, set()).add(_bare(value))
    if not votes:
        return None
    found, number = votes.most_common(1)[0]
    return found if number * 2 >= len(digests) - 1 and _differ(found.own, digests) else None


def _count_apart(found: Linking, documents: Iterable[Mapping[str, Any] | None]) -> LinkCount:
    links = LinkCount()
    seen: set[str] = set()
    for number, document in enumerate(documents, 1):
        if document is None:
            continue
        value, own = _text(document, found.previous), _text(document, found.own)
        bare = _bare(value)
        if _HASH.fullmatch(value) and bare.strip("0"):
            links.total += 1
            if bare in seen:
                links.hold += 1
            elif links.broken is None:
                links.broken = number, None, value
        if own:
            seen.add(_bare(own))
    return links


def _text(document: Mapping[str, Any], path: str) -> str:
    value = document.get(path)
    if value is None and "." in path:
        outer, _, inner = path.partition(".")
        held = document.get(outer)
        value = held.get(inner) if isinstance(held, dict) else None
    return value if isinstance(value, str) else ""


def _same(own: str, previous: str) -> bool:
    """True if a digest is the other one: behind another algorithm's name, in another case, or cut at an end."""
    if own == previous:
        return True
    left, right = _bare(own), _bare(previous)
    short, long = sorted((left, right), key=len)
    return len(short) >= _SHORTEST and (long.startswith(short) or long.endswith(short))


def _bare(digest: str) -> str:
    found = _HASH.fullmatch(digest)
    bare = found[1] if found else digest
    return bare.lower() if _HEX.fullmatch(bare) else bare
