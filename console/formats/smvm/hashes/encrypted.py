"""Lines that are JWEs in compact form (RFC 7516): recognised without a key, and opened where the operator has it.

The specification asks for AES-256 and names no envelope; ``dir`` with ``A256GCM`` is the standard form of that. The key
is the operator's, never the ledger's, and nothing but this algorithm is accepted: a header is written by whoever wrote
the line. GCM authenticates, so that a line which does not open under its key was changed, or has another key.
"""

import json
import re
from base64 import b64decode, urlsafe_b64decode
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

ALGORITHM, ENCRYPTION = "dir", "A256GCM"
SIZE = 32
"""Bytes of a key."""
_COMPACT = re.compile(rb'\s*(")?([\w-]+)\.[\w-]*\.[\w-]*\.[\w-]*\.[\w-]+(?(1)")\s*', re.ASCII)
_header_of = msgspec.json.Decoder(dict[str, Any]).decode


class Opening(Enum):
    """What became of an encrypted line."""

    NO_KEY = "the key is not at hand"
    OTHER_FORM = "only dir with A256GCM is opened"
    NO_LIBRARY = "joserfc is not installed: pip install 'audit-console[encryption]'"
    FAILED = "it does not open under the key at hand"
    OPENED = "opened"


class OpenedLine(NamedTuple):
    """``plain`` is what was encrypted, b'' where it was not opened."""

    state: Opening
    plain: bytes = b""


def header_of(raw: bytes) -> dict[str, Any] | None:
    """The header of a JWE in compact form, alone or as a JSON text; None for what is none."""
    match = _COMPACT.fullmatch(raw)
    if match is None:
        return None
    try:
        header = _header_of(urlsafe_b64decode(match[2] + b"=" * (-len(match[2]) % 4)))
    except ValueError:
        return None
    return header if all(isinstance(header.get(name), str) for name in ("alg", "enc")) else None


def is_encrypted(raw: bytes) -> bool:
    """True if a record is a JWE whose header names both algorithms."""
    return header_of(raw) is not None


def opened(raw: bytes, key: bytes) -> OpenedLine:
    """Open an encrypted line; ``key`` is the content of the operator's key file: see ``keys_of``."""
    header = header_of(raw)
    if header is None or not key:
        return OpenedLine(Opening.NO_KEY)
    if (header["alg"], header["enc"]) != (ALGORITHM, ENCRYPTION) or "zip" in header:
        return OpenedLine(Opening.OTHER_FORM)
    kid = header.get("kid")
    keys = [each for name, each in keys_of(key) if kid is None or name is None or name == kid]
    if not keys:
        return OpenedLine(Opening.NO_KEY)
    try:
        from joserfc import jwe  # an extra: few ledgers are encrypted
        from joserfc.errors import JoseError
        from joserfc.jwk import OctKey
    except ImportError:
        return OpenedLine(Opening.NO_LIBRARY)
    token = raw.strip().strip(b'"')
    for each in keys:
        try:
            found = jwe.decrypt_compact(token, OctKey.import_key(each), algorithms=[ALGORITHM, ENCRYPTION])
        except (JoseError, ValueError):
            continue
        return OpenedLine(Opening.OPENED, found.plaintext or b"")
    return OpenedLine(Opening.FAILED)


@lru_cache(maxsize=4)
def keys_of(data: bytes) -> tuple[tuple[str | None, bytes], ...]:
    """The keys of 256 bits in a file, with their ``kid``: 32 bytes as they are, in hex or in base64, a JWK or a set of
    them. None where it holds none."""
    if len(data) == SIZE:
        return ((None, data),)
    text = data.strip()
    try:
        document = json.loads(text) if text.startswith(b"{") else None
    except ValueError:
        return ()
    if isinstance(document, dict):
        listed = document.get("keys", [document])
        found = [_of_jwk(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        return tuple(each for each in found if each is not None)
    for read in (bytes.fromhex, _base64):
        try:
            key = read(text.decode("ascii"))
        except ValueError:
            continue
        if len(key) == SIZE:
            return ((None, key),)
    return ()


def _of_jwk(document: dict[str, Any]) -> tuple[str | None, bytes] | None:
    kid, value = document.get("kid"), document.get("k")
    if document.get("kty") != "oct" or not isinstance(value, str):
        return None
    try:
        key = _base64(value)
    except ValueError:
        return None
    return (kid if isinstance(kid, str) else None, key) if len(key) == SIZE else None


def _base64(text: str) -> bytes:
    padded = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    return b64decode(padded + "=" * (-len(padded) % 4), validate=True)
