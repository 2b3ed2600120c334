"""Small files beside a ledger that help to check it: a manifest, a run's inputs and outputs.

Formats do no I/O: they declare patterns, and get bytes by name. What lies beside a ledger may be anything in any
number, so both are limited. The operator's key for encrypted records is such a file, too: an environment variable names
it, which goes to the processes that a command starts, and not to other machines.
"""

import glob
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from itertools import islice

from console.sources.compressed.tar import TarMember
from console.sources.compressed.zip import PackContent, read_members
from console.sources.files import opened, read_at, read_small
from console.sources.findings import unreadable
from console.sources.protocol import Source, SourceError

LIMIT = 4 * 1024 * 1024
"""Bytes of one companion."""
COUNT = 64
"""Companions of one ledger."""
NAMES = 256
"""Files that are hashed by their names."""
HASHED = 256 * 1024 * 1024
"""Bytes of one that is hashed."""
KEY_FILE = "AUDIT_CONSOLE_KEY_FILE"
"""Environment variable that names the key file; also that of the setting ``key_file``."""
RULES_FILE = "AUDIT_CONSOLE_RULES_FILE"
"""The same for the setting ``rules_file``."""
_KEY = 64 * 1024
_VISITED = 10_000
_BLOCK = 1024 * 1024


def companions(source: Source, patterns: Sequence[str], limit: int = LIMIT) -> dict[str, bytes]:
    """Files that match a glob pattern relative to the ledger's folder (in an archive: to its root), by relative path.

    Missing, unreadable and larger files are left out; at most ``COUNT`` are read. A pattern that leads out of the
    folder finds nothing.
    """
    patterns = _inside(patterns)
    content = getattr(source, "content", None)
    if isinstance(content, PackContent):
        wanted = re.compile("|".join(map(translate, patterns)) or r"(?!)")
        try:
            return read_members(source.path, wanted, limit, COUNT)
        except SourceError:
            return {}
    if isinstance(content, TarMember):
        return {}  # what lies beside the archive belongs to no ledger in it
    found: dict[str, bytes] = {}
    for name, path in _files(source, patterns):
        if len(found) >= COUNT:
            break
        try:
            data = read_small(path, limit)
        except SourceError:
            continue
        if data is not None:
            found[name] = data
    return found


def digests(source: Source, names: Sequence[str]) -> dict[str, str]:
    """SHA-256 of files by their names relative to the ledger's folder, '' where there is none of the name.

    Unreadable files and those over ``HASHED`` bytes are left out, and so is what leads out of the folder or lies in an
    archive; at most ``NAMES`` are looked at.
    """
    if isinstance(getattr(source, "content", None), PackContent | TarMember):
        return {}
    folder = os.path.dirname(os.path.abspath(source.path))  # noqa: PTH100, PTH120 - exact text
    found = {}
    for name in _inside(names)[:NAMES]:
        path = os.path.join(folder, name)  # noqa: PTH118
        try:
            if os.path.lexists(f"{path}.gz") and not os.path.lexists(path):
                continue  # compressed meanwhile: the same file, of other bytes
            if not os.path.lexists(path):
                found[name] = ""
            elif os.stat(path).st_size <= HASHED:  # noqa: PTH116
                found[name] = _digest(path)
        except (OSError, ValueError, SourceError):
            continue
    return found


def _digest(path: str) -> str:
    digest, at = hashlib.sha256(), 0
    with opened(path) as descriptor:
        while block := read_at(path, descriptor, at, _BLOCK):
            digest.update(block)
            at += len(block)
    return digest.hexdigest()


def beside(source: Source, patterns: Sequence[str]) -> str:
    """A text that changes with the files that ``companions`` would find, made of names, sizes and times alone.

    '' where there are none, and for an archive: what lies in it changes with it.
    """
    if not patterns or isinstance(getattr(source, "content", None), PackContent | TarMember):
        return ""
    found = []
    for name, path in islice(_files(source, _inside(patterns)), 2 * COUNT):
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError:
            continue
        found.append((name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    return hashlib.sha256(repr(found).encode("utf-8", "surrogateescape")).hexdigest()[:16] if found else ""


def _inside(patterns: Sequence[str]) -> list[str]:
    """Those that stay in the folder."""
    return [one for one in patterns if not one.startswith("/") and ".." not in one.split("/")]


def _files(source: Source, patterns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names relative to the ledger's folder and paths of what matches, each once, without the ledger itself."""
    ledger = os.path.abspath(source.path)  # noqa: PTH100 - globs on exact text
    folder = os.path.dirname(ledger)  # noqa: PTH120
    seen = {ledger}
    for pattern in patterns:
        for name in sorted(islice(glob.iglob(pattern, root_dir=folder, recursive=True), _VISITED)):  # noqa: PTH207
            path = os.path.join(folder, name)  # noqa: PTH118
            if path not in seen:
                seen.add(path)
                yield name, path


def named_by_setting(path: str) -> bytes:
    """The content of a file that a setting names. Raises ``SourceError``."""
    found = read_small(path, _KEY)
    if found is None:
        raise unreadable(path, f"The file is larger than {_KEY // 1024} KiB.")
    return found


def key_at_hand() -> bytes:
    """Empty where no key file is named, or it cannot be read."""
    path = os.environ.get(KEY_FILE)
    if not path:
        return b""
    try:
        return read_small(path, _KEY) or b""
    except SourceError:
        return b""


def rules_at_hand() -> str:
    """The operator's own rules; '' without any. What cannot be read is no rules at all, and not those of a format."""
    path = os.environ.get(RULES_FILE)
    if not path:
        return ""
    try:
        found = read_small(path, _KEY)
    except SourceError:
        found = None
    return "\0" if found is None else found.decode("utf-8", "replace")


def rules_mark() -> str:
    """A text that changes with the rules, '' without any."""
    rules = rules_at_hand()
    return hashlib.sha256(rules.encode()).hexdigest()[:16] if rules else ""


def key_mark() -> str:
    """A text that changes with the key and does not tell it; empty without one."""
    key = key_at_hand()
    return hashlib.sha256(b"audit-console key\0" + key).hexdigest()[:16] if key else ""
