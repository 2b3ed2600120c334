"""Event ids that stand in another partition, too: in another file of the run's folder, or in another run's.

A reader sees one partition; of the others it has the ids, as they were when it began. Of two partitions the one whose
name comes later has the finding, so that an id is reported once. A file that holds the same ids as another one is a
copy of it, and no event stands twice for that.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from console.formats.json import strict
from console.formats.protocol import PARTITION
from console.formats.reading.findings import Place
from console.formats.reading.saved_state import unpack
from console.formats.smvm.record import RUN_ID, text
from console.model.finding import Finding
from console.verify.catalogue import finding

LISTED = 100
"""Ids that are listed one by one."""


def is_run_folder(path: str) -> bool:
    """True for a ledger in a folder that is named as a run, whose partitions are all that it holds."""
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return RUN_ID.match(folder) is not None


def ids_of(raws: Iterable[bytes]) -> bytes:
    """The event ids of a partition, one a line."""
    documents = (strict.decode(raw).document for raw in raws)
    found = (text(document, "event_id") for document in documents if document is not None)
    return "\n".join(each for each in found if each and "\n" not in each).encode("utf-8", "surrogatepass")


class SharedId(msgspec.Struct, array_like=True):
    """An id that stands twice, and where it does here."""

    event_id: str
    run: str
    file: str
    place: Place


class OtherPartitions:
    """Ids of the partitions whose names come before this ledger's, and which of them stand here, too."""

    def __init__(self, companions: Mapping[str, bytes], path: str) -> None:
        own = _steps(path.rpartition("/")[2], path)
        self._files: dict[str, int] = {}
        """How many ids each has."""
        self._ids: dict[str, str] = {}
        for name, data in companions.items():
            file = name.removeprefix(PARTITION)
            if file != name and data and _steps(file, path) < own:
                ids = data.decode("utf-8", "surrogatepass").split("\n")
                self._files[file] = len(ids)
                self._ids |= dict.fromkeys(ids, file)
        self._events = 0
        self._counts: dict[str, int] = {}
        self._shared: list[SharedId] = []

    def holds(self, entity: str) -> bool:
        """True if one of them is known to hold this event, or any of this run."""
        return entity in self._ids or any(file.startswith(f"../{entity}/") for file in self._files)

    def seen(self, ids: Sequence[str], runs: Sequence[str], place_of: Callable[[int], Place]) -> None:
        """Events of the ledger, in their order."""
        self._events += len(ids)
        if not self._ids or self._ids.keys().isdisjoint(ids):
            return
        for at, (event_id, run) in enumerate(zip(ids, runs, strict=True)):
            file = self._ids.get(event_id)
            if file is not None:
                self._counts[file] = self._counts.get(file, 0) + 1
                if len(self._shared) < LISTED:
                    self._shared.append(SharedId(event_id, run, file, place_of(at)))

    def standing(self) -> Iterator[Finding]:
        """What is to be stated as of now."""
        copies = {file for file, count in self._counts.items() if count == self._events == self._files.get(file)}
        listed = [each for each in self._shared if each.file not in copies]
        for each in listed:
            yield finding(
                "identity.duplicate-event-id",
                f"The id {each.event_id} stands already in {each.file}, another partition.",
                event_id=each.event_id,
                stream=each.run or None,
                record=each.place.ordinal,
                offset=each.place.offset,
                length=each.place.length,
                field="event_id",
                standing=True,
            )
        more = sum(count for file, count in self._counts.items() if file not in copies) - len(listed)
        if more > 0:
            words = "Further ids that stand in other partitions."
            yield finding("identity.duplicate-event-id", words, count=more, standing=True)

    def dump(self) -> Any:
        """For ``load``, packed."""
        return self._events, self._counts, self._shared

    def load(self, data: bytes) -> None:
        """Take back what ``dump`` gave."""
        self._events, self._counts, self._shared = unpack(data, tuple[int, dict[str, int], list[SharedId]])


def _steps(file: str, path: str) -> tuple[str, str]:
    """The folder's name and the file's, of a file as seen from the folder of a path."""
    folder, _, name = file.rpartition("/")
    return folder.removeprefix("../") or path.rpartition("/")[0].rpartition("/")[2], name
