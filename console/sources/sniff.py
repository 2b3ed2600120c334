"""What a file or decoded stream is: by its first bytes, never by its name.

Names lie, and what is taken for no ledger is never looked at again. So the beginning decides in one place, for files
and for what is stored compressed, and a doubt goes to the kind that shows a finding for each bad record (JSON lines).
"""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise

from console.model.finding import Finding
from console.sources.content import Window
from console.sources.protocol import CHUNK
from console.sources.text.json_array import WRAPPERS
from console.sources.text.json_ends import (
    CLOSE,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    NOTHING,
    OPEN,
    OPEN_OBJECT,
    QUOTE,
    JsonPlace,
)

HEAD = 64 * 1024
"""Decoded bytes that are looked at to distinguish lines from documents."""
FIRST = 4096
"""Bytes that suffice to see that a file is none of ours."""

GZIP = b"\x1f\x8b\x08"
SQLITE = b"SQLite format 3\0"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SSE_LINE = re.compile(rb"(?:event|data|id|retry)(?::|$)|:")
_SSE_SURE = re.compile(rb"^(?:event|data)(?::|$)", re.MULTILINE)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_PLAIN = rb'"[^"\\]*"\s*:\s*(?:[0-9.]+|null|true|false)\s*'
_NO_EVENTS = re.compile(
    rb"\s*\{\s*(?:%b,\s*)*(?:%b)\s*:\s*\[\s*\]\s*(?:,\s*%b)*\}\s*" % (_PLAIN, b"|".join(sorted(WRAPPERS)), _PLAIN)
)
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class TextKind:
    """``kind``: jsonl, json, sse, empty, or '' for none of them. ``why`` is a sentence about the last two."""

    kind: str
    why: str = ""


def stored_kind(first: bytes) -> str:
    """gzip, sqlite, zip, or '' by magic bytes."""
    if first.startswith(GZIP):
        return "gzip"
    if first.startswith(SQLITE):
        return "sqlite"
    if first.startswith(ZIP):
        return "zip"
    return ""


_PROMISES = {
    ".gz": ("gzip", "a gzip stream"),
    ".db": ("sqlite", "a SQLite database"),
    ".sqlite": ("sqlite", "a SQLite database"),
    ".sqlite3": ("sqlite", "a SQLite database"),
    ".zip": ("zip", "a ZIP archive"),
    ".json": ("", "a JSON document"),
}
_NO_PROMISE = (".tar.gz", "thumbs.db")


def broken_promise(name: str, first: bytes) -> str:
    """In a sentence: a file that its name promises to hold a ledger, and whose beginning is binary data of no kind that
    is known here. '' for all others."""
    promised = _PROMISES.get("." + name.rpartition(".")[2].lower())
    if promised is None or name.lower().endswith(_NO_PROMISE) or stored_kind(first) or not _is_binary(first):
        return ""
    return f"Its name promises {promised[1]}, but its beginning is not one: it was overwritten, or is something else."


def _is_binary(first: bytes) -> bool:
    """True if bytes cannot be the beginning of a text."""
    if first[:2] in _UTF16:
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return True
    return "\0" in text


def hopeless(first: bytes) -> bool:
    """True if a file that begins so cannot be a ledger: a cheap answer for folders full of other files."""
    text = first.removeprefix(_BOM).lstrip()
    if stored_kind(first) or not text or text[:1] in b"{[":
        return False
    return not (b"\n{" in text or _SSE_LINE.match(text) or first[:2] in _UTF16)


