"""What ``data_hash`` covers: the stage's payload, as SHA-256 of its canonical JSON (a text is hashed as it is).

Two canonical forms are documented: Python's default separators, which the real writer uses, and the compact one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from console.formats.smvm.record import SHA256
from console.model.proof import Span

RULES: tuple[tuple[str, tuple[str, str]], ...] = (
    ("default separators", (", ", ": ")),
    ("compact separators", (",", ":")),
)


class HashState(Enum):
    """What is known of one ``data_hash``."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    UNVERIFIABLE = "unverifiable"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class HashCheck:
    """``rule`` names the canonical form and what was hashed; ``recomputed`` is the hash by the first rule."""

    state: HashState
    rule: str = ""
    recomputed: str | None = None


UNVERIFIABLE = HashCheck(HashState.UNVERIFIABLE)
MALFORMED = HashCheck(HashState.MALFORMED)


def canonical(value: object, separators: tuple[str, str] = RULES[0][1]) -> bytes:
    """The bytes that are hashed: sorted keys, ASCII; a text stays itself."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=separators)
    return text.encode("utf-8", "surrogatepass")


def digest(value: object, separators: tuple[str, str] = RULES[0][1]) -> str:
    return sha256(canonical(value, separators)).hexdigest()


def check_metadata(data_hash: str, metadata: Mapping[str, Any]) -> HashCheck:
    """A DECIDED event's hash against its metadata, which repeats its payload. The hash must be well formed."""
    first = ""
    for name, separators in RULES:
        found = digest(metadata, separators)
        if found == data_hash:
            return HashCheck(HashState.VERIFIED, f"metadata, {name}", found)
        first = first or found
    return HashCheck(HashState.MISMATCH, f"metadata, {RULES[0][0]}", first)


def check(event: Mapping[str, Any], payloads: Mapping[str, str] | None = None) -> HashCheck:
    """One event's hash. ``payloads`` names the payloads at hand by their hash (see ``companions``).

    A DECIDED event is checked against its own metadata whatever files are at hand.
    """
    data_hash, metadata = event.get("data_hash"), event.get("metadata")
    if not isinstance(data_hash, str) or SHA256.fullmatch(data_hash) is None:
        return MALFORMED
    if event.get("event_type") == "DECIDED" and isinstance(metadata, dict):
        return check_metadata(data_hash, metadata)
    name = (payloads or {}).get(data_hash)
    return UNVERIFIABLE if name is None else HashCheck(HashState.VERIFIED, name, data_hash)


def spans(metadata: Mapping[str, Any], separators: tuple[str, str]) -> tuple[Span, ...]:
    """Where each field of the metadata stands in its canonical form."""
    found: list[Span] = []
    at = 1
    for name in sorted(metadata):
        size = len(canonical({name: metadata[name]}, separators)) - 2
        found.append(Span(at, at + size, f"metadata.{name}"))
        at += size + len(separators[0])
    return tuple(found)
