"""What storage may have made of values: numbers rounded to 16 digits, infinite ones turned into null."""

import math
from collections.abc import Iterator
from heapq import nlargest
from itertools import combinations, product
from typing import Any

from console.verify.javascript import SAFE_INTEGER

_NUMBERS = 64
"""Numbers of one value that may have been rounded; the longest are looked at."""
_STEPS = 16
"""Doubles on either side of a number that are looked at."""
_Path = tuple[Any, ...]


def is_exact(value: Any) -> bool:
    """True if no value in it can be one that storage changed: no number of 16 or more significant digits, no integer
    beyond ±2^53, no null (it may have been Infinity, or a key that was dropped)."""
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if item is None:
            return False
        if kind is dict:
            todo.extend(item.values())
        elif kind is list:
            todo.extend(item)
        elif (kind is int or kind is float) and (
            not -SAFE_INTEGER <= item <= SAFE_INTEGER or (kind is float and _digits(item) >= 16)
        ):
            return False
    return True


def neighbours_of(value: float) -> list[float]:
    """Other doubles with the same 16 significant digits, nearest first."""
    try:
        center = float(value)
    except OverflowError:
        return []
    if not math.isfinite(center) or (center.is_integer() and abs(center) < SAFE_INTEGER):
        return []
    text = f"{center:.15e}"
    found: list[float] = []
    up = down = center
    for _ in range(_STEPS):
        up, down = math.nextafter(up, math.inf), math.nextafter(down, -math.inf)
        found.extend(other for other in (up, down) if math.isfinite(other) and f"{other:.15e}" == text)
    return found


def variants(value: Any, most: int = _NUMBERS, *, nulls: bool = False) -> Iterator[Any]:
    """The value with numbers replaced by neighbours, one at a time, then two, up to ``most``; the longest ones first.
    With ``nulls`` each null may also stand for one of the largest numbers that a double holds."""
    found = (each for each in _leaves(value) if nulls or each[1] is not None)
    longest = nlargest(_NUMBERS, found, key=lambda each: 99 if each[1] is None else _digits(each[1]))
    leaves = [(path, near) for path, leaf in longest if (near := _LARGEST if leaf is None else neighbours_of(leaf))]
    for size in range(1, min(most, len(leaves)) + 1):
        for chosen in combinations(leaves, size):
            for values in product(*(near for _, near in chosen)):
                result = value
                for (path, _), leaf in zip(chosen, values, strict=True):
                    result = _replaced(result, path, leaf)
                yield result


def _overflowing() -> list[float]:
    """The doubles that are infinite once they are rounded to 16 digits."""
    found, value = [], math.nextafter(math.inf, 0)
    while math.isinf(float(f"{value:.15e}")):
        found += [value, -value]
        value = math.nextafter(value, 0)
    return found


_LARGEST = _overflowing()


def _digits(value: float) -> int:
    return len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0"))


def _leaves(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, float | None]]:
    if type(value) is dict:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif type(value) is list:
        for at, item in enumerate(value):
            yield from _leaves(item, (*path, at))
    elif value is None or type(value) is int or type(value) is float:
        yield path, value


def _replaced(value: Any, path: _Path, leaf: float) -> Any:
    if not path:
        return leaf
    copy: Any = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], leaf)
    return copy