class _HeadWindow:
    """A window on bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]

    def lines(self, offset: int, size: int) -> bytes:
        return self._data[offset : self._data.rfind(b"\n", offset, offset + size) + 1]

    def findings(self) -> list[Finding]:
        return []


def text_kind(window: Window) -> TextKind:
    """How the decoded bytes of a window are cut into records."""
    head = window.read(0, HEAD)
    if not head:
        return TextKind("empty", "The file is empty.")
    if head[:2] in _UTF16 or (len(head) > 3 and 0 in head[:2] and head[:2].strip(b"\0") in (b"{", b"[")):
        return TextKind("", "The text is UTF-16; ledgers are UTF-8. Convert a copy to read it.")
    start = len(head) - len(head.removeprefix(_BOM).lstrip())
    if start == len(head):
        return _after_blanks(window, head)
    whole = len(head) < HEAD
    if head[start] == OPEN:
        return _bracket(head, start, whole)
    if head[start] == OPEN_OBJECT:
        return _brace(window, head, start, whole)
    return _other(head, start, whole)


def _after_blanks(window: Window, head: bytes) -> TextKind:
    """Nothing but white space so far."""
    if len(head) == HEAD and window.read(HEAD, CHUNK).strip():
        return TextKind("jsonl")
    if len(head) == HEAD:
        return TextKind("", "The file begins with nothing but white space.")
    return TextKind("empty", "There is nothing but white space in the file.")


def _bracket(head: bytes, start: int, whole: bool) -> TextKind:
    place = JsonPlace(_HeadWindow(head), start + 1)
    found = place.blank()
    if found == CLOSE and whole and not head[place.at + 1 :].strip():
        return TextKind("empty", "The array is empty.")
    if found != NOTHING and found not in b'{["]-0123456789tfn':
        return _other(head, start, whole)
    place.jump(start)
    if place.composite() and b"\n" not in head[start : place.at]:
        following = head[place.at :].lstrip(b" \t\r")
        if following.startswith(b"\n") and following.strip():
            return TextKind("jsonl")
    return TextKind("json")


def _brace(window: Window, head: bytes, start: int, whole: bool) -> TextKind:
    """Lines of objects, a wrapped array, or one object over several lines."""
    if whole and _NO_EVENTS.fullmatch(head, start):
        return TextKind("", "The document holds an empty list of events: nothing shows yet whose ledger it will be.")
    first, _, later = head[start:].partition(b"\n")
    place = JsonPlace(_HeadWindow(first), 0)
    if place.composite() and not first[place.at :].strip():
        alone = whole and not later.strip()
        return TextKind("json" if alone and is_wrapper(_HeadWindow(first), 0) else "jsonl")
    if not later:
        # One line that is longer than the head, or has no end: a document if its first members look like one.
        return TextKind("json" if is_wrapper(window, start) else "jsonl")
    return TextKind("jsonl" if _torn(head, start) else "json")


def _torn(head: bytes, start: int) -> bool:
    """True if the first of several lines is damaged, rather than the first line of a document.

    A document's strings hold no line ends, and where its line begins with a brace, the one before opens or separates.
    """
    place = JsonPlace(_HeadWindow(head), start)
    place.composite()
    lines = head[start : place.at].split(b"\n")
    for before, line in pairwise(lines):
        if line.startswith(b"{") and before.rstrip()[-1:] not in (b"[", b",", b":", b""):
            return True
    return any(b"\n" in string for string in _STRING.findall(head, start, place.at))


def is_wrapper(window: Window, start: int) -> bool:
    """True if the object at ``start`` holds, under a known key, an array that begins with an object."""
    place = JsonPlace(window, start)
    place.blank()
    place.at += 1
    for _ in range(64):
        found = place.blank()
        if found == COMMA:
            place.at += 1
            found = place.blank()
        key = place.at
        if found != QUOTE or not place.string():
            return False
        name = window.read(key, min(place.at - key, 16))
        if place.blank() != COLON:
            return False
        place.at += 1
        if place.blank() == OPEN and name in WRAPPERS:
            place.at += 1
            return place.blank() == OPEN_OBJECT
        if place.element(CLOSE_OBJECT) is None:
            return False
    return False


def _other(head: bytes, start: int, whole: bool) -> TextKind:
    """Neither bracket nor brace: events of a stream, lines whose first is damaged, or no ledger."""
    if _is_sse(head.removeprefix(_BOM)):
        return TextKind("sse")
    lines = [line.strip() for line in head.split(b"\n") if line.strip()]
    if not whole and len(lines) > 1:
        lines.pop()
    objects = sum(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    if objects and objects * 2 >= len(lines):
        return TextKind("jsonl")
    if b"\0" in head:
        return TextKind("", "The file holds binary data of a kind that is not known here.")
    return TextKind("", "The file holds text, but neither JSON lines, a JSON document nor an event stream.")


def _is_sse(text: bytes) -> bool:
    """True if the first block with a field reads as ``text/event-stream``."""
    found = False
    for line in _LINE_END.split(text)[:200]:
        if not line:
            if found:
                return True
            continue
        if not _SSE_LINE.match(line):
            return False
        found = found or bool(_SSE_SURE.match(line))
    return found
