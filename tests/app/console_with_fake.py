"""Runs the console on the session in memory, for tests in a real terminal: ``python console_with_fake.py [empty]``."""

import asyncio
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from fake_session import SECOND, START, FakeSession  # noqa: E402 - the path is set first

from console.app.app import ConsoleApp  # noqa: E402


async def main() -> None:
    session = FakeSession(empty="empty" in sys.argv)

    async def opened() -> FakeSession:
        return session

    app = ConsoleApp(opened, where="/var/ledgers", now=lambda: START + 3 * 3600 * SECOND)
    app.animation_level = "none"
    await app.run_async()


asyncio.run(main())
