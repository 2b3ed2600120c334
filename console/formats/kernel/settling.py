"""Which profile a ledger follows: the first that reproduces the hash of one of its events."""

from console.formats.kernel.entry import HASH, Entry
from console.formats.kernel.judge import Kind, Memory, judge, reproduces
from console.formats.kernel.profiles import candidates, job, timed
from console.verify import recover
from console.verify.javascript import stringify

_SEARCHES = 256
"""Events that may each cost a search over orders of keys."""
_TRIAL = 4_000_000
"""Hashes that may be spent on complete searches (about two seconds)."""


class Settling:
    """The search for the profile of a ledger of this shape, event by event.

    ``condemned`` holds, of the events asked since it was last cleared, those that no profile can have made: by ordinal,
    how many forms were tried.
    """

    def __init__(self, shape: str, searches: int = 0, purse: int = _TRIAL) -> None:
        self._shape = shape
        self._searches = searches
        self._trial = Memory(purse=purse)
        self.condemned: dict[int, int] = {}

    def profile_of(self, entry: Entry, memory: Memory) -> str | None:
        """The profile that reproduces the event's hash, None if none does or it has none."""
        if not entry.sequence or entry.hash is None or not entry.has_payload or entry.deal is None:
            return None
        if HASH.fullmatch(entry.hash) is None:
            return None
        target = bytes.fromhex(entry.hash)
        names = candidates(self._shape)
        for name in names:
            if reproduces(name, entry, entry.sequence, target, memory):
                return name
        if self._searches >= _SEARCHES:
            return None
        self._searches += 1
        for name in names:
            if timed(name):
                stored = stringify(entry.payload).encode()
                search = job(name, entry, entry.sequence, stored, target)
                if recover.nearby(search, 6_000):
                    return name
        return self._try_all(entry)

    def _try_all(self, entry: Entry) -> str | None:
        verdicts = []
        for name in candidates(self._shape):
            if timed(name):
                verdict = judge(entry, name, self._shape, self._trial)
                if verdict.holds:
                    return name
                verdicts.append(verdict)
        if all(verdict.kind is Kind.MISMATCH for verdict in verdicts):
            self.condemned[entry.ordinal] = sum(verdict.tried for verdict in verdicts)
        return None

    def state(self) -> tuple[int, int]:
        """What the constructor takes behind the shape, to go on later."""
        return self._searches, self._trial.purse
