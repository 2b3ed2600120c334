"""Encrypted events: one JWE in compact serialisation (RFC 7516) a line, bare or as a JSON string."""

import re
from base64 import urlsafe_b64decode
from typing import Any

import msgspec

TYPE = "encrypted"
"""What such events have for a type: their own cannot be read."""
_COMPACT = re.compile(rb'\s*(")?([\w-]+)\.[\w-]*\.[\w-]*\.[\w-]*\.[\w-]+(?(1)")\s*', re.ASCII)
_header_of = msgspec.json.Decoder(dict[str, Any]).decode


def is_encrypted(raw: bytes) -> bool:
    """Whether a record is a JWE whose header names both algorithms."""
    match = _COMPACT.fullmatch(raw)
    if match is None:
        return False
    try:
        header = _header_of(urlsafe_b64decode(match[2] + b"=" * (-len(match[2]) % 4)))
    except ValueError:
        return False
    return all(isinstance(header.get(name), str) for name in ("alg", "enc"))
