"""Events of one system's ledgers under some paths, for programs that wait for them and for such that do not."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from console.library.errors import LibraryError
from console.model.event import NO_TIME, Event

if TYPE_CHECKING:
    from console.engine.ledgers.opening import Opened
    from console.formats.export_record import ExportRecord

P = ParamSpec("P")
T = TypeVar("T")
AnyPath = str | os.PathLike[str]
AT_ONCE = 256
"""Items that an asynchronous iterator fetches together."""


class Read(NamedTuple):
    """An event, its ledger, and the ledger's shape."""

    event: Event
    ledger: str
    shape: str


def _named(paths: AnyPath | Sequence[AnyPath]) -> list[str]:
    return [os.fspath(each) for each in ([paths] if isinstance(paths, str | os.PathLike) else paths)]


def check_settings() -> None:
    """Raise ``LibraryError`` for a file with the key or the rules that the environment names, and that cannot be
    used."""
    from console.engine.errors import EngineError
    from console.engine.questions import check_setting_files
    from console.sources.companions import KEY_FILE, RULES_FILE

    key, rules = (os.environ.get(each) or None for each in (KEY_FILE, RULES_FILE))
    try:
        check_setting_files(key_file=key, rules_file=rules)
    except EngineError as error:
        raise LibraryError(str(error)) from error


def ledgers_of(format: str, paths: AnyPath | Sequence[AnyPath], *, past: bool = True) -> Iterator["Opened"]:
    """This format's ledgers under the paths; with ``past`` the files that one was rotated into are one ledger."""
    from console.engine.ledgers.opening import open_ledgers
    from console.engine.ledgers.volumes import joined
    from console.sources.protocol import Skipped

    check_settings()
    texts = _named(paths)
    found = open_ledgers(texts)
    for opened in joined(texts, found) if past else found:
        if not isinstance(opened, Skipped) and opened.format.name == format:
            yield opened


def events_of(format: str, paths: AnyPath | Sequence[AnyPath], *, past: bool = True) -> Iterator[Read]:
    """Every event of this format's ledgers that can be read, ledger by ledger.

    Raises ``LibraryError`` for a path that is not there, and where reading a ledger ends early: half of one must not
    pass for the whole.
    """
    from console.engine.replay.decoded import LedgerRead, decoded

    for path in _named(paths):
        if not os.path.lexists(path):
            raise LibraryError(f"{path}: there is no such file or folder")
    for opened in ledgers_of(format, paths, past=past):
        read = LedgerRead(opened.name)
        for event in decoded(opened, opened.context(), read):
            yield Read(event, opened.name, opened.claim.shape)
        if read.problem:
            raise LibraryError(f"{opened.name}: {read.problem}")


def export_records(format: str, path: AnyPath) -> Iterator["ExportRecord"]:
    """Records of one file on their way into an export. Raises ``LibraryError`` where it cannot be read to its end."""
    from console.engine.export.export_records import ExportSources
    from console.engine.export.export_request import ExportedLedgers

    about = ExportedLedgers()
    yield from ExportSources([*ledgers_of(format, path, past=False)], None, about).records()
    for name, problem in about.problems:
        raise LibraryError(f"{name}: {problem}")


def by_time(events: Iterator[Read]) -> list[Event]:
    """Oldest first; of one instant as the ledgers have them. Events without a time stand behind the one before them."""
    keyed = []
    time = NO_TIME
    for number, (event, _, _) in enumerate(events):
        time = time if event.instant is None else event.instant.micros
        keyed.append((time, number, event))
    return [event for _, _, event in sorted(keyed, key=lambda each: each[:2])]


def documents(events: Sequence[Event]) -> list[dict[str, Any]]:
    """What the ledger holds of each."""
    return [dict(event.document) for event in events]


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer of a function that reads, without making others wait."""
    return await asyncio.to_thread(function, *args, **kwargs)


async def iterated(items: Iterator[T]) -> AsyncIterator[T]:
    """The same items, fetched in a thread."""
    while some := await asyncio.to_thread(lambda: list(islice(items, AT_ONCE))):
        for item in some:
            yield item
