"""Ledgers share the worker: who has waited longest is next, and nobody keeps a place longer than a turn.

Two things are scarce. The index has one writer, so it takes one portion at a time. Memory and processors allow only a
few long reads at once. Both are places that ledgers queue for; a portion is bounded in rows, time and findings (see
``console.engine.ingest.portions``), so that no queue stands still. What was just appended is one portion, and is
read without a place: only the index is waited for.
"""

import asyncio

LONG_READS = 3
"""Ledgers that are read at the same time where much of them is unread."""
TURN = 5.0
"""Seconds after which a long read gives its place to another ledger that waits for one."""


class Turns:
    """A number of places, given in the order in which they were asked for. Used in an ``async with`` block."""

    def __init__(self, places: int = 1) -> None:
        self._places = asyncio.Semaphore(places)
        self.waiting = 0
        """How many wait for a place."""

    @property
    def full(self) -> bool:
        """True if all places are taken."""
        return self._places.locked()

    async def __aenter__(self) -> None:
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1

    async def __aexit__(self, *error: object) -> None:
        self._places.release()
