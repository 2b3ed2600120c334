"""Gathers the facts about a followed ledger: what is on the disk, compared with what was read.

Nothing is decided and nothing of the index is written here. Facts that cost much are only gathered where the decision
can need them: a folder is searched for the earlier content only when that is not where it was. Whatever may take long
runs in a thread, so that a large or hostile ledger keeps no other one waiting.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from console.engine.follow.decide import Companions, Elsewhere, Facts, LedgerState, Recognition
from console.engine.follow.ledger import FollowedLedger
from console.engine.follow.rotation import has_ended, wrote_late
from console.engine.follow.row_comparison import unchanged
from console.engine.follow.unfinished_writes import half_written, seen_twice, tail_replaced
from console.engine.ledgers.continuation import WINDOW
from console.engine.ledgers.continuity import Continuity, Marks, compare, holds, is_file, marks, moved_to, size_of
from console.engine.ledgers.opening import Opened, open_ledger, state_beside
from console.engine.ledgers.rotated_source import source_at
from console.engine.ledgers.volume_names import alike
from console.engine.ledgers.volumes import parted, whole_ledger
from console.sources.protocol import Source
from console.store.protocol import IndexWriter

SAMPLE = 20
"""Records by which a ledger is recognised: while it has fewer, it is recognised again as it grows."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The facts, and what was found with them: the file that holds what was read, and the ledger recognised again."""

    facts: Facts
    moved: Source | None = None
    opened: Opened | None = None


class Observer:
    """Looks at ledgers. ``ledgers_apart`` gives the paths of files that are ledgers of their own, never another's past.

    ``follow``: more looks will come, so that some of what costs much may be put off.
    """

    def __init__(self, writer: IndexWriter, ledgers_apart: Callable[[], set[str]], *, follow: bool) -> None:
        self._writer = writer
        self._ledgers_apart = ledgers_apart
        self._follow = follow

    async def look(self, ledger: FollowedLedger) -> Observation:
        """What is there now."""
        ends = await marks(self._writer, ledger.id, ledger.reading.records)
        compared = ledger.rows.state
        content = await self._compared(ledger, ends)
        if content is not Continuity.SAME:
            return await self._look_for_change(ledger, content, ends)
        seen_twice(ledger, changed=False)
        rotated = await self._rotated(ledger)
        opened, recognition = await _recognised(ledger, rotated=rotated)
        if recognition is Recognition.SAME and not rotated and (whole := await self._with_past_beside(ledger)):
            opened, recognition = whole, Recognition.ANOTHER
        with_companions, companions = await self._companions(ledger)
        in_earlier_file, path_taken = ledger.earlier.source is not None, is_file(ledger.path)
        return Observation(
            Facts(
                in_earlier_file=in_earlier_file,
                path_taken=path_taken,
                earlier_file_ended=in_earlier_file and path_taken and (not self._follow or has_ended(ledger)),
                late_lines=wrote_late(ledger),
                tail_replaced=tail_replaced(ledger),
                recognition=recognition,
                companions=companions,
                compared_since=ledger.rows.state not in ("", compared) and ledger.rows.state == ledger.reading.file,
                half_written=self._follow and half_written(ledger),
                reader_failed=ledger.status.failed != "" and ledger.status.failed == ledger.file_now(),
            ),
            opened=opened or with_companions,
        )

    async def _look_for_change(self, ledger: FollowedLedger, content: Continuity, ends: Marks) -> Observation:
        """What was read is not where it was: what became of it?"""
        first, last = ends
        moved = None
        if first is not None and not await asyncio.to_thread(holds, ledger.source, first):
            apart = self._ledgers_apart() | {ledger.path}
            moved = await asyncio.to_thread(moved_to, ledger.source, first, last, besides=apart)
        compressed = moved is not None and moved.container == "gzip" and ledger.source.container != "gzip"
        found = Elsewhere.COMPRESSED if compressed else Elsewhere.MOVED if moved is not None else Elsewhere.NOWHERE
        nothing = await asyncio.to_thread(_is_no_ledger, ledger)
        return Observation(
            Facts(
                content=content,
                elsewhere=found,
                seen_twice=seen_twice(ledger, changed=True),
                in_earlier_file=ledger.earlier.source is not None,
                path_taken=is_file(ledger.path),
                recognition=Recognition.NOTHING if nothing else Recognition.SAME,
                changes_in_place=ledger.opened.changed_in_place,
            ),
            moved=moved,
        )

    async def _compared(self, ledger: FollowedLedger, ends: Marks) -> Continuity:
        source, reading = ledger.source, ledger.reading
        if ledger.rows.past_changed:
            return Continuity.REWRITTEN
        if source.container in ("gzip", "zip", "tar") and reading.file and reading.file == ledger.file_now():
            return Continuity.SAME  # to look at its last record, all before it would have to be decoded
        if source.container == "jsonl":
            content = compare(source, reading.next, *ends)
        else:
            content = await asyncio.to_thread(compare, source, reading.next, *ends)
        if content is Continuity.SAME and not await unchanged(ledger, self._writer, follow=self._follow):
            return Continuity.REWRITTEN
        return content

    async def _rotated(self, ledger: FollowedLedger) -> bool:
        """True if its records are in several files."""
        return ledger.earlier.source is not None or len(await self._writer.volumes(ledger.id)) > 1

    async def _with_past_beside(self, ledger: FollowedLedger) -> Opened | None:
        """The ledger with a past that was taken for another ledger: of few records it may not show that they go on from
        there, and with more of them it does."""
        if not self._follow or not 0 < ledger.reading.records < WINDOW or ledger.file_now() == ledger.reading.file:
            return None
        folder = ledger.path[: ledger.path.rindex("/") + 1]
        near = [path for path in self._ledgers_apart() if path.startswith(folder) and path != ledger.path]
        if not any(alike(path, ledger.path) for path in near):
            return None
        whole = await asyncio.to_thread(whole_ledger, ledger.path)
        return whole if whole is not None and parted(whole)[1] else None

    async def _companions(self, ledger: FollowedLedger) -> tuple[Opened | None, Companions]:
        """The ledger with the files that lie beside it now, if these are not those with which it was decoded."""
        if files_beside(ledger) == ledger.opened.beside:
            return None, Companions.SAME
        item = await asyncio.to_thread(open_ledger, ledger.source)
        if (
            isinstance(item, Opened)
            and not await self._rotated(ledger)
            and item.claim.shape == ledger.opened.claim.shape
        ):
            return item, Companions.CHANGED
        return None, Companions.CHANGED_TOO_LATE


