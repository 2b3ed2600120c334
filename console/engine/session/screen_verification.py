"""Verification for the screen: the verifier of the commands, in a process of its own, with progress and cancel."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.run.processes import start
from console.engine.session.protocol import VerifyProgress
from console.engine.verify.verdict import sentence
from console.engine.verify.verification import check_ledger
from console.formats.protocol import Claim
from console.formats.registry import by_name
from console.model.event import StreamKey
from console.model.trust import Trust
from console.sources.base import Source

OFTEN = 0.05
"""Seconds between two messages."""


@dataclass(frozen=True, slots=True)
class Target:
    """One ledger to verify; its format goes by name to the other process."""

    source: Source
    format: str
    claim: Claim
    companions: Mapping[str, bytes]

    @classmethod
    def of(cls, opened: Opened) -> "Target":
        return cls(opened.source, opened.format.name, opened.claim, opened.companions)

    def opened(self) -> Opened:
        return Opened(self.source, by_name(self.format), self.claim, dict(self.companions))


def _run(connection: Connection, targets: Sequence[Target], options: Options, stream: tuple[str, str] | None) -> None:
    os.nice(5)
    wanted = None if stream is None else StreamKey(*stream)
    last = 0.0
    before = broken_before = 0

    def progress(records: int, _bytes: int, broken: int) -> None:
        nonlocal last
        if time.monotonic() - last > OFTEN:
            last = time.monotonic()
            connection.send((before + records, broken_before + broken, ""))

    async def check() -> str:
        nonlocal before, broken_before
        results = []
        for target in targets:
            checked = await check_ledger(target.opened(), options, progress)
            before += checked.records
            broken_before += checked.trust[Trust.BROKEN]
            results.append(checked)
        return sentence(results, wanted)

    words = asyncio.run(check())
    connection.send((before, broken_before, words))


async def verify_elsewhere(
    ledgers: Sequence[tuple[int, Opened]], options: Options, stream: tuple[str, str] | None
) -> AsyncIterator[VerifyProgress]:
    """Verify (records expected, ledger) pairs in another process. Closing the iterator ends that process."""
    targets = [Target.of(opened) for _, opened in ledgers]
    total = sum(records for records, _ in ledgers)
    child = start(_run, targets, options, stream)
    began = time.monotonic()
    loop = asyncio.get_running_loop()
    try:
        yield VerifyProgress(0, total, 0, 0.0, None)
        while True:
            try:
                done, broken, words = await loop.run_in_executor(None, child.connection.recv)
            except EOFError:
                yield VerifyProgress(0, total, 0, 0.0, None, True, "The verification was ended before it was done.")
                return
            rate = done / max(1e-6, time.monotonic() - began)
            left = None if not rate else max(0.0, (total - done) / rate)
            if words:
                yield VerifyProgress(done, max(total, done), broken, rate, 0.0, True, words)
                return
            yield VerifyProgress(done, max(total, done), broken, rate, left)
    finally:
        await loop.run_in_executor(None, child.kill)
