"""Files that are hashed while they are read, and that must stay what they were meanwhile.

Content decides; the state of a file only gives reason to ask.
"""

import asyncio
import contextlib
import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from console.model.finding import Finding
from console.sources.files import opened
from console.sources.protocol import FileState, Source, SourceError
from console.verify.catalogue import finding

BLOCK = 4 * 1024 * 1024
"""Bytes that are hashed at a time."""


@dataclass(frozen=True, slots=True)
class HashedFiles:
    """Files as they are stored: the size and the SHA-256 ('' where one cannot be read) of each, and of all, one after
    the other."""

    files: Sequence[tuple[int, str]]
    size: int
    sha256: str


class WatchedFiles:
    """The files of one ledger, oldest first, that are hashed in a thread while they are read."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._before: list[FileState | None] = []
        self._over = threading.Event()
        self._digest: asyncio.Task[HashedFiles] | None = None

    async def begin(self) -> None:
        """Begin to hash. Hashing comes first, so that what changes behind it shows when it is hashed again; it is far
        faster than checking."""
        for source in self._sources:
            before = None
            with contextlib.suppress(SourceError):  # reading it says why
                before = source.state()
            self._before.append(before)
        paths = [each.path for each in self._sources]
        self._digest = asyncio.create_task(asyncio.to_thread(all_of, paths, self._over))
        known = [each.size for each in self._before if each is not None]
        small = bool(known) and sum(known) <= BLOCK
        await asyncio.wait({self._digest}, timeout=None if small else 0)

    async def end(self, read: int | None) -> tuple[HashedFiles, Finding | None]:
        """Sizes and hashes, and what became of the files meanwhile; see ``changed``. ``read`` is how many bytes of the
        newest one, a file of lines, were read, if that is known."""
        assert self._digest is not None
        hashed = await self._digest
        newest = len(self._sources) - 1
        for number, (source, before, found) in enumerate(zip(self._sources, self._before, hashed.files, strict=True)):
            if before is None:
                continue
            try:
                after = await asyncio.to_thread(changed, source, before, found, read if number == newest else None)
            except SourceError as error:
                after = error.finding
            if after is not None:
                return hashed, after
        return hashed, None

    def stop(self) -> None:
        """Nobody waits for the hash: of a large file it ends early."""
        self._over.set()


def all_of(paths: Sequence[str], over: threading.Event | None = None) -> HashedFiles:
    """Sizes and hashes of files. It ends early once it is ``over``."""
    together = hashlib.sha256() if len(paths) > 1 else None
    files = [whole(path, over=over, together=together) for path in paths]
    readable = all(digest for _, digest in files)
    digest = files[0][1] if together is None else together.hexdigest()
    return HashedFiles(files, sum(size for size, _ in files), digest if readable else "")


def whole(
    path: str,
    most: int | None = None,
    over: threading.Event | None = None,
    together: "hashlib._Hash | None" = None,
) -> tuple[int, str]:
    """Size and SHA-256 of the file as it is stored, of its first ``most`` bytes if it is longer; the hash is '' where
    it cannot be read. It ends early once it is ``over``. ``together`` takes the same bytes."""
    digest = hashlib.sha256()
    size = 0
    # One large buffer: with small blocks this thread and the one that verifies wait for each other at every block.
    buffer = bytearray(BLOCK)
    view = memoryview(buffer)
    try:
        with opened(path) as descriptor:
            while got := os.preadv(descriptor, [view if most is None else view[: most - size]], size):
                if over is not None and over.is_set():
                    return 0, ""
                digest.update(view[:got])
                if together is not None:
                    together.update(view[:got])
                size += got
    except (SourceError, OSError):
        return 0, ""
    return size, digest.hexdigest()


def changed(source: Source, before: FileState, hashed: tuple[int, str], read: int | None) -> Finding | None:
    """What became of a file since ``before``, other than growing. Raises ``SourceError`` where it is gone.

    ``hashed`` is what ``whole`` gave meanwhile, ``read`` how many bytes of a file of lines were read, if that is known.
    """
    if source.container == "sqlite":
        return None  # read from a copy of one moment
    after = source.state()
    missed = read is not None and read < before.size
    if after == before and not missed:
        return None
    another = (after.device, after.inode) != (before.device, before.inode)
    if after.size < before.size and not another:
        words = f"It became shorter while it was read: from {before.size:,} bytes to {after.size:,}. Verify it again."
        return finding("container.shrunk", words)
    if not missed and whole(source.path, hashed[0]) == hashed:
        return None
    if another:
        return finding("container.replaced", "Another file took its place while it was read. Verify it again.")
    return finding("container.rewritten", "Its content changed while it was read. Verify it again.")
