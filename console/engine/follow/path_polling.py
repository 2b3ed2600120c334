"""Which paths are followed, and which of their files changed where the file system does not notify.

A network file system tells nobody what another machine wrote, so names, sizes and times are looked at now and then: for
a small part of the time, however many files there are.
"""

import os
import time
from collections.abc import Iterator, Sequence

_BESIDE = ("-wal", "-shm", "-journal")
SHARE = 20
"""A look at all folders, or at what lies beside all ledgers, may take up to one part in this many of the time."""

_Stat = tuple[int, int, int]


class PathPolling:
    """Files and folders that were given. ``index`` is the index's own file: it and those beside it are no ledgers."""

    def __init__(self, roots: Sequence[str], index: str = "") -> None:
        self._roots = roots
        index = os.path.realpath(index) if index else ""
        self._own = {index + suffix for suffix in ("", ".lock", *_BESIDE)} if index else set()
        self._known: dict[str, _Stat] = {}
        self._not_before = 0.0

    def is_ours(self, path: str) -> bool:
        """True if the path was given, or lies in a folder that was."""
        return any(path == root or path.startswith(root.rstrip("/") + "/") for root in self._roots)

    def passed_over(self, path: str) -> bool:
        """True for a file that is left out: the index, what belongs to a database, what lies in a hidden folder."""
        if path in self._roots:
            return os.path.realpath(path) in self._own
        below = next((path[len(root) :] for root in self._roots if path.startswith(root.rstrip("/") + "/")), "")
        hidden = any(part.startswith(".") for part in below.split("/")[:-1])
        return hidden or path.endswith(_BESIDE) or (bool(self._own) and os.path.realpath(path) in self._own)

    def note(self, path: str) -> None:
        """The path is being looked at now."""
        try:
            self._known[path] = _stat(os.stat(path))  # noqa: PTH116 - exact text of the path
        except (OSError, ValueError):
            self._known.pop(path, None)

    def changed(self) -> list[str]:
        """Files that are new, changed or gone since the last look; nothing while a look would cost too much."""
        began = time.monotonic()
        if began < self._not_before:
            return []
        before, now = dict(self._known), dict(self._files())
        found = [path for path, stat in now.items() if before.get(path) != stat]
        found += [path for path in before if path not in now]
        self._known = now
        self._not_before = began + (time.monotonic() - began) * SHARE
        return [path for path in found if not self.passed_over(path)]

    def _files(self) -> Iterator[tuple[str, _Stat]]:
        seen: set[tuple[int, int]] = set()
        waiting = [root for root in self._roots if os.path.isdir(root)]  # noqa: PTH112
        for root in self._roots:
            if root not in waiting and os.path.lexists(root):
                try:
                    yield root, _stat(os.stat(root))  # noqa: PTH116
                except (OSError, ValueError):
                    continue
        while waiting:
            folder = waiting.pop()
            try:
                status = os.stat(folder)  # noqa: PTH116
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as entries:
                    for entry in entries:
                        try:
                            if entry.is_dir():
                                if not entry.name.startswith("."):
                                    waiting.append(entry.path)
                            else:
                                yield entry.path, _stat(entry.stat())
                        except OSError:
                            continue
            except OSError:
                continue


def _stat(status: os.stat_result) -> _Stat:
    return status.st_ino, status.st_size, status.st_mtime_ns
