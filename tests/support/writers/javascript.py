"""``JSON.stringify`` of ECMA-262, by the letter of its sections on Number::toString and QuoteJSONString."""

import math
from decimal import Decimal
from typing import Any

_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ARRAY_INDEXES = 2**32 - 1


def stringify(value: Any) -> str:
    """The text of a value without white space."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number(value)
        case str():
            return quote(value)
        case list():
            return "[" + ",".join(map(stringify, value)) + "]"
        case _:
            return "{" + ",".join(f"{quote(key)}:{stringify(value[key])}" for key in in_order(value)) + "}"


def in_order(document: dict[str, Any]) -> list[str]:
    """Keys as an object enumerates them: array indexes by number, then the others as they were set."""
    indexes = [key for key in document if key.isascii() and key.isdigit() and str(int(key)) == key]
    indexes = [key for key in indexes if int(key) < _ARRAY_INDEXES]
    return sorted(indexes, key=int) + [key for key in document if key not in indexes]


def number(value: float) -> str:
    """A number's text; every number is a double there. ``null`` where it is not finite."""
    try:
        value = float(value)
    except OverflowError:
        return "null"
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, figures))
    k, n = len(digits), len(digits) + exponent
    minus = "-" * sign
    if k <= n <= 21:
        return minus + digits + "0" * (n - k)
    if 0 < n <= 21:
        return f"{minus}{digits[:n]}.{digits[n:]}"
    if -6 < n <= 0:
        return f"{minus}0.{'0' * -n}{digits}"
    fraction = f".{digits[1:]}" if k > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{'+' if n > 0 else '-'}{abs(n - 1)}"


def quote(text: str) -> str:
    """A string's text: control characters and lone surrogates are escaped, everything else stands as it is."""
    return '"' + "".join(_SHORT.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if char < " " or "\ud800" <= char <= "\udfff" else char
