"""A file that is hashed while it is read, and that must stay what it was meanwhile.

Content decides; the state of the file only gives reason to ask.
"""

import asyncio
import contextlib
import hashlib
import os
import threading

from console.model.finding import Finding
from console.sources.files import opened
from console.sources.protocol import FileState, Source, SourceError
from console.verify.catalogue import finding

BLOCK = 4 * 1024 * 1024
"""Bytes that are hashed at a time."""


class WatchedFile:
    """A file that is hashed in a thread while it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._before: FileState | None = None
        self._over = threading.Event()
        self._digest: asyncio.Task[tuple[int, str]] | None = None

    async def begin(self) -> None:
        """Begin to hash. Hashing comes first, so that what changes behind it shows when it is hashed again; it is far
        faster than checking."""
        with contextlib.suppress(SourceError):  # reading it says why
            self._before = self._source.state()
        self._digest = asyncio.create_task(asyncio.to_thread(whole, self._source.path, over=self._over))
        small = self._before is not None and self._before.size <= BLOCK
        await asyncio.wait({self._digest}, timeout=None if small else 0)

    async def end(self, read: int | None) -> tuple[int, str, Finding | None]:
        """Size and SHA-256 of the file as it is stored, and what became of it meanwhile; see ``changed``."""
        assert self._digest is not None
        hashed = await self._digest
        if self._before is None:
            return *hashed, None
        try:
            return *hashed, await asyncio.to_thread(changed, self._source, self._before, hashed, read)
        except SourceError as error:
            return *hashed, error.finding

    def stop(self) -> None:
        """Nobody waits for the hash: of a large file it ends early."""
        self._over.set()


def whole(path: str, most: int | None = None, over: threading.Event | None = None) -> tuple[int, str]:
    """Size and SHA-256 of the file as it is stored, of its first ``most`` bytes if it is longer; the hash is '' where
    it cannot be read. It ends early once it is ``over``."""
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
