"""The kernel's hash profiles. To add one: declare it here, with its vectors in the tests; everything else follows.

Fields are named as ``Entry`` names them; each profile's layout has the ledger's own names.
"""

from console.formats.kernel.record import API, LAYOUTS, OLD, PACK, TABLE
from console.verify.profile import JSON, TEXT, Document, HashProfile, Kept, Moment, Piece, Value, members

ORDERS = {
    "DealCreated": ("name", "state", "stressMode"),
    "ActorAdded": ("actorId", "name", "type", "role"),
    "RoleAssigned": ("actorId", "roleId", "roleName"),
    "MaterialCreated": ("materialId", "type", "truthClass"),
    "MaterialUpdated": ("materialId", "type", "previousTruthClass", "newTruthClass"),
    "ArtifactUploaded": ("artifactId", "filename", "mimeType", "sizeBytes", "sha256Hex"),
}
"""The order in which the real kernel's own writers put a payload's keys."""


def _object(type: str, payload: str, document: Document) -> tuple[Piece, ...]:
    """JSON.stringify of what identifies an event, with the writer's clock."""
    return members(
        {
            "dealId": Value("deal", JSON),
            "sequenceNumber": Value("sequence", JSON),
            type: Value("type", JSON),
            payload: document,
            "previousHash": Value("previous", JSON),
            "timestamp": Moment("timestamp"),
        }
    )


DOC = HashProfile(
    "kernel-doc/1",
    "SHA-256 of dealId + sequenceNumber + type + JSON.stringify(payload) + (previousEventHash or 'null'), as the"
    " specification says.",
    (
        Value("deal", TEXT),
        Value("sequence", TEXT),
        Value("type", TEXT),
        Document("payload", Kept.COMPACT, ORDERS),
        Value("previous", TEXT, null=b"null"),
    ),
    LAYOUTS[API],
    {API: 1, OLD: 1, TABLE: 3, PACK: 3},
)
AUDIT = HashProfile(
    "kernel-audit/1",
    "SHA-256 of JSON.stringify({dealId, sequenceNumber, type, payload, previousHash, timestamp});"
    " the timestamp is the writer's clock, not stored, recovered from createdAt − 2,000 ms to + 5 ms.",
    _object("type", "payload", Document("payload", Kept.VALUE, ORDERS)),
    LAYOUTS[API],
    {API: 2, OLD: 2, TABLE: 2, PACK: 2},
)
BFF = HashProfile(
    "kernel-bff/1",
    "SHA-256 of JSON.stringify({dealId, sequenceNumber, eventType, eventData, previousHash, timestamp});"
    " the timestamp is recovered near occurredAt.",
    _object("eventType", "eventData", Document("payload", Kept.TEXT)),
    LAYOUTS[TABLE],
    {API: 3, OLD: 3, TABLE: 1},
)
PACKED = HashProfile(
    "kernel-pack/1",
    "As kernel-bff/1, over the lines of an evidence pack; dealId comes from the pack's manifest.json.",
    BFF.pieces,
    LAYOUTS[PACK],
    {PACK: 1},
)

PROFILES: tuple[HashProfile, ...] = (DOC, AUDIT, BFF, PACKED)


def named(name: str | None) -> HashProfile | None:
    """The profile of this name; None for another name, and for none."""
    return next((profile for profile in PROFILES if profile.name == name), None)


def candidates(shape: str) -> list[HashProfile]:
    """Profiles that a ledger of this shape may follow, most likely first."""
    shape = shape if shape in LAYOUTS else API
    return sorted((each for each in PROFILES if shape in each.fits), key=lambda each: each.fits[shape])
