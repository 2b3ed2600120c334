"""Many ledgers verified on one executor: large ones in parts, the others each in one go, small ones together.

A piece of work costs a message there and back, and in a new process the imports; so small ledgers share one. The tables
of one database share one too, because they share its private copy. What comes back is in the order of the ledgers.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.run.executor import Channel, Executor, LostError, Work, first, outcome
from console.engine.run.pool import Pool
from console.engine.run.this_process import ThisProcess
from console.engine.verify.results import LedgerReport, VerifiedSoFar, unread
from console.engine.verify.same_bytes import Fingerprint, OtherBytesError, confirm, fingerprint
from console.engine.verify.segments import REPEATS, cut_under
from console.engine.verify.verification import check_ledger, given_or_own
from console.model.trust import Trust
from console.sources.protocol import SourceError
from console.store.protocol import Scratch
from console.verify.catalogue import finding

TOGETHER = 4 * 1024 * 1024
"""Bytes of small ledgers that are one piece of work, about."""
MANY = 64
"""Ledgers that are one piece of work at most."""
PACKED = 8
"""Times that a packed ledger's content is larger than its file, about."""

Listener = Callable[[VerifiedSoFar], None]


@dataclass(frozen=True, slots=True)
class Unverified:
    """One ledger to verify. ``file`` is None where it cannot be read here either."""

    opened: Opened
    options: Options
    file: Fingerprint | None
    cut: str | None = None
    """The profile under which it is verified in parts."""
    leaves: bool = False
    """The record hashes are wanted, too."""


async def verify_ledgers(
    ledgers: Iterable[tuple[Opened, Options, bool]], executor: Executor, progress: Listener | None = None
) -> list[LedgerReport]:
    """Verify ledgers while they are found; the results in their order. With each comes true if its record hashes are
    wanted. Raises ``ExecutorError``."""
    pieces = []
    tally = _Tally(progress)
    try:
        async with asyncio.TaskGroup() as group:
            for piece in _pieces(tally.count(ledgers), executor):
                pieces.append(group.create_task(tally.follow(piece, executor)))
                await asyncio.sleep(0)  # what is found first is begun first
            tally.searching = False
    except ExceptionGroup as failed:
        raise first(failed) from None
    return [checked for piece in pieces for checked in piece.result()]


class _Tally:
    """Adds up what pieces report, for one listener."""

    def __init__(self, listener: Listener | None) -> None:
        self.searching = True
        self._listener = listener
        self._found = self._done = self._broken = 0
        self._under_way: dict[int, tuple[int, int]] = {}
        """Of pieces: the ledgers that are done, and broken events of the one that is not."""

    def count(self, ledgers: Iterable[tuple[Opened, Options, bool]]) -> Iterator[tuple[Opened, Options, bool]]:
        """The ledgers, counted while they are found."""
        for each in ledgers:
            self._found += 1
            yield each

    async def follow(self, piece: Sequence[Unverified], executor: Executor) -> list[LedgerReport]:
        """Verify a piece."""

        def hear(number: int, records: int, broken: int) -> None:
            self._under_way[id(piece)] = number, broken
            self._tell(piece[number].opened.name, records)

        results = await _verify(piece, executor, hear)
        self._under_way.pop(id(piece), None)
        self._done += len(piece)
        self._broken += sum(each.trust[Trust.BROKEN] for each in results)
        self._tell(piece[-1].opened.name, results[-1].records)
        return results

    def _tell(self, ledger: str, records: int) -> None:
        if self._listener is not None:
            done, broken = (
                sum(each) for each in zip((self._done, self._broken), *self._under_way.values(), strict=True)
            )
            self._listener(VerifiedSoFar(ledger, records, broken, done, self._found, self.searching))


