"""Kinds of files that are not read, by their first bytes: each refusal names what was seen and what to do.

"Not recognised" alone sends an operator searching; a ledger that was only compressed or joined in another way is one
command away from being read.
"""

import re

_STORED = (
    (b"\xfd7zXZ\0", "compressed with xz", "unxz --keep"),
    (b"BZh", "compressed with bzip2", "bunzip2 --keep"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "zstd --decompress"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "lz4 --decompress"),
    (b"\x1f\x9d", "compressed with compress (.Z)", "uncompress"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x"),
    (b"Rar!\x1a\x07", "a RAR archive", "unrar x"),
)
_AGAIN = (
    (b"\x1f\x8b\x08", "gzip inside another container (compressed twice, or packed before it was archived)"),
    (b"SQLite format 3\0", "a SQLite database inside another container"),
    (b"PK\x03\x04", "a ZIP archive inside another container"),
)
_CR_ALONE = re.compile(rb"[}\]][ \t]*\r\s*[{\[]")
_BEHIND_PREFIX = re.compile(rb"[^{\s][^{]*\{\s*\".*\}\s*", re.DOTALL)


def stored_otherwise(head: bytes) -> str:
    """Why a file or stream that begins so is not read as it is stored, with what to do; '' for all others."""
    for magic, what, command in _STORED:
        if head.startswith(magic):
            return f"This is {what}, which is not read here. Unpack a copy ({command} FILE), and open the result."
    for magic, what in _AGAIN:
        if head.startswith(magic):
            return f"This is {what}. Decompress or unpack it once, and open the result."
    if head.startswith(b"PAR1"):
        return "This is a Parquet file, which is not read here: export its rows as JSON lines."
    return ""


def written_otherwise(head: bytes) -> str:
    """Why a text that begins so is neither lines nor a document, with what to do; '' for all others."""
    if b"\n" not in head and _CR_ALONE.search(head):
        return "Its lines end in CR alone; a ledger's lines end in LF. Convert a copy (tr '\\r' '\\n') to read it."
    if head.startswith(b"\x1e"):
        return "These are JSON text sequences (RFC 7464): remove the RS byte before each record in a copy to read it."
    return ""


def behind_prefixes(lines: list[bytes]) -> str:
    """The same for lines that most hold a JSON object behind something else, as syslog writes them."""
    prefixed = sum(_BEHIND_PREFIX.fullmatch(line) is not None for line in lines)
    if not prefixed or prefixed * 2 < len(lines):
        return ""
    return (
        "Its lines hold a JSON object behind a prefix, as a logger writes it: cut the prefix off in a copy to read it."
    )
