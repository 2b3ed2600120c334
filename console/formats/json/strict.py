"""JSON read with suspicion: what other parsers silently accept is named, and nothing aborts the ledger (RFC 8259)."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from console.formats.json.scan import MAX_DEPTH, SCANNER, Flag, flags_of
from console.model.finding import Finding
from console.verify.catalogue import finding

SAFE_INTEGER = 2**53
_MANY = 100
"""Problems of one record beyond which further repeated keys are not named."""
_LONG = 200
"""Characters of a key that are named."""
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPORTED = int(~(Flag.WHITE_SPACE | Flag.ESCAPED_KEY))
"""Flags that give a finding."""
_IS_PROVED = SCANNER == "native"
"""The pure scanner's proof costs more than the careful way does."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a record's JSON. ``at`` is a byte position in the record, where known."""

    code: str
    message: str
    at: int | None = None
    field: str | None = None
    count: int = 1
    """Times that it stands there."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The object of one record; None where there is none to be had. A duplicate key keeps its last value."""

    document: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()


def decode(raw: bytes) -> Decoded:
    """Read one record. Never raises.

    What the scanner proves to be plain is decoded at once; the careful way is for finding words for the rest.
    """
    return Decoded(_decode(raw)) if _IS_PROVED and not flags_of(raw) & _REPORTED else _carefully(raw)


def place_problems(problems: Iterable[Problem], record: int, offset: int, length: int, **place: Any) -> list[Finding]:
    """Problems as findings of the record at ``offset``; a known byte position moves the finding's offset there."""
    return [
        finding(
            problem.code,
            problem.message,
            record=record,
            offset=offset + (problem.at or 0),
            length=length - (problem.at or 0),
            field=problem.field,
            count=problem.count,
            **place,
        )
        for problem in problems
    ]


def _is_too_deep(raw: bytes) -> bool:
    """True as soon as the limit is passed: megabytes of brackets cost no more than the first of them."""
    depth = 0
    for token in _TOKEN.finditer(raw):
        mark = token.group()
        if mark in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in (b"}", b"]"):
            depth -= 1
    return False


def _carefully(raw: bytes) -> Decoded:
    problems: list[Problem] = []
    body, text = _text(raw, problems)
    if text is None:
        return Decoded(None, tuple(problems))
    hooks = _Hooks()
    try:
        document = json.loads(
            text,
            object_pairs_hook=hooks.pairs,
            parse_int=hooks.integer,
            parse_float=hooks.decimal,
            parse_constant=hooks.constant,
        )
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode("utf-8", "surrogatepass")) + len(raw) - len(body)
        message = f"{error.msg.removesuffix(' at')} at byte {at} of the record."
        problems.append(Problem("record.invalid-json", message, min(at, len(raw))))
        return Decoded(None, tuple(problems))
    problems.extend(hooks.seen.values())
    if b"\\u" in body and _has_surrogate(document):
        problems.append(Problem("record.lone-surrogate", "A string holds half of a surrogate pair."))
    if not isinstance(document, dict):
        kind = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(
            type(document), "a number"
        )
        problems.append(Problem("record.not-an-object", f"The record is {kind}, not an object."))
        return Decoded(None, tuple(problems))
    return Decoded(document, tuple(problems))


def _text(raw: bytes, problems: list[Problem]) -> tuple[bytes, str | None]:
    """A record's bytes without a byte order mark, and their text; None where there is no JSON to be had in it."""
    if not raw.strip():
        lines = raw.count(b"\n") + 1
        message = f"{lines:,} blank lines, one after the other, are one record." if lines > 1 else "The line is blank."
        problems.append(Problem("record.blank-line", message, count=lines))
        return raw, None
    body = raw
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.append(Problem("record.invalid-utf8", "The record begins with a UTF-16 byte order mark.", 0))
        return body, None
    if body.startswith(b"\xef\xbb\xbf"):
        problems.append(Problem("record.byte-order-mark", "The record begins with a byte order mark."))
        body = body[3:]
    if b"\0" in body:
        at = raw.index(b"\0")
        problems.append(Problem("record.nul-byte", f"A NUL byte at position {at} of the record.", at))
        if not body.strip(b"\0 \t\r\n"):
            return body, None
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        at = error.start + len(raw) - len(body)
        problems.append(Problem("record.invalid-utf8", f"Byte 0x{raw[at]:02x} at position {at} is not UTF-8.", at))
        text = body.decode(errors="replace")
    if body.count(b"{") + body.count(b"[") >= MAX_DEPTH and _is_too_deep(body):
        problems.append(Problem("record.too-deep", f"Brackets are nested more than {MAX_DEPTH} deep."))
        return body, None
    return body, text


class _Hooks:
    """What ``json`` calls while it parses; each kind of problem is kept once."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], Problem] = {}

    def _once(self, code: str, message: str, name: str = "") -> None:
        self.seen.setdefault((code, name), Problem(code, message, field=name or None))

    def pairs(self, items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            for name, times in Counter(name for name, _ in items).items():
                if times > 1 and len(self.seen) < _MANY:
                    key = name if len(name) <= _LONG else name[:_LONG] + "…"
                    self._once("record.duplicate-key", f"The key {key!r} stands {times:,} times in one object.", key)
        return result

    def integer(self, digits: str) -> int | float:
        if len(digits) > 400:
            self._once("record.non-finite-number", f"A number of {len(digits)} digits is beyond any double.")
            return -math.inf if digits.startswith("-") else math.inf
        value = int(digits)
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
            self._once("record.unsafe-integer", f"The integer {digits} is beyond ±2^53.")
        return value

    def decimal(self, digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            self._once("record.non-finite-number", f"The number {digits[:40]} is beyond a double.")
        return value

    def constant(self, name: str) -> float:
        self._once("record.non-finite-number", f"{name} is not JSON.")
        return float(name)


def _has_surrogate(value: Any) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                return True
        elif isinstance(item, dict):
            todo.extend(item)
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return False
