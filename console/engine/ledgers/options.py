"""What an operator may choose for the checks. A module of its own: the front doors need it before the engine."""

from dataclasses import dataclass, field
from os import urandom


@dataclass(frozen=True, slots=True)
class Options:
    """``now`` is the clock of the checks (UTC microseconds), None for the system's. With ``stream``, findings that do
    not concern that stream are left out where a ledger is verified. ``search`` is how long what was not stored of an
    event is searched for: ``normal``, or ``thorough``, which may take minutes for each event that resists.
    ``salt`` goes into the keys that stand for ids while a ledger is checked: whoever wrote it cannot know it."""

    profile: str | None = None
    now: int | None = None
    stream: str | None = None
    search: str = "normal"
    salt: bytes = field(default_factory=lambda: urandom(16), compare=False, repr=False)
