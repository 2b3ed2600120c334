"""Finding codes that tell of what was not verified, and of nothing against what was."""

CHANGED = frozenset({"container.shrunk", "container.replaced", "container.rewritten"})
"""The file changed while it was read: its records are not those of one file."""
UNREAD = frozenset({"container.unreadable", "container.reader-failed", "container.not-recognised"})
"""Nothing, or not all, could be read."""
NOT_VERIFIED = UNREAD | CHANGED | {"container.empty"}
"""All of them."""
