"""What a file or decoded stream is: by its first bytes, never by its name.

Names lie, and what is taken for no ledger is never looked at again. So the beginning decides in one place, for files
and for what is stored compressed, and a doubt goes to the kind that shows a finding for each bad record (JSON lines).
"""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise

from console.sources.compressed.tar import BLOCK, is_tar
from console.sources.content import MemoryWindow, Window
from console.sources.other_kinds import behind_prefixes, stored_otherwise, written_otherwise
from console.sources.protocol import CHUNK
from console.sources.text.json_document import WRAPPERS, known_list
from console.sources.text.json_ends import (
    CLOSE,
    COMMA,
    NOTHING,
    OPEN,
    OPEN_OBJECT,
    JsonPlace,
)
from console.sources.text.wrapped import PARTS

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
    rb"\s*\{\s*(?:%b,\s*)*(?:%b)\s*:\s*\[\s*\]\s*(?:,\s*%b)*\}\s*"
    % (_PLAIN, "|".join(f'"{name}"' for name in sorted(WRAPPERS)).encode(), _PLAIN)
)
_WRAPPED = 20
"""Lines that are looked at for a log that wraps others."""
_TOKEN = re.compile(rb'"?eyJ[\w-]+(?:\.[\w-]*){3}\.[\w-]+"?', re.ASCII)
"""A line that is encrypted: a JWE in compact form (RFC 7516), whose header is an object."""
_TOKEN_HEAD = re.compile(rb'"?eyJ[\w-]+(?:\.[\w-]*){2}\.', re.ASCII)
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class TextKind:
    """``kind``: jsonl, json, joined, docker, cri, sse, tar, empty, or '' for none of them. ``why`` is a sentence about
    the last two."""

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


_LINES = re.compile(r"\.(?:jsonl|ndjson)(?:\.\d+|\.(?:gz|xz|bz2|zst|lz4|z))*", re.IGNORECASE)


def promises_lines(name: str) -> bool:
    """True if a file's name promises a ledger, compressed or not: it must not pass in silence, whatever it holds."""
    return _LINES.fullmatch(name, max(name.lower().rfind(".jsonl"), name.lower().rfind(".ndjson"), 0)) is not None


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
    if stored_otherwise(first):
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
    if stored_kind(first) or not text or text[:1] in b"{[" or is_tar(first):
        return False
    if _wrapping(first) or _TOKEN_HEAD.match(text):
        return False
    return not (b"\n{" in text or _SSE_LINE.match(text) or first[:2] in _UTF16)


def _is_utf16(head: bytes) -> bool:
    """True if a text begins with a mark of UTF-16 and has NULs between its letters, or begins with a bracket so."""
    if head[:2] in _UTF16:
        return b"\0" in head[:256]
    # Two letters so: one NUL before a bracket is a hole in a ledger.
    return len(head) > 3 and 0 in head[:2] and 0 in head[2:4] and head[:2].strip(b"\0") in (b"{", b"[")


def text_kind(window: Window) -> TextKind:
    """How the decoded bytes of a window are cut into records."""
    head = window.read(0, HEAD)
    if not head:
        return TextKind("empty", "The file is empty.")
    if _is_utf16(head):
        return TextKind("", "The text is UTF-16; ledgers are UTF-8. Convert a copy to read it.")
    if is_tar(head[:BLOCK]):
        return TextKind("tar")
    if why := stored_otherwise(head) or written_otherwise(head):
        return TextKind("", why)
    start = len(head) - len(head.removeprefix(_BOM).lstrip())
    if start == len(head):
        return _after_blanks(window, head)
    whole = len(head) < HEAD
    if wrapping := _wrapping(head):
        return TextKind(wrapping)
    if head[start] == OPEN:
        return _bracket(head, start, whole)
    if head[start] == OPEN_OBJECT:
        return _brace(window, head, start, whole)
    return _other(head, start, whole)


def _wrapping(head: bytes) -> str:
    """The container whose line the first one is, or most of the first ones, as it may have been torn; '' for none."""
    lines = [line for line in head.split(b"\n", _WRAPPED)[:_WRAPPED] if line.strip()]
    for kind, part in PARTS.items():
        found = [part(line) is not None for line in lines]
        if found[:1] == [True] or sum(found) * 2 > len(found):
            return kind
    return ""


