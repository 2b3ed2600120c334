"""The memory at its place: one folder for each ledger, written by one process at a time.

It is no cache. What it holds cannot be made again, so nothing here repairs: what is damaged is reported, and stays as
it is until the operator says what is to become of it. What is written lasts before it is counted.
"""

import fcntl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from console import __version__
from console.sources.record_hash import SIZE
from console.witness.errors import BusyMemoryError, NoMemoryError, WitnessError
from console.witness.leaves import append_leaves, read_leaves
from console.witness.neighbours import drop_origin, is_listed, known_in, known_origins, note_origin
from console.witness.observations import Hints, PastLook, append_observation, read_observations, replace_observations
from console.witness.origin import Origin
from console.witness.place import MemoryPlace
from console.witness.private_files import OwnFolder, read_all, write_all
from console.witness.thinning import MOST, thinned
from console.witness.tree import root

PATIENCE = 10.0
"""Seconds for which another process that writes what is known of the same ledger is waited for."""
LEDGERS, FOLDERS = "ledgers", "folders"
_ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class NewLook:
    """What one look at a ledger found, beside its records. See ``PastLook``."""

    hints: Hints
    size: int
    verdict: str = ""
    sha256: str = ""
    heads: Mapping[str, str] = field(default_factory=dict)
    due: Mapping[str, int] = field(default_factory=dict)


