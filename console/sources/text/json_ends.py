"""Finds where JSON values end, in bytes that come in blocks, without parsing and without recursion.

A document may be larger than memory and deeper than a stack. Only strings and brackets matter here: its reader judges
what stands between. Square brackets and braces count alike, so a torn value ends where its brackets balance.
"""

import re

from console.sources.content import Window
from console.sources.protocol import CHUNK

QUOTE, COMMA, COLON, OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT = b'",:[]{}'
NOTHING = -1
"""The bytes end here."""

_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING_REST = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_OPENS = re.compile(rb"[\[{]")
# Skips to the next run of brackets in one match: group 1 opens, group 2 closes, none: the block or a string in it ends
# before. A run at once, because megabytes of brackets are a cheap way to keep a reader busy.
_BRACKETS = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+(?:([\[{]++)|([\]}]++)|)', re.DOTALL)
_PLAIN = {CLOSE: re.compile(rb'[^,\]\[{" \t\r\n]*+'), CLOSE_OBJECT: re.compile(rb'[^,}\[{" \t\r\n]*+')}


class JsonPlace:
    """A position ``at`` in a window, moved forward value by value. Memory is one block."""

    def __init__(self, window: Window, at: int) -> None:
        self._window = window
        self.jump(at)

    def jump(self, at: int) -> None:
        self.at = at
        self._base = at
        self._block = b""

    def _load(self) -> bool:
        self._base = self.at
        self._block = self._window.read(self.at, CHUNK)
        return bool(self._block)

    def blank(self) -> int:
        """Move over white space; the byte found there, or ``NOTHING``."""
        while True:
            found = _BLANK.match(self._block, self.at - self._base)
            end = found.end() if found else 0
            self.at = self._base + end
            if end < len(self._block):
                return self._block[end]
            if not self._load():
                return NOTHING

    def string(self) -> bool:
        """From a quote to behind the quote that ends the string. False: the bytes end before."""
        self.at += 1
        while True:
            found = _STRING_REST.match(self._block, self.at - self._base)
            end = found.end() if found else 0
            self.at = self._base + end
            if end < len(self._block):
                if self._block[end] == QUOTE:
                    self.at += 1
                    return True
                # A backslash whose partner lies in the next block.
                if not self._load() or len(self._block) < 2:
                    return False
            elif not self._load():
                return False

    def composite(self) -> bool:
        """From an opening bracket to behind the one that closes it. False: the bytes end before."""
        depth = 0
        while True:
            for found in _BRACKETS.finditer(self._block, self.at - self._base):
                kind = found.lastindex
                if kind == 1:
                    depth += found.end() - found.start(1)
                elif kind == 2:
                    closed = found.start(2) + depth
                    if closed <= found.end():
                        self.at = self._base + closed
                        return True
                    depth = closed - found.end()
                else:
                    self.at = self._base + found.end()
                    break
            if self.at - self._base < len(self._block):
                if not self.string():
                    return False
            elif not self._load():
                return False

    def plain(self, close: int) -> bool:
        """Over a number, a word or garbage, up to what may follow a value. False: the bytes end before."""
        while True:
            found = _PLAIN[close].match(self._block, self.at - self._base)
            end = found.end() if found else 0
            self.at = self._base + end
            if end < len(self._block):
                return True
            if not self._load():
                return False

    def to_bracket(self) -> None:
        """To the next opening bracket, or to the end: over something that is no value."""
        while True:
            found = _OPENS.search(self._block, self.at - self._base)
            self.at = self._base + (len(self._block) if found is None else found.start())
            if found is not None or not self._load():
                return

    def element(self, close: int) -> int | None:
        """From the first byte of a value to the comma or ``close`` behind it; the offset where the value ends.

        Whatever stands before that comma belongs to the value. A value that is complete in itself may also be followed
        by the end of the bytes. None: the bytes end within the value.
        """
        found = self.blank()
        while True:
            if found in (OPEN, OPEN_OBJECT):
                whole = closed = self.composite()
            elif found == QUOTE:
                whole = closed = self.string()
            else:
                whole, closed = self.plain(close), False
            if not whole:
                return None
            end = self.at
            found = self.blank()
            if found in (COMMA, close):
                return end
            if found == NOTHING:
                return end if closed else None
