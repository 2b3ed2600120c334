"""Finding codes that tell of what was not read or not checked, and of nothing against what was."""

CHANGED = frozenset({"container.shrunk", "container.replaced", "container.rewritten"})
"""The file changed while it was read or watched: what was checked may not be what stood there."""
UNREAD = frozenset({"container.unreadable", "container.reader-failed", "container.not-recognised"})
"""Nothing, or not all, could be read."""
LOST = frozenset(
    {
        *("record.invalid-utf8", "record.invalid-json", "record.not-an-object", "record.too-large", "record.too-deep"),
        *("record.nul-byte", "container.gzip-truncated", "container.gzip-trailing-data", "container.json-truncated"),
        *("container.gzip-expansion-limit", "container.sqlite-corrupt", "container.late-lines"),
    }
)
"""Bytes that belong to no event: where they are not findings (``--fail-on critical``), not everything was read."""
BEGINS_LATER = "chain.begins-later"
ENCRYPTED = "data.encrypted"
"""Events that are there and could not be read."""
LINK_UNKNOWN = "chain.link-unknown"
"""Links that could not be checked: their events are unchecked, though hashes protect them."""
NOT_VERIFIED = UNREAD | CHANGED | {"container.empty", BEGINS_LATER}
"""All that make a verdict ``incomplete`` and never ``findings``, however severe they are."""
