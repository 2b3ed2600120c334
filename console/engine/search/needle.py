"""Looking for a text in the bytes of JSON records."""

import re
from collections.abc import Callable

Needle = Callable[[bytes], bool]
"""True if bytes hold a text."""
_SHORT = {'"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
"""JSON's escapes of one letter (RFC 8259, section 7)."""


def needle(text: str) -> Needle:
    """Looks for a text in JSON records; letter case matters if the text has a capital.

    What JSON may escape is found in its UTF-8 form and as an escape alike. What it must escape (quotes, backslashes,
    controls) is found where all of it is escaped, as in a string, and where none is, as the raw record reads.
    """
    exact = text != text.lower()
    if text.isascii() and text.isprintable() and not _SHORT.keys() & set(text):
        form = text.encode()
        return (lambda data: form in data) if exact else (lambda data: form in data.lower())
    # Never both forms of a backslash at one place: which of them a run of backslashes is would be tried in all ways.
    raw, escaped = (b"".join(_forms(char, exact, escaped) for char in text) for escaped in (False, True))
    found = re.compile(raw + b"|" + escaped, 0 if exact else re.IGNORECASE).search
    return lambda data: found(data) is not None


def _forms(char: str, exact: bool, escaped: bool) -> bytes:
    """A pattern for one character; no two of its forms begin alike. ``escaped``: what JSON must escape is escaped."""
    if char.isascii() and char.isalnum():
        return char.encode()
    chars = {char} if exact else {char, char.upper(), char.lower()}
    forms: list[bytes] = [re.escape(each.encode("utf-8", "surrogatepass")) for each in chars]
    if char in '"\\' or char < " ":
        if not escaped:
            return forms[0]
        forms.clear()
    forms += [b"".join(rb"\\u" + _hex(unit) for unit in _units(each)) for each in chars]
    if char in _SHORT:
        forms.append(re.escape(b"\\" + _SHORT[char].encode()))
    return b"(?:" + b"|".join(forms) + b")"


def _hex(unit: int) -> bytes:
    """Four hexadecimal digits of either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{unit:04x}").encode()


def _units(text: str) -> list[int]:
    data = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
