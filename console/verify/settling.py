"""The profile that a ledger follows: the first that reproduces the hash of one of its events.

Nothing in a ledger names its profile, so events are tried until one fits. A hostile ledger never fits: what may be
spent on trying is limited for the whole ledger.
"""

from collections.abc import Sequence

from console.verify import recover
from console.verify.javascript import stringify
from console.verify.judgement import HASH, Hashed, Kind, Memory, judge, reorderable, reproduces
from console.verify.profile import HashProfile

_SEARCHES = 256
"""Events that may each cost a search over orders of keys."""
_TRIAL = 4_000_000
"""Hashes that may be spent on complete searches (about two seconds)."""


class Settling:
    """The search for the profile of a ledger among those that it may follow, event by event."""

    def __init__(self, candidates: Sequence[HashProfile], searches: int = 0, purse: int = _TRIAL) -> None:
        self._candidates = candidates
        self._searches = searches
        self._trial = Memory(purse=purse)
        self.condemned: dict[int, int] = {}
        """Of the events asked since this was last cleared, those that no profile can have made: by ordinal, how many
        forms were tried."""

    def profile_of(self, event: Hashed, ordinal: int, memory: Memory) -> HashProfile | None:
        """The profile that reproduces the event's hash, None if none does or it has none."""
        if not event.sequence or event.hash is None or not event.has_document or HASH.fullmatch(event.hash) is None:
            return None
        target = bytes.fromhex(event.hash)
        for profile in self._candidates:
            if reproduces(profile, event, event.sequence, target, memory):
                return profile
        if self._searches >= _SEARCHES:
            return None
        self._searches += 1
        searched = [each for each in self._candidates if not each.complete or reorderable(each, event)]
        stored = stringify(event.document).encode()
        for profile in searched:
            job = profile.job(event.values, event.document, stored, event.millis, target, opaque=event.opaque)
            if recover.nearby(job, 6_000):
                return profile
        return self._try_all(event, ordinal, searched)

    def _try_all(self, event: Hashed, ordinal: int, searched: Sequence[HashProfile]) -> HashProfile | None:
        verdicts = []
        for profile in searched:
            verdict = judge(event, profile, self._candidates, self._trial)
            if verdict.holds:
                return profile
            verdicts.append(verdict)
        if all(verdict.kind is Kind.MISMATCH for verdict in verdicts):
            self.condemned[ordinal] = sum(verdict.tried for verdict in verdicts)
        return None

    def state(self) -> tuple[int, int]:
        """What the constructor takes behind the candidates, to go on later."""
        return self._searches, self._trial.purse
