"""Search in the raw records: a scan from the oldest record on, its hits streamed as they are found."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from console.formats.reading.cutting import cut
from console.model.record import Cursor, Record
from console.sources.protocol import Source

Needle = Callable[[bytes], bool]
"""True if bytes hold a text."""
_SHORT = {'"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
"""JSON's escapes of one letter (RFC 8259, section 7)."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Ordinals that match, of the records read since the last answer, and where reading goes on."""

    ordinals: list[int]
    next: Cursor


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


def matches(raw: bytes, texts: Sequence[tuple[str, bool]]) -> bool:
    """True if one record holds every wanted text and no unwanted one."""
    return all(needle(text)(raw) is want for text, want in texts)


def search(
    source: Source, texts: Sequence[tuple[str, bool]], start: Cursor, *, damaged: bool = False
) -> Iterator[Hits]:
    """Records that hold every wanted text and no unwanted one. One answer a batch. Raises ``SourceError``.

    ``damaged``: some of its lines are not one record each; to find out which ones takes longer than the search. An
    unfinished tail is searched too, in case it counts as a record; the next search begins with it again.
    """
    wanted = [needle(text) for text, want in texts if want]
    unwanted = [needle(text) for text, want in texts if not want]

    def hit(raw: bytes) -> bool:
        return all(holds(raw) for holds in wanted) and not any(holds(raw) for holds in unwanted)

    cursor = start
    for batch in cut(source.batches(start)) if damaged else source.batches(start):
        cursor = batch.next
        found: list[int] = []
        if batch.lines is None or all(holds(batch.lines) for holds in wanted):
            found = [batch.first + index for index, raw in enumerate(batch.raws) if hit(raw)]
        yield Hits(found, cursor)
    tail: Record | None = source.tail(cursor)
    if tail is not None and hit(tail.raw):
        yield Hits([tail.ordinal], cursor)
