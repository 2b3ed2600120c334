"""The kernel's hash profiles: what is hashed, piece by piece."""

from console.formats.kernel.entry import API, OLD, PACK, TABLE, Entry
from console.model.ledger import Coverage, Profile
from console.verify.javascript import quote, utf8
from console.verify.recover import Job

DOC, AUDIT, BFF, PACKED = "kernel-doc/1", "kernel-audit/1", "kernel-bff/1", "kernel-pack/1"

PROFILES = (
    Profile(
        DOC,
        "SHA-256 of dealId + sequenceNumber + type + JSON.stringify(payload) + (previousEventHash or 'null'), as the"
        " specification says.",
        Coverage(
            ("dealId", "sequenceNumber", "type", "payload", "previousEventHash"),
            ("id", "actorId", "authorityContext", "evidenceRefs", "createdAt"),
        ),
    ),
    Profile(
        AUDIT,
        "SHA-256 of JSON.stringify({dealId, sequenceNumber, type, payload, previousHash, timestamp});"
        " the timestamp is the writer's clock, not stored, recovered from createdAt − 2,000 ms to + 5 ms.",
        Coverage(
            ("dealId", "sequenceNumber", "type", "payload", "previousEventHash"),
            ("id", "actorId", "authorityContext", "evidenceRefs", "createdAt"),
        ),
    ),
    Profile(
        BFF,
        "SHA-256 of JSON.stringify({dealId, sequenceNumber, eventType, eventData, previousHash, timestamp});"
        " the timestamp is recovered near occurredAt.",
        Coverage(
            ("dealId", "sequenceNumber", "eventType", "eventData", "previousEventHash"),
            (
                "id",
                "actorId",
                "actorName",
                "actorRole",
                "authorityContext",
                "evidenceRefs",
                "occurredAt",
                "fromState",
                "toState",
            ),
        ),
    ),
    Profile(
        PACKED,
        "As kernel-bff/1, over the lines of an evidence pack; dealId comes from the pack's manifest.json.",
        Coverage(("seq", "type", "data", "prevHash"), ("ts", "actor", "actorName", "fromState", "toState")),
    ),
)
BY_NAME = {profile.name: profile for profile in PROFILES}

_CANDIDATES = {
    API: (DOC, AUDIT, BFF),
    OLD: (DOC, AUDIT, BFF),
    TABLE: (BFF, AUDIT, DOC),
    PACK: (PACKED, AUDIT, DOC),
}

PRODUCERS: dict[str, tuple[str, ...]] = {
    "DealCreated": ("name", "state", "stressMode"),
    "ActorAdded": ("actorId", "name", "type", "role"),
    "RoleAssigned": ("actorId", "roleId", "roleName"),
    "MaterialCreated": ("materialId", "type", "truthClass"),
    "MaterialUpdated": ("materialId", "type", "previousTruthClass", "newTruthClass"),
    "ArtifactUploaded": ("artifactId", "filename", "mimeType", "sizeBytes", "sha256Hex"),
}
"""The order in which the real kernel's own writers put a payload's keys."""

Piece = tuple[bytes, str]
"""Bytes of a preimage, and the field they come from ('' for what stands between fields)."""


def candidates(shape: str) -> tuple[str, ...]:
    """Profiles that a ledger of this shape may follow, most likely first."""
    return _CANDIDATES.get(shape, _CANDIDATES[API])


def timed(profile: str) -> bool:
    """Whether the profile hashes a time that is not stored."""
    return profile != DOC


def fixed(profile: str) -> bool:
    """Whether the profile's payload is stored as the very text that was hashed."""
    return profile in (BFF, PACKED)


def pieces(profile: str, entry: Entry, sequence: int, payload: bytes, time: bytes = b"") -> list[Piece]:
    """The preimage under a profile with this number, payload text and time."""
    deal = entry.deal or ""
    number = b"%d" % sequence
    if profile == DOC:
        return [
            (utf8(deal), "dealId"),
            (number, "sequenceNumber"),
            (utf8(entry.type), "type"),
            (payload, "payload"),
            (utf8(entry.previous or "null"), "previousEventHash"),
        ]
    kind, data = (b"type", b"payload") if profile == AUDIT else (b"eventType", b"eventData")
    return [
        (b'{"dealId":', ""),
        (_quoted(deal), "dealId"),
        (b',"sequenceNumber":', ""),
        (number, "sequenceNumber"),
        (b',"%b":' % kind, ""),
        (_quoted(entry.type), kind.decode()),
        (b',"%b":' % data, ""),
        (payload, data.decode()),
        (b',"previousHash":', ""),
        (b"null" if entry.previous is None else _quoted(entry.previous), "previousEventHash"),
        (b',"timestamp":', ""),
        (b'"%b"' % time, "timestamp"),
        (b"}", ""),
    ]


def preimage(parts: list[Piece]) -> bytes:
    return b"".join(part for part, _ in parts)


def job(profile: str, entry: Entry, sequence: int, stored: bytes, target: bytes) -> Job:
    """The search for the time (and the payload's text) of an event under a timed profile."""
    kind, data = ("type", "payload") if profile == AUDIT else ("eventType", "eventData")
    previous = "null" if entry.previous is None else quote(entry.previous)
    head = f'{{"dealId":{quote(entry.deal or "")},"sequenceNumber":{sequence},"{kind}":{quote(entry.type)},"{data}":'
    instant = entry.instant
    return Job(
        head.encode(),
        f',"previousHash":{previous},"timestamp":"'.encode(),
        b'"}',
        entry.payload,
        stored,
        None if instant is None else instant.micros // 1000,
        target,
        profile != AUDIT,
    )


def _quoted(text: str) -> bytes:
    return quote(text).encode()
