"""All that the front doors (commands, app) may ask of the engine, and the plain types of the answers.

They import nothing else of it. The rooms behind are imported when something is asked: a command that asks nothing
starts as fast as if there were no engine, and the screen is painted before the engine is there.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console.engine.asked import (
    Completion,
    EventTrace,
    SharedThing,
    TracedLedgers,
    TraceNode,
    TraceRequest,
    check_filter,
    list_findings,
    trace_id,
)
from console.engine.errors import EngineError, ExecutorError, NoSuchStreamError, SeveralStreamsError
from console.engine.export.export_request import ExportedLedgers
from console.engine.export.figures import LedgerFigures, figures
from console.engine.ledgers.options import Options
from console.engine.questions import make_report, report_cell, report_value, reports, state_as_of
from console.engine.search.event_request import EventRequest, ListedEvent, Listeners
from console.engine.search.findings_by_code import CodeFindings, FindingList, by_code
from console.engine.session.alarms import Alarm, AlarmWatch
from console.engine.session.protocol import (
    MEMORY,
    Changed,
    Details,
    IndexPlace,
    Progress,
    ReadSoFar,
    Replay,
    SessionApi,
    StateAfter,
    VerifyProgress,
    View,
)
from console.engine.verify.verdict import USUAL, Evidence, Judgement, Policy, Verdict, evidence_of_row, judge, together
from console.model.finding import Finding
from console.model.ledger import Profile
from console.model.proof import Proof, SearchStep
from console.store.capped_findings import DETAIL
from console.store.filter import FilterError
from console.store.rows import EventRow, FindingRow, LedgerRow, StreamRow, flagged, state_words
from console.witness.place import MemoryPlace

if TYPE_CHECKING:
    from console.engine.export.export_records import ExportSources
    from console.engine.memory.keeping import RememberedLedger
    from console.engine.session.finding_command import FindingCommand
    from console.engine.verify.answers import Answer
    from console.engine.verify.results import Verification, VerifiedSoFar
    from console.formats.export_form import ExportForm
    from console.formats.protocol import Context, Format
    from console.formats.registry import Broken
    from console.model.record import Record
    from console.store.protocol import IndexReader
    from console.verify.catalogue import CatalogueEntry
    from console.witness.observations import PastLook

__all__ = [
    "DETAIL",
    "MEMORY",
    "Alarm",
    "AlarmWatch",
    "Changed",
    "CodeFindings",
    "Completion",
    "Details",
    "EngineError",
    "EventRequest",
    "EventRow",
    "EventTrace",
    "ExecutorError",
    "ExportedLedgers",
    "FilterError",
    "FindingList",
    "FindingRow",
    "IndexPlace",
    "IndexReader",
    "Judgement",
    "LedgerFigures",
    "LedgerRow",
    "ListedEvent",
    "Listeners",
    "MemoryPlace",
    "NoSuchStreamError",
    "Options",
    "PastLook",
    "Policy",
    "Progress",
    "Proof",
    "ReadSoFar",
    "RememberedLedger",
    "Replay",
    "SearchStep",
    "SessionApi",
    "SeveralStreamsError",
    "SharedThing",
    "StateAfter",
    "StreamRow",
    "TraceNode",
    "TraceRequest",
    "TracedLedgers",
    "Verdict",
    "Verification",
    "VerifiedSoFar",
    "VerifyProgress",
    "View",
    "by_code",
    "check_filter",
    "figures",
    "flagged",
    "list_findings",
    "make_report",
    "report_cell",
    "report_value",
    "reports",
    "state_as_of",
    "state_words",
    "trace_id",
]


async def open_session(paths: Sequence[str], index: IndexPlace, options: Options | None = None) -> SessionApi:
    """Files and folders as they grow. Raises ``OSError`` where the index cannot be kept at its place."""
    from console.engine.session import client

    return await client.open_session(paths, index, options)


def finding_command(command: Sequence[str], report: Callable[[str], None]) -> "FindingCommand":
    """Runs an operator's command for each object handed over; ``report`` hears what goes wrong with it."""
    from console.engine.session.finding_command import FindingCommand

    return FindingCommand(command, report)


