"""The scanner's words for a record and its fields: apart, because both scanners and their callers need them."""

from enum import IntEnum, IntFlag

MAX_DEPTH = 128
"""Brackets nested deeper than this are not read."""
LONG_DIGITS = 16
"""An integer part of so many digits may not survive a double."""
MISSING = -(1 << 63)
"""In columns of integers: the field holds no integer of fewer than ``LONG_DIGITS`` digits."""


class Flag(IntFlag):
    """Why a record is not plain. 0 proves: one object of valid, compact JSON from which no decoder drops anything.

    The first six go with a record that has no fields, because there is no object to be had. A record with
    ``INVALID_UTF8`` may have a mark and NUL beside it, but nothing else; one with ``INVALID_JSON`` or ``TOO_DEEP``
    (what comes first in it) has no flags of its tokens.
    """

    BLANK = 1
    """No bytes, or only JSON's white space."""
    INVALID_UTF8 = 2
    """Not UTF-8: also overlong forms, encoded surrogates, and what is beyond U+10FFFF."""
    INVALID_JSON = 4
    """Not one JSON text by RFC 8259."""
    TOO_DEEP = 8
    """Brackets nested deeper than ``MAX_DEPTH``."""
    NOT_AN_OBJECT = 16
    """Another JSON value."""
    NUL = 32
    """A byte 0, which is nowhere valid."""
    BYTE_ORDER_MARK = 64
    """It begins with U+FEFF; what follows is scanned."""
    DUPLICATE_KEY = 128
    """Two keys of one object, at any depth, are the same text once their escapes are read."""
    WHITE_SPACE = 256
    """Between tokens or around the value; also a CR before the line's LF."""
    LONG_NUMBER = 512
    """An integer part of ``LONG_DIGITS`` digits or more, or a number beyond a double."""
    LONE_SURROGATE = 1024
    """An escape that is half of a surrogate pair."""
    ESCAPED_KEY = 2048
    """A key, at any depth, with an escape in it."""


class Kind(IntEnum):
    """What a field holds."""

    ABSENT = 0
    STRING = 1
    """Without escapes: the bytes between the quotes are the text."""
    ESCAPED = 2
    """A string with escapes."""
    INTEGER = 3
    NUMBER = 4
    """With a fraction or an exponent."""
    OBJECT = 5
    ARRAY = 6
    TRUE = 7
    FALSE = 8
    NULL = 9