async def _recognised(ledger: FollowedLedger, *, rotated: bool) -> tuple[Opened | None, Recognition]:
    """What few records were taken for something may be something else with more of them."""
    if ledger.joined is not None:
        found, ledger.joined = ledger.joined, None
        return found, Recognition.ANOTHER
    records = ledger.reading.records
    unknown = ledger.status.state is LedgerState.NOT_RECOGNISED
    if unknown and await asyncio.to_thread(_is_no_ledger, ledger):
        return None, Recognition.NOTHING
    if not (0 < records < SAMPLE or unknown) or rotated:
        return None, Recognition.SAME
    item = await asyncio.to_thread(recognise_again, ledger)
    if item is None or _kind(item) == _kind(ledger.opened):
        return None, Recognition.SAME
    return await asyncio.to_thread(with_past, ledger, item), Recognition.ANOTHER


def recognise_again(ledger: FollowedLedger) -> Opened | None:
    """What stands at the ledger's own path, None if that is no ledger."""
    source = source_at(ledger.path, ledger.member)
    item = None if source is None else open_ledger(source)
    return item if isinstance(item, Opened) else None


def with_past(ledger: FollowedLedger, item: Opened) -> Opened:
    """What was recognised at the ledger's path, with the files before it."""
    whole = whole_ledger(ledger.path) if ledger.member is None else None
    return whole or item


def files_beside(ledger: FollowedLedger) -> str:
    """Changes with the files that lie beside a ledger: see ``console.sources.companions.beside``."""
    return state_beside(ledger.source, ledger.opened.format, ledger.opened.companions)


def _kind(opened: Opened) -> tuple[str, str]:
    return opened.format.name, opened.claim.shape


def _is_no_ledger(ledger: FollowedLedger) -> bool:
    """True if something stands at the ledger's path, and nothing that could be read as a ledger."""
    return source_at(ledger.path, ledger.member) is None and size_of(ledger.path) > 0
