"""What the scanner must say, by ``json`` with hooks and plain loops over characters: slow, and apart from it."""

import json
import math
from typing import Any

from console.formats.json.flags import LONG_DIGITS, MAX_DEPTH, Flag

_PAIRS = {"{": "}", "[": "]"}


class _RefusedError(ValueError):
    """A constant that Python reads and JSON does not have."""


def oracle(raw: bytes) -> tuple[int, dict[str, Any]]:
    """Flags of a record, and its object ({} where there is none)."""
    flags = Flag(0)
    if b"\0" in raw:
        flags |= Flag.NUL
    if raw[:3] == b"\xef\xbb\xbf":
        flags |= Flag.BYTE_ORDER_MARK
        raw = raw[3:]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return flags | Flag.INVALID_UTF8, {}
    if not text.strip(" \t\r\n"):
        return flags | Flag.BLANK, {}
    deep = _too_deep(text)
    if deep is not None:
        return flags | (Flag.TOO_DEEP if _value(deep)[0] else Flag.INVALID_JSON), {}
    valid, value, found = _value(text)
    if not valid:
        return flags | Flag.INVALID_JSON, {}
    spaced, escaped = _outside(text)
    flags |= found
    if spaced:
        flags |= Flag.WHITE_SPACE
    if escaped:
        flags |= Flag.ESCAPED_KEY
    if type(value) is not dict:
        return flags | Flag.NOT_AN_OBJECT, {}
    return flags, value


def _value(text: str) -> tuple[bool, Any, Flag]:
    """True if the text is JSON, its value, and the flags of its keys, numbers and strings."""
    found = Flag(0)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        if len({key for key, _ in items}) < len(items):
            found |= Flag.DUPLICATE_KEY
        if any(_half(key) or _half(value) for key, value in items):
            found |= Flag.LONE_SURROGATE
        return dict(items)

    def number(digits: str) -> float:
        nonlocal found
        whole = digits.lstrip("-").split(".")[0].split("e")[0].split("E")[0]
        if len(whole) >= LONG_DIGITS or math.isinf(float(digits)):
            found |= Flag.LONG_NUMBER
        return float(digits)

    def refuse(name: str) -> Any:
        raise _RefusedError(name)

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=refuse)
    except ValueError:
        return False, None, Flag(0)
    return True, value, found | (Flag.LONE_SURROGATE if _half(value) else Flag(0))


def _half(value: Any) -> bool:
    """True if half of a surrogate pair is in a text, or in a text of a list; objects are asked when they are made."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, list):
            todo += each
        elif isinstance(each, str) and any("\ud800" <= character <= "\udfff" for character in each):
            return True
    return False


def _too_deep(text: str) -> str | None:
    """The text up to the bracket that is one too many, made whole with [] in its place; None if there is none such."""
    brackets: list[str] = []
    quoted = escaped = False
    for at, each in enumerate(text):
        if quoted:
            if escaped:
                escaped = False
            elif each == "\\":
                escaped = True
            elif each == '"':
                quoted = False
        elif each == '"':
            quoted = True
        elif each in "{[":
            if len(brackets) == MAX_DEPTH:
                return text[:at] + "[]" + "".join(_PAIRS[each] for each in reversed(brackets))
            brackets.append(each)
        elif each in "}]":
            if not brackets:
                return None
            brackets.pop()
    return None


def _outside(text: str) -> tuple[bool, bool]:
    """True if white space stands outside of strings, and true if an escape is in a key, of a text that is JSON."""
    spaced = escaped = False
    at = 0
    while at < len(text):
        if text[at] == '"':
            begin = at
            at += 1
            while text[at] != '"':
                at += 2 if text[at] == "\\" else 1
            if text[at + 1 :].lstrip(" \t\r\n").startswith(":") and "\\" in text[begin:at]:
                escaped = True
        elif text[at] in " \t\r\n":
            spaced = True
        at += 1
    return spaced, escaped