def _after_blanks(window: Window, head: bytes) -> TextKind:
    """Nothing but white space so far."""
    if len(head) == HEAD and window.read(HEAD, CHUNK).strip():
        return TextKind("jsonl")
    if len(head) == HEAD:
        return TextKind("", "The file begins with nothing but white space.")
    return TextKind("empty", "There is nothing but white space in the file.")


def _bracket(head: bytes, start: int, whole: bool) -> TextKind:
    place = JsonPlace(MemoryWindow(head), start + 1)
    found = place.blank()
    if found == CLOSE and whole and not head[place.at + 1 :].strip():
        return TextKind("empty", "The array is empty.")
    if found != NOTHING and found not in b'{["]-0123456789tfn':
        return _other(head, start, whole)
    if found == OPEN_OBJECT and place.composite() and _joined(head, place.at, comma=False):
        return TextKind("joined")
    place.jump(start)
    if place.composite() and b"\n" not in head[start : place.at]:
        following = head[place.at :].lstrip(b" \t\r")
        if following.startswith(b"\n") and following.strip():
            return TextKind("jsonl")
    return TextKind("json")


def _brace(window: Window, head: bytes, start: int, whole: bool) -> TextKind:
    """Lines of objects, wrapped or not, a wrapped array, or objects that each take several lines."""
    if whole and _NO_EVENTS.fullmatch(head, start):
        return TextKind("", "The document holds an empty list of events: nothing shows yet whose ledger it will be.")
    first, _, later = head[start:].partition(b"\n")
    place = JsonPlace(MemoryWindow(first), 0)
    if place.composite():
        if _joined(head, start + place.at, comma=True):
            return TextKind("joined")
        alone = whole and not later.strip()
        return TextKind("json" if alone and known_list(MemoryWindow(first), 0) is not None else "jsonl")
    if not later:
        # One line that is longer than the head, or has no end: a document if its first members look like one.
        return TextKind("json" if known_list(window, start) is not None else "jsonl")
    if _torn(head, start):
        return TextKind("jsonl")
    place = JsonPlace(MemoryWindow(head), start)
    return TextKind("joined" if place.composite() and _joined(head, place.at) else "json")


def _joined(head: bytes, at: int, comma: bool | None = None) -> bool:
    """True if an object that ends at ``at`` is followed by another one at the beginning of a line, behind a comma or
    without one (None: either)."""
    place = JsonPlace(MemoryWindow(head), at)
    separated = place.blank() == COMMA
    place.at += separated
    if comma is not None and comma is not separated:
        return False
    return place.blank() == OPEN_OBJECT and head[place.at - 1 : place.at] == b"\n"


def _torn(head: bytes, start: int) -> bool:
    """True if the first of several lines is damaged, rather than the first line of a document.

    A document's strings hold no line ends, and where its line begins with a brace, the one before opens or separates.
    """
    place = JsonPlace(MemoryWindow(head), start)
    place.composite()
    lines = head[start : place.at].split(b"\n")
    for before, line in pairwise(lines):
        if line.startswith(b"{") and before.rstrip()[-1:] not in (b"[", b",", b":", b""):
            return True
    return any(b"\n" in string for string in _STRING.findall(head, start, place.at))


def _other(head: bytes, start: int, whole: bool) -> TextKind:
    """Neither bracket nor brace: events of a stream, lines whose first is damaged, or no ledger."""
    if _is_sse(head.removeprefix(_BOM)):
        return TextKind("sse")
    lines = [line.strip() for line in head.split(b"\n") if line.strip()]
    if not whole and len(lines) > 1:
        lines.pop()
    objects = sum((line[:1] == b"{" and line[-1:] == b"}") or _TOKEN.fullmatch(line) is not None for line in lines)
    if objects and objects * 2 >= len(lines):
        return TextKind("jsonl")
    if b"\0" in head:
        return TextKind("", "The file holds binary data of a kind that is not known here.")
    why = behind_prefixes(lines) or "The file holds text, but neither JSON lines, a JSON document nor an event stream."
    return TextKind("", why)


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
