"""The memory as its operator sees it: the ledgers that are known, what is accepted and forgotten."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from console.engine.errors import EngineError
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.memory.consult import Seen, Witness
from console.engine.memory.hints import hints_of
from console.engine.memory.second_reading import read_again
from console.sources.protocol import SourceError
from console.witness.errors import WitnessError
from console.witness.memory import LedgerMemory, MemoryFolder
from console.witness.observations import PastLook
from console.witness.origin import Origin, origin
from console.witness.place import MemoryPlace


class NotRememberedError(EngineError):
    """Nothing is known of this ledger, or what is known cannot be changed."""


@dataclass(frozen=True, slots=True)
class RememberedLedger:
    """A ledger that is known. ``looks`` are oldest first; ``now`` says how it stands as its file is at this moment, in
    a few words, and ``holds`` is true if that is as it was; None where only reading it could tell."""

    name: str
    path: str
    looks: Sequence[PastLook]
    now: str
    holds: bool | None

    @property
    def count(self) -> int:
        """How many looks there were; not all are kept."""
        return sum(each.looks for each in self.looks)

    @property
    def last(self) -> PastLook | None:
        """The last look that agreed."""
        return next((each for each in reversed(self.looks) if each.agrees), None)


def remembered_ledgers(place: MemoryPlace, paths: Sequence[str]) -> list[RememberedLedger]:
    """What is known of the ledgers at and below these paths, or of all where none is given. Raises
    ``NotRememberedError`` where there is no memory that can be read."""
    with _memory(place) as memory:
        known = {each.folder: each for each in [*memory.origins(), *_listed(memory)]}
        found = [_ledger(memory, each) for each in known.values() if not paths or _below(each, paths)]
    return sorted(found, key=lambda each: each.name)


def accept(place: MemoryPlace, path: str, why: str, options: Options) -> RememberedLedger:
    """What stands at a path now counts from here on; what counted so far is kept. Raises ``NotRememberedError``."""
    with _memory(place) as memory:
        opened = _only(path)
        witness = Witness(memory)
        try:
            hints = witness.note_state(opened)
            again = read_again(opened, options)
            size = hints.size
            look = witness.look(opened, Seen(len(again.offsets), again.leaves, complete=True, size=size))
            with memory.ledger(witness.origin(opened)) as known:
                if not known.observations:
                    raise NotRememberedError(f"{path}: nothing is known of it, so that nothing needs to be accepted.")
                known.accept(look, again.leaves, why)
            return _ledger(memory, witness.origin(opened))
        except SourceError as error:
            raise NotRememberedError(str(error)) from error
        except WitnessError as error:
            raise NotRememberedError(f"The memory {error}.") from error


def forget(place: MemoryPlace, path: str) -> list[str]:
    """Forget what is known of the ledgers at a path; their names. Raises ``NotRememberedError``."""
    with _memory(place) as memory:
        found = [each for each in [*memory.origins(), *_listed(memory)] if _is_at(each, path)]
        try:
            for each in found:
                memory.forget(each)
        except WitnessError as error:
            raise NotRememberedError(f"The memory {error}.") from error
    if not found:
        raise NotRememberedError(f"{path}: nothing is known of it.")
    return sorted({_name(each) for each in found})


def _memory(place: MemoryPlace) -> MemoryFolder:
    memory = MemoryFolder(place)
    if memory.problem and not memory.readable:
        raise NotRememberedError(f"The memory {memory.problem}.")
    return memory


def _listed(memory: MemoryFolder) -> list[Origin]:
    try:
        return memory.known_origins()
    except WitnessError as error:
        raise NotRememberedError(f"The memory {error}.") from error


def _below(one: Origin, paths: Sequence[str]) -> bool:
    real = [os.path.realpath(path.partition("#")[0]) for path in paths]
    return any(one.path == each or one.path.startswith(each.rstrip("/") + "/") for each in real)


def _is_at(one: Origin, path: str) -> bool:
    file, _, member = path.partition("#")
    return one.path == os.path.realpath(path) or (
        one.path == os.path.realpath(file) and (not member or one.member == member)
    )


def _name(one: Origin) -> str:
    return (one.path if one.member is None else f"{one.path}#{one.member}") + (f" ({one.name})" if one.name else "")


def _only(path: str) -> Opened:
    file, _, member = path.partition("#")
    found = [each for each in open_ledgers([path if os.path.lexists(path) else file]) if isinstance(each, Opened)]
    found = [each for each in found if not member or each.source.member == member]
    if not found:
        raise NotRememberedError(f"{path}: no ledger stands there; `audit-console memory forget` forgets one.")
    if len(found) > 1:
        names = ", ".join(each.name for each in found[:4])
        raise NotRememberedError(f"{path}: there are {len(found)} ledgers, give one of them: {names}")
    return found[0]


def _ledger(memory: MemoryFolder, one: Origin) -> RememberedLedger:
    try:
        with memory.recalled(one) as known:
            now, holds = _now(one, known)
            return RememberedLedger(_name(one), one.path, known.observations, now, holds)
    except WitnessError as error:
        return RememberedLedger(_name(one), one.path, [], f"the memory {error}", False)


def _now(one: Origin, known: LedgerMemory) -> tuple[str, bool | None]:
    if not known.observations:
        return "what was known of it is lost", False
    last = known.observations[-1]
    if not os.path.lexists(one.path):
        return "the file is gone", False
    try:
        (opened,) = [each for each in open_ledgers([one.path]) if isinstance(each, Opened) and _same(each, one)]
        unchanged = hints_of(opened.source).state == last.hints.state
    except (SourceError, ValueError):
        return "no such ledger stands there", False
    if unchanged and last.agrees:
        return "as it was", True
    if not last.agrees:
        codes = ", ".join(last.codes)
        return f"disagreed at the last look: {codes}" + ("" if unchanged else "; changed since, not compared"), False
    return "changed since, not compared", None


def _same(opened: Opened, one: Origin) -> bool:
    return origin(opened.source.path, opened.source.member) == Origin(one.path, one.member)
