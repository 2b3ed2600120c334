"""What the worker says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """What the worker is doing. ``phase``: 'starting', 'reading', 'following', 'reader only', 'failed', 'restarting',
    'stopped'.

    ``done`` and ``total`` are bytes of the present work; ``rate`` is events a second; ``note`` is a sentence or ''.
    """

    phase: str
    done: int = 0
    total: int = 0
    events: int = 0
    rate: float = 0.0
    note: str = ""