def indexed(
    paths: Sequence[str],
    index: IndexPlace,
    *,
    progress: Callable[[ReadSoFar], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> "AbstractAsyncContextManager[IndexReader]":
    """An index of what is in these files and folders at this moment.

    ``progress`` hears what was read so far, ``note`` sentences such as that another console writes this index.
    Raises ``OSError`` where the index cannot be kept at its place.
    """
    from console.engine.session import headless

    return headless.indexed(paths, index, Options(), progress=progress, note=note)


def list_events(
    request: EventRequest, listeners: Listeners, *, follow: bool = False
) -> AsyncGenerator[ListedEvent, None]:
    """Events that are there, oldest first; with ``follow`` also those that arrive, until it is closed.

    Raises ``FilterError`` at once for a filter or a time that cannot be read; while listing ``NoSuchStreamError``, and
    ``OSError`` where the index cannot be kept at its place.
    """
    from console.engine.search.event_listing import EventListing

    listing = EventListing(request, listeners)
    return listing.followed() if follow else listing.present()


async def export_sources(
    request: EventRequest, accepts: Callable[[str, str], bool], listeners: Listeners
) -> "ExportSources":
    """The ledgers that a form of export takes, by the name of their format and their shape, and their records.

    Without filters no index is asked. Raises ``FilterError``, ``NoSuchStreamError``, and ``OSError`` where the index
    cannot be kept at its place.
    """
    from console.engine.export.export_records import open_for_export, select

    return open_for_export(request, accepts, await select(request, listeners))


def format_exports() -> "list[tuple[Format, ExportForm]]":
    """Forms of export that formats declare as their system's own."""
    from console.formats import registry

    return registry.exports()


def remembered_ledgers(place: MemoryPlace, paths: Sequence[str]) -> "list[RememberedLedger]":
    """What the memory knows of the ledgers at and below these paths, or of all where none is given. Raises
    ``EngineError``."""
    from console.engine.memory import keeping

    return keeping.remembered_ledgers(place, paths)


def accept(place: MemoryPlace, path: str, why: str) -> "RememberedLedger":
    """A change is explained: what stands at the path counts from here on. Raises ``EngineError``."""
    from console.engine.memory import keeping

    return keeping.accept(place, path, why, Options())


def forget(place: MemoryPlace, path: str) -> list[str]:
    """Forget the ledgers at a path; their names. Raises ``EngineError``."""
    from console.engine.memory import keeping

    return keeping.forget(place, path)


def finding_object(
    ledger: str, found: Finding, container: str, volume: tuple[str, int] | None = None
) -> dict[str, Any]:
    """One finding of a ledger of this name, for programs: as ``verify --format json`` has it. ``volume``: see
    ``FindingList``."""
    from console.engine.verify import report

    return report.finding_object(ledger, found, container, volume)


def alarm_object(alarm: Alarm) -> dict[str, Any]:
    """The finding of an alarm for programs, as ``finding_object`` has it; its code is null where there is no finding of
    the index behind it."""
    found = replace(alarm.found.finding, count=alarm.count)
    return {**finding_object(alarm.found.ledger_name, found, alarm.container), "code": found.code or None}


async def verify(
    paths: Sequence[str],
    options: Options,
    *,
    executor: str = "processes",
    jobs: int | None = None,
    answer: str | None = None,
    progress: "Callable[[VerifiedSoFar], None] | None" = None,
    memory: MemoryPlace | None = None,
) -> "Verification":
    """Verify all ledgers under these paths from their raw bytes; with ``answer`` only those that can give it.

    ``executor`` is where: in ``jobs`` processes (of all cores by default), inline, or on a Dask cluster. What is there
    is compared with what the ``memory`` holds, and remembered; without one it is neither. Never raises
    for what ledgers hold; raises ``ExecutorError`` where nobody can verify them.
    """
    from console.engine.verify.answers import formats_that_answer
    from console.engine.verify.verify_paths import verify_paths

    formats = None if answer is None else formats_that_answer(answer)
    return await verify_paths(
        paths, options, executor=executor, jobs=jobs, formats=formats, progress=progress, memory=memory
    )


def is_executor(name: str) -> bool:
    """True for a name that ``verify`` takes as its executor, be it reachable or not."""
    from console.engine.run import choice

    return choice.known(name)


def report(verification: "Verification", policy: Policy, *, stream: str | None = None) -> dict[str, Any]:
    """What came out of a verification, in all or for one stream: the object that ``verify --format json`` prints."""
    from console.engine.verify import report

    return report.report(verification, policy, stream=stream)


def compare_end(
    verification: "Verification", *, count: int | None, head: str | None, stream: str | None
) -> "Verification":
    """The results with what the end of a ledger (or of one stream) comes to beside the one that was kept elsewhere.
    Raises ``SeveralStreamsError`` where it is not clear which ledger is meant."""
    from console.engine.verify.kept_end import KeptEnd, compare

    return compare(verification, KeptEnd(count, head, stream))


def verdict_of(ledger: LedgerRow, policy: Policy = USUAL, *, coverage: bool = True) -> Judgement:
    """The verdict on a ledger of an index, as far as it was read: the one that ``verify`` gives, with its reasons.

    Without ``coverage`` no format is asked which fields hashes cover: for a screen, which must not wait for formats.
    """
    return judge(_evidence(ledger, coverage=coverage), policy)


def not_compared_since(ledger: LedgerRow) -> str:
    """Since when what was read of a ledger may have changed unseen, in words; '' where it was compared."""
    from console.engine.memory.remembered import Remembered

    return Remembered.of_text(ledger.memory).put_off


def verdict_of_all(ledgers: Sequence[LedgerRow], policy: Policy = USUAL, *, coverage: bool = True) -> Judgement:
    """The verdict on all of them together."""
    return judge(together(_evidence(each, coverage=coverage) for each in ledgers), policy)


def _evidence(ledger: LedgerRow, *, coverage: bool) -> Evidence:
    known = profiles() if coverage and ledger.profile else []
    return evidence_of_row(ledger, next((each for each in known if each.name == ledger.profile), None))


def answer_names() -> list[str]:
    """Answers of ledgers' own systems that can be given: see ``answer``."""
    from console.engine.verify import answers

    return answers.answer_names()


def answer(verification: "Verification", name: str, stream: str | None, policy: Policy) -> "Answer":
    """What a ledger's own system answers on one stream. Raises ``NoSuchStreamError`` and ``SeveralStreamsError``."""
    from console.engine.verify import answers

    return answers.answer(verification, name, stream, policy)


def search_event(form: str, record: "Record", before: "Record | None", context: "Context") -> "Iterator[SearchStep]":
    """Search on for what the hash of one event covers and its ledger does not store, where the usual search ended.

    ``form`` names its format, ``before`` is the record before it in its chain, ``context`` that of its ledger with the
    settled profile. Gives how far it is, every tenth of a second or so, and at last the proof. It holds one text at a
    time and takes up to some minutes of a processor: whoever shows a screen asks in another process, or at least in
    another thread. Closing it ends it. Never raises for what the record holds.
    """
    from console.formats.guarded import named, search_of

    return search_of(named(form), record, before, context)


def formats() -> "Iterator[Format]":
    """The formats that are known."""
    from console.formats.registry import all_formats

    return all_formats()


def profiles() -> list[Profile]:
    """The hash profiles of all formats."""
    from console.formats import registry

    return registry.profiles()


def broken_formats() -> "Sequence[Broken]":
    """Formats of other packages that are installed and cannot be used, and why."""
    from console.formats.registry import broken

    return broken()


def scanner() -> str:
    """Which scanner reads records: ``native``, or ``pure`` where no compiler was at hand at the installation."""
    from console.formats.json.scan import SCANNER

    return SCANNER


def catalogue() -> "Mapping[str, CatalogueEntry]":
    """What each finding code means."""
    from console.formats import registry

    return registry.catalogue()


def flag_levels() -> tuple[str, ...]:
    """How high a stream's own system can flag it, in words, by ``LedgerRow.flagged``: the first is ''."""
    from console.store.rows import flag_words

    return flag_words()


def time_span(text: str) -> tuple[int, int]:
    """The span of a time as people write it (``2026-11-20`` is a day), UTC microseconds: its start, and the start of
    what follows. Raises ValueError for text that names no time."""
    from console.store.filter import moment

    return moment(text)


def time_text(micros: int, *, digits: int = 6) -> str:
    """An instant as ISO 8601 in UTC, with so many digits behind the second."""
    from console.formats.json.times import iso

    return iso(micros, digits=digits)
