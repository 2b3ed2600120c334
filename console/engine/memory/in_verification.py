"""The memory's part in a verification: which record hashes are wanted, what they are compared with, what that adds.

It is asked where the verification was asked for, not where the ledgers are checked: the memory is of this machine.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from console.engine.ledgers.options import Options
from console.engine.ledgers.rotated_source import files_of
from console.engine.memory.consult import Seen, Witness
from console.engine.memory.missing import missing
from console.engine.verify.results import LedgerReport, in_order
from console.sources.protocol import Skipped
from console.witness.memory import MemoryFolder
from console.witness.place import MemoryPlace


@contextmanager
def witness_of(place: MemoryPlace | None, options: Options) -> Iterator[Witness]:
    """The memory of this place for a verification; none where there is no place."""
    if place is None:
        yield Witness(None, "the memory was not asked")
        return
    with MemoryFolder(place) as memory:
        # Under another profile it is another question, but the same records; of one stream it is a part of the ledger.
        yield Witness(memory, whole=options.stream is None, now=options.now)


def remembered(witness: Witness, report: LedgerReport, options: Options) -> LedgerReport:
    """The report with what the memory has to say, and without record hashes."""
    seen = Seen(
        report.records,
        report.leaves,
        complete=not report.problem,
        size=report.bytes,
        sha256=report.sha256,
        verdict=_worst(report),
        profile=report.profile,
    )
    word, found = witness.compare(report.opened, options, seen)
    return replace(report, leaves=None, memory=word, findings=in_order([*report.findings, *found]))


def with_missing(
    witness: Witness, paths: Sequence[str], reports: Sequence[LedgerReport], skipped: Sequence[Skipped]
) -> list[Skipped]:
    """What is to be stated of paths that are no ledgers, and of ledgers that are known and not there. ``reports`` have
    their record hashes, unless they are known already."""
    found = [(each.opened.source.path, each.opened.source.member) for each in reports]
    read = {
        file.path: partial(witness.leaves_of, each.opened, each.leaves)
        for each in reports
        for file in files_of(each.opened.source)
    }
    return missing(witness, paths, found, skipped, read)


def _worst(report: LedgerReport) -> str:
    """What came out, in a few words."""
    counts: Counter[str] = Counter()
    for each in report.findings:
        counts[each.severity.word] += each.count
    return ", ".join(f"{number:,} {word}" for word, number in counts.items()) or "no findings"
