"""One look at a ledger, compared with what is remembered of it and added to it.

Every door comes here with what it read: the record hashes in order, or none where the state of the file says that they
cannot have changed. Nobody is accused by one reading alone: what disagrees is read again.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.volume_names import base_name
from console.engine.memory.accusation import accuse, downgraded, only_ended
from console.engine.memory.heads import end_of
from console.engine.memory.hints import hints_of
from console.engine.memory.remembered import Remembered, Standing, absent
from console.engine.memory.second_reading import read_again
from console.model.finding import Finding
from console.sources.protocol import Source, SourceError
from console.sources.record_hash import SIZE
from console.verify.catalogue import finding
from console.witness.comparison import common_start
from console.witness.errors import NoMemoryError, WitnessError
from console.witness.memory import LedgerMemory, MemoryFolder, NewLook
from console.witness.observations import Hints, PastLook
from console.witness.origin import Origin, origin

_IN_PLACE = "its own writer changes its records in place"
_ENDED = "a last record got its line end, with a CR before it"
_OWN_REASONS = (_IN_PLACE, _ENDED)
"""Why a change is taken in without anybody's word: there is nothing to explain."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of a ledger.

    ``leaves`` are the record hashes, None where they were not made because ``Witness.needs_leaves`` did not ask for
    them. ``complete``: it was read to its end, and did not change meanwhile. ``size`` are its bytes, ``sha256`` is its
    file's as it is stored, '' where it was not computed. ``part``: it is only the beginning of the ledger.
    ``compared``: what was read before is known to be there still.
    """

    records: int
    leaves: bytes | None
    complete: bool
    size: int = 0
    sha256: str = ""
    verdict: str = ""
    profile: str | None = None
    part: bool = False
    compared: bool = True


class Witness:
    """Compares looks with the memory. Without one, ``why`` says in a clause why there is none.

    ``now`` is the clock of the checks, None for the machine's.
    ``whole``: all of each ledger is looked at. A look at a part is compared, and not remembered.
    """

    def __init__(
        self, memory: MemoryFolder | None, why: str = "", *, whole: bool = True, now: int | None = None
    ) -> None:
        self.memory = memory
        self.now = now
        self._why = why
        self._whole = whole
        self._hints: dict[tuple[str, str | None], Hints] = {}

    def origin(self, opened: Opened) -> Origin:
        """What the ledger is to the memory."""
        assert self.memory is not None
        return origin(opened.source.path, opened.source.member, self.memory.place.names)

    def needs_leaves(self, opened: Opened) -> bool:
        """True if the record hashes of a ledger that is about to be read are needed."""
        if self.memory is None:
            return False
        try:
            hints = self.note_state(opened)
            if past_of(opened.source) is not None:
                return True
            with self.memory.recalled(self.origin(opened)) as known:
                return not (known.known and known.observations[-1].agrees and known.known.hints.state == hints.state)
        except (SourceError, WitnessError):
            return True

    def note_state(self, opened: Opened) -> Hints:
        """The state of a ledger's files before it is read. Raises ``SourceError``."""
        found = self._hints[opened.source.path, opened.source.member] = hints_of(opened.source)
        return found

    def compare(self, opened: Opened, options: Options, seen: Seen) -> tuple[Remembered, list[Finding]]:
        """What the memory says to this look, and what it has against it; the look is remembered."""
        if self.memory is None:
            return absent(self._why), []
        try:
            if (whole := past_of(opened.source)) is not None and seen.leaves:
                of = origin(whole, opened.source.member, self.memory.place.names)
                with self.memory.recalled(of) as known:
                    if known.leaves().startswith(seen.leaves[:SIZE]):
                        return _OneLook(self, known, opened, options, replace(seen, part=True)).compared()
            with self.memory.ledger(self.origin(opened)) as known:
                return _OneLook(self, known, opened, options, seen).compared()
        except WitnessError as error:
            return absent(f"the memory {error}"), []
        except SourceError as error:
            return absent(f"the ledger could not be compared with the memory: {error.finding.message}"), []

    def leaves_of(self, opened: Opened, leaves: bytes | None) -> bytes:
        """These record hashes of a ledger or, where none were needed, those that are known. Raises ``WitnessError``."""
        if leaves is not None or self.memory is None:
            return leaves or b""
        with self.memory.recalled(self.origin(opened)) as known:
            return known.leaves()

    def look(self, opened: Opened, seen: Seen) -> NewLook:
        """What is kept of a look. Raises ``SourceError``."""
        hints = self._hints.get((opened.source.path, opened.source.member)) or hints_of(opened.source)
        if not seen.compared:
            hints = replace(hints, state="")  # so that the next look reads what was not compared
        heads, due = end_of(opened, seen.profile)
        return NewLook(hints, seen.size or hints.size, seen.verdict, seen.sha256, heads, due)

    @property
    def kept(self) -> bool:
        """True if looks are remembered."""
        return self._whole

    def lost(self, opened: Opened) -> bool:
        """True for a ledger that was known, and about which nothing is known any more."""
        assert self.memory is not None
        return self.memory.is_listed(self.origin(opened))


def past_of(source: Source) -> str | None:
    """The path of the ledger that a rotated file is the past of; None for any other file."""
    folder, name = os.path.split(source.path)
    base = os.path.join(folder, base_name(name))  # noqa: PTH118 - the text of the path
    return base if base != source.path and os.path.isfile(base) else None  # noqa: PTH113


