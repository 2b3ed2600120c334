"""What is wrong with one JSON value that is no record: parsed as strictly as a record, and nothing kept of it."""

import json
from typing import Any

Fault = tuple[str, str]
"""A finding's code, and what it says."""


class _RefusedError(ValueError):
    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.fault = code, words


def fault_of(raw: bytes) -> Fault | None:
    """The first fault of a value by RFC 8259, keys that stand twice among them; None where there is none."""
    if b"\0" in raw:
        return "record.nul-byte", "holds a NUL byte"
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return "record.invalid-utf8", f"holds byte 0x{raw[error.start]:02x}, which is not UTF-8"
    try:
        json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=len, parse_float=len)
    except _RefusedError as error:
        return error.fault
    except RecursionError:
        return "record.too-deep", "is nested too deeply"
    except ValueError:
        return "record.invalid-json", "is not JSON"
    return None


def text_of(raw: bytes) -> str | None:
    """The text of a JSON string in its quotes, escapes read; None if it is none."""
    try:
        found = json.loads(raw.decode())
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _pairs(items: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in items}) < len(items):
        raise _RefusedError("record.duplicate-key", "has a key that stands twice")


def _constant(name: str) -> None:
    raise _RefusedError("record.non-finite-number", f"holds {name}")
