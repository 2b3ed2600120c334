"""JSON exactly as JavaScript reads and writes it (ECMA-262: JSON.parse, JSON.stringify, Number::toString).

A hash over JavaScript's text can only be recomputed from the same text: ``4.0`` is ``4`` there, ``1e21`` is ``1e+21``,
keys that look like array indexes come first, and half a surrogate pair is written ``\\udxxx``.
"""

import json
import math
import re
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any

SAFE_INTEGER = 2**53
"""Integers beyond this (either sign) are not exact in JavaScript."""
_MAX_INDEX = 4294967294
_SURROGATE = re.compile("[\ud800-\udfff]")


def number(value: float) -> str:
    """The text of a number: what ``String(value)`` gives, except that JSON writes null for what is not finite."""
    if isinstance(value, int):
        if -SAFE_INTEGER <= value <= SAFE_INTEGER:
            return str(value)
        try:
            value = float(value)
        except OverflowError:
            return "null"
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    size = len(digits)
    if size <= point <= 21:
        body = digits + "0" * (point - size)
    elif 0 < point <= 21:
        body = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        body = "0." + "0" * -point + digits
    else:
        power = point - 1
        tail = f".{digits[1:]}" if size > 1 else ""
        body = f"{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"
    return sign + body


def quote(text: str) -> str:
    """A string with its quotes; lone surrogates are escaped (well-formed JSON.stringify)."""
    if text.isascii():
        return encode_basestring(text)
    if _SURROGATE.search(text):
        text = _pair(text)
        return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", encode_basestring(text))
    return encode_basestring(text)


def utf8(text: str) -> bytes:
    """The bytes that JavaScript writes for a string: a lone surrogate becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", _pair(text)).encode()


def is_index(key: str) -> bool:
    """True if objects order this key as an array index: 0 to 4294967294 in its shortest form."""
    return (
        key.isascii() and key.isdigit() and len(key) <= 10 and (key == "0" or key[0] != "0") and int(key) <= _MAX_INDEX
    )


def ordered(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The items of an object as JavaScript orders them: indexes ascending, then as inserted."""
    for key in value:
        if key and key[0] in "0123456789" and is_index(key):
            break
    else:
        return value.items()
    indexes = sorted((key for key in value if is_index(key)), key=int)
    return [(key, value[key]) for key in indexes] + [item for item in value.items() if not is_index(item[0])]


def stringify(value: Any) -> str:
    """The compact text of a value of Python's json types. Raises TypeError for any other type."""
    return _text(value)


def parse(text: str | bytes) -> Any:
    """Read JSON text as JSON.parse would: a repeated key keeps its first place and its last value, numbers are doubles.

    Raises ValueError where the text is not JSON.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogatepass")
    return json.loads(text, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse)


def _pair(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _integer(digits: str) -> float:
    if len(digits) > 400:
        return -math.inf if digits[0] == "-" else math.inf
    value = int(digits)
    if -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return value
    return float(digits)


def _decimal(digits: str) -> float:
    return float(digits)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _text(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is int and -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return str(value)
    if kind is int or kind is float:
        return number(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is dict:
        return "{" + ",".join([f"{quote(key)}:{_text(item)}" for key, item in ordered(value)]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_text(item) for item in value]) + "]"
    raise TypeError(f"JSON has no {kind.__name__}")