def _count(looks: Sequence[PastLook]) -> int:
    return sum(each.looks for each in looks)


class _OneLook:
    """A ledger's memory is open, and nobody else writes it."""

    def __init__(self, witness: Witness, known: LedgerMemory, opened: Opened, options: Options, seen: Seen) -> None:
        self._witness = witness
        self._memory = known
        self._opened = opened
        self._options = options
        self._seen = seen
        self._look = witness.look(opened, seen)

    def compared(self) -> tuple[Remembered, list[Finding]]:
        known, seen = self._memory.known, self._seen
        if seen.part:
            return self._beginning()
        if known is None:
            return self._first()
        leaves = seen.leaves
        if leaves is None and seen.records == known.records and (seen.sha256 in ("", known.sha256) or not known.sha256):
            return self._agrees(None), self._accepted_before()
        if leaves is None:  # its state was set back, or records are cut otherwise than they were
            leaves = read_again(self._opened, self._options).leaves
        before = self._memory.leaves()
        if not seen.complete and before.startswith(leaves):
            return absent("the ledger was not read to its end, and agrees as far as it was read"), []
        if leaves.startswith(before):
            return self._agrees(leaves[len(before) :]), self._accepted_before()
        return self._differs(before, leaves)

    def _beginning(self) -> tuple[Remembered, list[Finding]]:
        """A rotated file alone: compared with the beginning of its ledger, and not remembered."""
        leaves, before = self._seen.leaves or b"", self._memory.leaves()
        looks = [each for each in self._memory.since_base if each.agrees]
        word = Remembered(Standing.AGREES, _count(looks), looks[0].time, looks[-1].records, kept=False)
        if before.startswith(leaves):
            return word, []
        again = read_again(self._opened, self._options)
        found = accuse(again, before[: len(leaves)], looks[-1], {}, self._options)
        return replace(word, standing=Standing.DISAGREES), found

    def _first(self) -> tuple[Remembered, list[Finding]]:
        if not self._seen.complete or self._seen.leaves is None:
            return absent("the ledger was not read to its end, and was not known before"), []
        found = []
        if self._witness.lost(self._opened):
            found.append(finding("witness.first-seen", "It was known, and what was known of it is gone."))
        kept, why = self._keep(self._seen.leaves)
        return Remembered(Standing.FIRST_LOOK, kept=kept, why=why), found

    def _agrees(self, more: bytes | None) -> Remembered:
        looks = self._memory.since_base
        kept, why = self._keep(more) if self._seen.complete else (False, "the ledger was not read to its end")
        agreed = [each for each in looks if each.agrees]
        return Remembered(Standing.AGREES, _count(agreed), looks[0].time, agreed[-1].records, kept, why)

    def _accepted_before(self) -> list[Finding]:
        """A note where what counts is not all that was ever seen."""
        first = self._memory.since_base[0]
        if not first.note or first.note in _OWN_REASONS:
            return []
        words = f"What was seen before {first.time[:19].replace('T', ' ')} UTC does not count: {first.note}"
        return [finding("witness.accepted", words)]

    def _keep(self, more: bytes | None) -> tuple[bool, str]:
        """Remember this look: if it is, and if not why."""
        if not self._witness.kept:
            return False, ""
        try:
            self._memory.agree(self._look, more)
        except NoMemoryError as error:
            return False, f"the memory {error}"
        return True, ""

    def _differs(self, before: bytes, leaves: bytes) -> tuple[Remembered, list[Finding]]:
        again = read_again(self._opened, self._options)
        if again.leaves.startswith(before):
            return absent("the ledger was being written when it was read"), []
        if not self._seen.complete:
            # What could not be read proves nothing: only what was read, and is other than it was, does.
            both = common_start(before, leaves)
            before, again.leaves = before[: len(leaves)], again.leaves[: len(leaves)]
            if both * SIZE >= len(leaves):
                return absent("the ledger was not read to its end"), []
        if self._seen.complete and only_ended(before, again):
            return self._accepted(again.leaves, _ENDED), []
        since = self._memory.since_base
        agreed = [each for each in since if each.agrees]
        found = accuse(again, before, agreed[-1], self._memory.states, self._options)
        if not found:
            return self._accepted(again.leaves), []
        if self._options.profile is None and self._seen.complete:
            found = [*found, *downgraded(self._opened, agreed[-1], self._seen.profile)]
        kept, why = self._witness.kept, ""
        if kept:
            try:
                self._memory.disagree(self._look, again.leaves, sorted({each.code for each in found}))
            except NoMemoryError as error:
                kept, why = False, f"the memory {error}"
        word = Remembered(Standing.DISAGREES, _count(agreed), since[0].time, agreed[-1].records, kept, why)
        return word, found

    def _accepted(self, leaves: bytes, why: str = _IN_PLACE) -> Remembered:
        """What changed needs no explanation: what is there now is what is known."""
        looks = self._memory.since_base
        word = Remembered(Standing.AGREES, _count(looks), looks[0].time, looks[-1].records)
        if not self._witness.kept:
            return replace(word, kept=False)
        try:
            self._memory.accept(self._look, leaves, why)
        except NoMemoryError as error:
            return replace(word, kept=False, why=f"the memory {error}")
        return word