class LedgerMemory:
    """What is known of one ledger. Whoever has it open is the only one who writes it."""

    def __init__(self, folder: OwnFolder | None, origin: Origin, command: str) -> None:
        self._folder = folder
        self._origin = origin
        self._command = command
        self.observations, self._end = ([], 0) if folder is None else read_observations(folder)
        self._leaves: bytes | None = None

    @property
    def base(self) -> int:
        """The number of the history that counts."""
        return max((each.base for each in self.observations), default=1)

    @property
    def since_base(self) -> list[PastLook]:
        """The looks that were compared with it."""
        return [each for each in self.observations if each.base == self.base]

    @property
    def known(self) -> PastLook | None:
        """The last look that agreed; None for a ledger that is not known."""
        return next((each for each in reversed(self.observations) if each.agrees), None)

    @property
    def states(self) -> dict[int, str]:
        """Times at which the ledger had so many records, and agreed."""
        return {each.records: each.time for each in self.since_base if each.agrees}

    def leaves(self) -> bytes:
        """The record hashes that are known. Raises ``WitnessError``."""
        if self._leaves is None:
            known = self.known
            if known is None or self._folder is None:
                return b""
            self._leaves = read_leaves(self._folder, _leaves(known.base), known.records, known.root)
        return self._leaves

    def agree(self, look: NewLook, more: bytes | None = b"") -> PastLook:
        """All that is known was there, and these record hashes behind it; None where nothing can have changed."""
        known = self.known
        if more is None and known is not None:
            return self._note(look, known.records, known.root, agrees=True)
        before = self.leaves()
        if more:
            append_leaves(self._writable(), _leaves(self.base), len(before) // SIZE, more)
            self._leaves = before + more
        elif known is not None:
            return self._note(look, known.records, known.root, agrees=True)
        return self._note(look, len(self._leaves or b"") // SIZE, root(self._leaves or b"").hex(), agrees=True)

    def disagree(self, look: NewLook, leaves: bytes, codes: list[str]) -> PastLook:
        """Something else was there. What is known stays what it was."""
        return self._note(look, len(leaves) // SIZE, root(leaves).hex(), agrees=False, codes=codes)

    def accept(self, look: NewLook, leaves: bytes, why: str) -> PastLook:
        """What is there counts from here on; the history that counted so far is kept."""
        base = self.base + 1 if self.observations else 1
        append_leaves(self._writable(), _leaves(base), 0, leaves)
        self._leaves = leaves
        return self._note(look, len(leaves) // SIZE, root(leaves).hex(), agrees=True, base=base, note=why)

    def _note(
        self,
        look: NewLook,
        records: int,
        root: str,
        *,
        agrees: bool,
        base: int | None = None,
        codes: list[str] | None = None,
        note: str = "",
    ) -> PastLook:
        folder = self._writable()
        if not self.observations:
            _write_once(folder, _ORIGIN, self._origin.text())
        time = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        base = self.base if base is None else base
        seen = PastLook(
            time, self._command, __version__, base, records, look.size, root, look.hints, agrees, look.verdict
        )
        seen = replace(seen, sha256=look.sha256, codes=codes or [], heads=look.heads, due=look.due, note=note)
        self._end = append_observation(folder, self._end, seen)
        self.observations.append(seen)
        if len(self.observations) > MOST:
            self.observations = thinned(self.observations, MOST)
            self._end = replace_observations(folder, self.observations)
        return seen

    def _writable(self) -> OwnFolder:
        if self._folder is None or not self._folder.own:
            raise NoMemoryError("is only read here")
        return self._folder


class MemoryFolder:
    """All that is known. Where it cannot be written it is read; ``problem`` says why, '' where there is none."""

    def __init__(self, place: MemoryPlace) -> None:
        self.place = place
        self.problem = ""
        self._root: OwnFolder | None = None
        try:
            self._root = OwnFolder.at(place.folder, own=True)
            self._ledgers, self._folders = self._root.below(LEDGERS), self._root.below(FOLDERS)
        except NoMemoryError as error:
            self.problem = str(error)
            self._read_only(place.folder)

    def _read_only(self, folder: str) -> None:
        try:
            self._root = OwnFolder.at(folder, own=False)
            self._ledgers, self._folders = self._root.below(LEDGERS), self._root.below(FOLDERS)
        except (NoMemoryError, OSError):
            self._root = None

    @contextmanager
    def ledger(self, origin: Origin) -> Iterator[LedgerMemory]:
        """What is known of a ledger. Raises ``WitnessError``; ``NoMemoryError`` also where nothing can be kept and
        nothing is known."""
        if self._root is None:
            raise NoMemoryError(self.problem)
        try:
            folder = self._ledgers.below(origin.folder)
        except FileNotFoundError:
            yield LedgerMemory(None, origin, self.place.command)
            return
        with folder:
            if not folder.own:
                yield LedgerMemory(folder, origin, self.place.command)
                return
            with _locked(folder):
                found = LedgerMemory(folder, origin, self.place.command)
                is_new = not found.observations
                yield found
            if is_new and found.observations:
                note_origin(self._folders, origin)

    @contextmanager
    def recalled(self, origin: Origin) -> Iterator[LedgerMemory]:
        """The same, only to be read: nothing is locked, and nothing is made for a ledger that is not known."""
        if self._root is None:
            raise NoMemoryError(self.problem)
        try:
            folder = self._ledgers.below(origin.folder, make=False)
        except FileNotFoundError:
            yield LedgerMemory(None, origin, self.place.command)
            return
        with folder:
            yield LedgerMemory(folder, origin, self.place.command)

    def is_listed(self, origin: Origin) -> bool:
        """True for a ledger that is known, or was. Raises ``NoMemoryError``."""
        return self._root is not None and is_listed(self._folders, origin)

    def known_in(self, folder: str) -> list[Origin]:
        """The ledgers right in a folder that are known, or were. Raises ``NoMemoryError``."""
        return [] if self._root is None else known_in(self._folders, folder)

    def known_origins(self) -> list[Origin]:
        """The ledgers of all folders that are known, or were. Raises ``NoMemoryError``."""
        return [] if self._root is None else known_origins(self._folders)

    def origins(self) -> list[Origin]:
        """All ledgers that have a folder here, by path."""
        found = []
        for name in [] if self._root is None else self._ledgers.names():
            try:
                with self._ledgers.below(name) as folder, folder.file(_ORIGIN) as descriptor:
                    found.append(Origin.of_text(read_all(descriptor)))
            except (WitnessError, OSError, ValueError):
                continue  # one that cannot be read hides no other
        return sorted(found, key=lambda each: (each.path, each.member or ""))

    @property
    def readable(self) -> bool:
        """False where there is no memory at all."""
        return self._root is not None

    def forget(self, origin: Origin) -> None:
        """Forget all that is known of a ledger. Raises ``WitnessError``."""
        if self._root is None or not self._root.own:
            raise NoMemoryError("is only read here" if self._root else self.problem)
        try:
            with self._ledgers.below(origin.folder, make=False) as folder, _locked(folder):
                for name in folder.names():
                    folder.remove(name)
                self._ledgers.remove_folder(origin.folder)
        except FileNotFoundError:
            pass  # only its folder's list knows it
        drop_origin(self._folders, origin)

    def close(self) -> None:
        if self._root is not None:
            for each in (self._ledgers, self._folders, self._root):
                each.close()
            self._root = None

    def __enter__(self) -> "MemoryFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _locked(folder: OwnFolder) -> Iterator[None]:
    with folder.file("lock", write=True) as descriptor:
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() - began > PATIENCE:
                    raise BusyMemoryError("is being written by another process") from None
                time.sleep(0.01)
        yield


def _write_once(folder: OwnFolder, name: str, data: bytes) -> None:
    with folder.file(name, write=True) as descriptor:
        write_all(descriptor, data, 0)


def _leaves(base: int) -> str:
    """The file of a history's record hashes."""
    return f"leaves-{base}"
