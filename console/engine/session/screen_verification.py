"""Verification for the screen: the verifier of the commands, in a process of its own, with progress and cancel."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from console.engine.errors import ExecutorError
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.memory.in_verification import remembered, witness_of
from console.engine.run.choice import process
from console.engine.run.executor import Channel, Failed, Finished, Lost, Reported, Work
from console.engine.session.protocol import VerifyProgress
from console.engine.verify.results import LedgerReport
from console.engine.verify.verdict import Evidence, in_words, judge, together
from console.engine.verify.verification import check_ledger
from console.model.trust import Trust
from console.witness.place import MemoryPlace

NICE = 5
_ENDED = "The verification was ended before it was done."


def verify(
    channel: Channel,
    ledgers: Sequence[Opened],
    options: Options,
    stream: tuple[str, str] | None,
    memory: MemoryPlace | None,
) -> tuple[int, int, Evidence]:
    """Send (records, broken events) on the way; the same at the end, and what the verdict rests on. Broken events of
    other streams than the one that is asked about do not count, and on the way it is not known whose they are."""
    results: list[LedgerReport] = []
    records = broken = 0

    def progress(more: int, _bytes: int, more_broken: int) -> None:
        channel.send((records + more, broken + more_broken if stream is None else 0))

    async def verify_all() -> None:
        nonlocal records, broken
        with witness_of(memory, options) as witness:
            for opened in ledgers:
                report = await check_ledger(opened, options, progress, leaves=witness.needs_leaves(opened))
                results.append(remembered(witness, report, options))
                records += report.records
                broken += report.trust[Trust.BROKEN]

    asyncio.run(verify_all())
    evidence = together(each.evidence(None if stream is None else stream[1]) for each in results)
    return records, evidence.trust[Trust.BROKEN], evidence


async def verify_elsewhere(
    ledgers: Sequence[tuple[int, Opened]],
    options: Options,
    stream: tuple[str, str] | None,
    unread: Sequence[str] = (),
    memory: MemoryPlace | None = None,
) -> AsyncIterator[VerifyProgress]:
    """Verify (records expected, ledger) pairs in another process, and compare them with the ``memory``. Closing the
    iterator ends that process. ``unread`` are sentences on what of them is not at hand."""
    total = sum(records for records, _ in ledgers)
    work = Work("the verification", verify, ([opened for _, opened in ledgers], options, stream, memory))
    began = time.monotonic()
    async with process(NICE) as executor, aclosing(executor.submit(work)) as messages:
        yield VerifyProgress(0, total, 0, 0.0, None)
        try:
            async for message in messages:
                match message:
                    case Reported((done, broken)):
                        rate = done / max(1e-6, time.monotonic() - began)
                        left = max(0.0, (total - done) / rate) if rate else None
                        yield VerifyProgress(done, max(total, done), broken, rate, left)
                    case Finished((done, broken, evidence)):
                        evidence = replace(evidence, unread=(*evidence.unread, *unread))
                        judged = judge(evidence)
                        rate = done / max(1e-6, time.monotonic() - began)
                        yield VerifyProgress(
                            done, max(total, done), broken, rate, 0.0, True, in_words(judged, evidence), judged
                        )
                    case Failed() | Lost():
                        yield VerifyProgress(0, total, 0, 0.0, None, True, _ENDED)
        except ExecutorError as error:
            yield VerifyProgress(0, total, 0, 0.0, None, True, f"{_ENDED} {error}")