def verify_piece(channel: Channel, piece: Sequence[Unverified]) -> list[LedgerReport]:
    """Verify a few ledgers, in a worker; send a ledger's number, its records and broken events on the way."""

    async def verify(number: int, each: Unverified, scratch: Scratch) -> LedgerReport:
        channel.send((number, 0, 0))
        if each.file is not None:
            each.file.ensure(each.opened.source, channel.worker)

        def report(records: int, _: int, broken: int) -> None:
            channel.send((number, records, broken))

        return await check_ledger(each.opened, each.options, report, scratch=scratch, leaves=each.leaves)

    async def verify_all() -> list[LedgerReport]:
        async with given_or_own() as scratch:
            return [await verify(number, each, scratch) for number, each in enumerate(piece)]

    return asyncio.run(verify_all())


def _pieces(ledgers: Iterable[tuple[Opened, Options, bool]], executor: Executor) -> Iterator[list[Unverified]]:
    """Ledgers as they are verified together. One that is cut stands alone."""
    piece: list[Unverified] = []
    size = 0
    for opened, options, leaves in ledgers:
        try:
            cut = cut_under(opened, options, executor)
            one = Unverified(opened, options, fingerprint(opened.source), cut, leaves)
        except SourceError:
            one = Unverified(opened, options, None, leaves=leaves)
        full = size >= TOGETHER or len(piece) >= MANY
        if piece and (one.cut or (full and piece[-1].opened.source.path != opened.source.path)):
            yield piece
            piece, size = [], 0
        if one.cut:
            yield [one]
            continue
        piece.append(one)
        if one.file is not None:
            size += one.file.size * (PACKED if opened.source.container in ("gzip", "zip", "tar") else 1)
    if piece:
        yield piece


async def _verify(
    piece: Sequence[Unverified], executor: Executor, hear: Callable[[int, int, int], None]
) -> list[LedgerReport]:
    """Verify a piece; ``hear`` gets a ledger's number in it, and its records and broken events so far."""

    def report(value: tuple[int, int, int]) -> None:
        hear(*value)

    one = piece[0]
    if one.cut:
        return [
            await check_ledger(
                one.opened,
                one.options,
                lambda records, _, broken: report((0, records, broken)),
                executor,
                leaves=one.leaves,
            )
        ]
    name = one.opened.name + (f" and {len(piece) - 1} more" if piece[1:] else "")
    try:
        results, worker = await outcome(executor, Work(name, verify_piece, (piece,), REPEATS), report)
    except (OtherBytesError, LostError) as error:
        if piece[1:]:
            return [
                checked
                for number, each in enumerate(piece)
                for checked in await _verify([each], executor, partial(_heard_alone, hear, number))
            ]
        return [await _after(error, one, report)]
    if executor.remote:
        results = [await _confirmed(*each, worker, report) for each in zip(piece, results, strict=True)]
    # The ledger is the one that stands here: what came back holds a copy of it.
    return [replace(checked, opened=each.opened) for checked, each in zip(results, piece, strict=True)]


def _heard_alone(hear: Callable[[int, int, int], None], number: int, _: int, records: int, broken: int) -> None:
    hear(number, records, broken)


async def _after(error: OtherBytesError | LostError, one: Unverified, report: Callable[[Any], None]) -> LedgerReport:
    """What is to be stated of a ledger that no worker could verify. Raises what is the worker's own fault."""
    if isinstance(error, LostError):
        words = f"{error} Try --executor inline."
        found = finding("container.unreadable", words)
        return unread(one.opened, found)
    assert one.file is not None
    confirm(one.opened.source, one.file, error)
    return await _here(one, report)


async def _confirmed(
    one: Unverified, checked: LedgerReport, worker: str, report: Callable[[Any], None]
) -> LedgerReport:
    """A result of another machine; where that one could not read to the end, what is found here."""
    if not checked.problem:
        return checked
    here = await _here(one, report)
    if not here.problem:
        raise OtherBytesError(f"The worker {worker} cannot read {one.opened.source.path}: {checked.problem}")
    return here


async def _here(one: Unverified, report: Callable[[Any], None]) -> LedgerReport:
    async with Pool([ThisProcess()]) as executor:
        work = Work(one.opened.name, verify_piece, ([replace(one, file=None)],))
        (checked,), _ = await outcome(executor, work, report)
    return checked  # type: ignore[no-any-return]  # what verify_piece returns
