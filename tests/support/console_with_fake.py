"""Runs the console on the session in memory, for tests in a real terminal; ``empty``, ``broken`` or ``quiet`` may be
given. At SIGUSR1 a broken event arrives.
"""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from console.app.app import ConsoleApp
from console.store.rows import LedgerRow
from tests.support.fake_session import SECOND, START, FakeSession


class Broken:
    """A count that cannot be shown: a fault of the console itself."""

    def __radd__(self, other: int) -> int:
        raise RuntimeError("fault \x1b]0;owned\x07 [/x]")


class BrokenSession(FakeSession):
    async def ledgers(self) -> list[LedgerRow]:
        return [replace(row, trust=(Broken(),) * 7) for row in await super().ledgers()]  # type: ignore[arg-type] # broken


async def main() -> None:
    session = BrokenSession() if "broken" in sys.argv else FakeSession(empty="empty" in sys.argv)

    async def opened() -> FakeSession:
        return session

    clock = START + 3 * 3600 * SECOND
    app = ConsoleApp(opened, where="/var/ledgers", now=lambda: clock, bell="quiet" not in sys.argv)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, session.append_broken)
    app.animation_level = "none"
    await app.run_async()
    sys.exit(app.return_code or 0)


asyncio.run(main())
