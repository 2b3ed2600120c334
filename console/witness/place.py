"""Where the memory is kept: plain, so that whoever only names the place need not load what keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MemoryPlace:
    """The folder, the command that asks, and the operator's names of ledgers, by glob over real paths."""

    folder: str
    command: str
    names: Mapping[str, str] = field(default_factory=dict)
