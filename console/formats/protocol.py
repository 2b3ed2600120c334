"""What every format offers to the engine, and what it may offer beside."""

import json
import sys
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol, runtime_checkable

from console.formats.export_form import ExportForm
from console.formats.relations import Relations, of_envelope
from console.formats.replayer import Replayer
from console.formats.report import Report
from console.model.batch import EventBatch
from console.model.event import Event, Field, Panel, StreamKey
from console.model.finding import Finding
from console.model.ledger import Profile, StreamFacts
from console.model.proof import Proof, SearchStep
from console.model.record import Record, RecordBatch
from console.model.trust import Severity, Trust
from console.verify.catalogue import CatalogueEntry


@dataclass(frozen=True, slots=True)
class Sample:
    """The first records of a ledger, for recognition. ``member`` is the table or archive member."""

    path: str
    container: str
    member: str | None
    records: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Claim:
    """A format's word on a sample: ``confidence`` from 1 to 100, the shape it sees, and why.

    ``alike``: its records only look like this format's, as a generic log's may; it is not recognised by that.
    """

    confidence: int
    shape: str
    why: str
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader needs beside the records.

    ``now`` is the clock of the checks (UTC microseconds). ``profile`` is the operator's choice. ``companions`` holds
    small files found beside the ledger (or in its archive), by their relative path: see ``Format.companions``, and
    under ``DIGEST`` and its path the SHA-256 of a file that ``Format.listed`` names, empty where there is none.
    ``path`` is where the ledger lies, for what its folder's name says of it. ``key`` is the content of the operator's
    key file, for formats whose records may be encrypted.
    ``search`` is how far what a hash covers is searched for, where it is not stored: ``normal`` or ``thorough``.
    ``salt`` goes into the keys of ids (``key64``): whoever writes a ledger must not know it. ``rules`` is the text of
    an operator's own rules for this format, '' for those that come with it.
    """

    shape: str
    now: int
    profile: str | None = None
    companions: Mapping[str, bytes] = field(default_factory=dict)
    search: str = "normal"
    salt: bytes = b""
    path: str = ""
    key: bytes = field(default=b"", repr=False)
    rules: str = ""


PARTITION = "partition:"
"""Begins the name of a companion that is an extract of another ledger of the folder: see ``Format.partitioned``."""
RULES = "rules:"
"""The name under which a report's fold finds an operator's own rules among the companions."""
DIGEST = "sha256:"
"""Begins the name of a companion that is the hash of a file."""


@dataclass(frozen=True, slots=True)
class Rewalk:
    """Verdicts of one chain walked again in sequence order; they replace the earlier ones of that stream."""

    trust: Mapping[int, Trust]
    """By ordinal, every event of the stream."""
    findings: Sequence[Finding]
    marks: Mapping[int, Severity] = field(default_factory=dict)
    """How bad each event is beside the findings that are listed at it, by ordinal, where that was made again, too."""


class Reader(Protocol):
    """Decodes and checks one ledger, batch after batch, carrying the state of its chains and rules."""

    @property
    def profile(self) -> str | None:
        """The settled hash profile, or None while unsettled or where the format has none."""

    def read(self, batch: RecordBatch) -> EventBatch:
        """One row for each record, with trust, worst severity and findings. Never raises on content."""

    def standing(self) -> list[Finding]:
        """Findings that hold as of now (gaps, orphans, missing stages); all have ``standing=True``."""

    def facts(self) -> Iterable[StreamFacts]:
        """What is known of each stream that changed since this was last asked."""

    def take_state(self) -> Mapping[str, bytes] | Mapping[str | StreamKey, bytes]:
        """State that changed since it was last taken: a stream's by its key (in UTF-8), else by a name."""

    def load_state(self, items: Iterable[tuple[Any, bytes]]) -> None:
        """Restore what ``take_state`` gave, all of it, before the first ``read``."""


@runtime_checkable
class RewalkingReader(Protocol):
    """A reader of numbered chains: events that come out of order are walked again once all of them are there."""

    def irregular(self) -> list[StreamKey]:
        """Streams whose events did not come in sequence order and that must be walked again; asking clears them."""

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        """The stream and sequence of a record's event, for sorting before a ``rewalk``; None for others."""

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        """Walk all events of one stream, given in order of (sequence, ordinal)."""


def irregular(reader: Reader) -> list[StreamKey]:
    """Streams that must be walked again; none where the reader walks no chain again."""
    return reader.irregular() if isinstance(reader, RewalkingReader) else []


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts of a ledger: records, events by ``Trust``, and for each stream (events by trust, first and last time).

    Times are UTC microseconds, ``NO_TIME`` where no event names one.
    """

    records: int
    trust: Sequence[int]
    streams: Mapping[StreamKey, tuple[Sequence[int], int, int]]


class CountingReader(Reader, RewalkingReader, Protocol):
    """A reader that makes no rows: its batches are empty but for findings, and it counts instead."""

    def tallies(self) -> Tallies:
        """Counts so far. Streams that ``irregular`` names are unchecked until they are walked again."""

    def repeated(self) -> Sequence[tuple[int, int]]:
        """Ordinals of records whose id seems to stand in an earlier one, each with the first of these."""

    @property
    def settled_apart(self) -> bool:
        """True if all verdicts so far are those of one pass, wherever the ledger was cut."""

    def summary(self, findings: Sequence[Finding]) -> Any:
        """What this reader saw, with the findings of its batches; picklable. The reader is spent."""

    def adopt(self, whole: Any) -> None:
        """Go on from joined summaries as if this reader had read everything."""


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """What a system's own verification answers on one stream, in its own words.

    ``name`` is that of ``verify --as``, ``kind`` the kind of streams, ``speaker`` whose words they are, ``body`` makes
    the answer from the chain as the report has it (``valid``, ``issues``, ``eventsChecked``, ``chainIntact``) and, with
    ``from_records``, from the stream's records in the order of the ledger. It has a key ``valid``.
    """

    name: str
    kind: str
    speaker: str
    body: Callable[[Mapping[str, Any], Iterable[bytes]], Mapping[str, Any]]
    from_records: bool = False


class ReferenceCodes(NamedTuple):
    """Finding codes for an id that stands twice, for a parent that is nowhere in the ledger, and for one that comes
    later."""

    duplicate: str = "identity.duplicate-event-id"
    orphan: str = "reference.orphan-parent"
    late: str = "reference.parent-after-child"


class Format(Protocol):
    """One system's ledgers: how they are read, and what the system declares of itself. A system subclasses it.

    Registry, filter, catalogue, commands and README take from here what they need to know of a system: nothing outside
    of its own folder, or its own package, names it.
    """

    @property
    def name(self) -> str:
        """One word, by which commands and indexes name the format."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str:
        """For people: what is read, and contradictions of the documents, once."""

    @property
    def ledgers(self) -> str:
        """What is read, in a few words."""

    @property
    def stream_kinds(self) -> Sequence[str]:
        """Kinds of the streams that its readers make; each is a field of filters, so lower-case letters."""

    @property
    def profiles(self) -> Sequence[Profile]:
        """Hash profiles, where events are hashed or linked."""
        return ()

    @property
    def companions(self) -> Sequence[str]:
        """Glob patterns, relative to the ledger's folder, of side-car files that help to check."""
        return ()

    def partitioned(self, path: str) -> bool:
        """True if the other ledgers in the folder of this path are parts of one whole, and its reader needs extracts
        of them. The format is then a ``SiblingFormat``; see ``PARTITION``."""
        return False

    def listed(self, companions: Mapping[str, bytes]) -> Sequence[str]:
        """Paths of further files beside the ledger, relative to its folder, that the companions list with hashes."""
        return ()

    @property
    def reference_codes(self) -> ReferenceCodes:
        return ReferenceCodes()

    @property
    def causes_come_first(self) -> bool:
        """True if writers give no event a parent that names a later time; then that is a finding."""
        return False

    @property
    def flags(self) -> Sequence[str]:
        """Values of the fact ``flagged`` that put a stream on top of every list, the highest last. The fact
        ``flags`` is how often it was flagged so high, where that is more than once."""
        return ()

    @property
    def changed_in_place(self) -> Sequence[str]:
        """Shapes whose records their own writer changes: another content of them accuses nobody."""
        return ()

    @property
    def governed(self) -> bool:
        """True if an operator's own rules of who may do what can stand in place of its own (``Context.rules``)."""
        return False

    def check_rules(self, text: str) -> None:
        """Raise ``ValueError``, with a message for people, for an operator's rules that it cannot use."""
        return

    @property
    def encrypted(self) -> bool:
        """True if its records may be encrypted, so that the operator's key is needed to read them."""
        return False

    @property
    def codes(self) -> Sequence[CatalogueEntry]:
        """Finding codes of the system's own, beside those of the catalogue."""
        return ()

    @property
    def answers(self) -> Sequence[SystemAnswer]:
        """Answers of the system's own software."""
        return ()

    @property
    def reports(self) -> Sequence[Report]:
        """Tables that its auditor asks for; each becomes a command and a screen."""
        return ()

    @property
    def exports(self) -> Sequence[ExportForm]:
        """Forms of the system's own in which its events leave the console."""
        return ()

    def sniff(self, sample: Sample) -> Claim | None:
        """How sure it is that these are its records; None if they are another system's."""

    def reader(self, context: Context) -> Reader: ...
    def decode(self, record: Record, context: Context) -> Event:
        """The envelope of one record alone, with its document; an unreadable one has type ''."""

    def kept_until(self, event: Event) -> str | None:
        """The day (ISO, UTC) on which its system's retention deletes an event, ``never``, or None where it has none."""
        return None

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        """The detail tabs that this format has, Envelope first."""
        return [Panel("Envelope", tuple(Field(name, _shown(value)) for name, value in event.document.items()))]

    def judged_by(self, event: Event, context: Context) -> Collection[str]:
        """Types of events in its first stream that an event is judged by; none where it is judged alone."""
        return ()

    def panels_in(self, event: Event, stream: Sequence[Event], context: Context) -> Sequence[Panel]:
        """The detail tabs of an event, with what it is judged by: the first event of its first stream, and those of the
        types in ``judged_by``, each once, in the ledger's order; later ones may be among them."""
        return self.panels(event, context)

    def summary(self, event: Event) -> str:
        """What an event, with its document, did, in a few words; '' where its type is all there is to show. Foreign
        text."""
        return ""

    def replayer(self, stream: StreamKey, context: Context) -> Replayer | None:
        """What rebuilds the state of a stream of this kind; None where it has no state."""
        return None

    def relations(self, event: Event) -> Relations:
        """What an event, with its document, says of other events."""
        return of_envelope(event)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        """The link of one record, laid open. ``before`` is the event before it in the chain, if known."""
        return None


def _shown(value: object) -> str:
    """A value as one line: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@runtime_checkable
class SegmentedFormat(Protocol):
    """A format whose ledgers can be counted without rows, and cut into segments that are checked apart."""

    @property
    def name(self) -> str: ...
    def reader(self, context: Context, *, columns: bool = True, segment: bool = False) -> CountingReader: ...
    def join(self, left: Any, right: Any, fetch: Callable[[int, int], tuple[int, bytes]]) -> Any:
        """Two neighbouring summaries as one; both are spent. ``fetch(offset, skip)`` gives the offset and the bytes of
        the record so many behind the one at an offset."""


@runtime_checkable
class SearchingFormat(Protocol):
    """A format whose hashes cover what is not stored, so that the search for it may be continued."""

    def search(self, record: Record, before: Record | None, context: Context) -> Iterator[SearchStep]:
        """Go on where ``prove`` ended; see ``console.engine.api.search_event``."""


@runtime_checkable
class SiblingFormat(Protocol):
    """A format whose ledgers are judged together with others beside them: an archive, the other end of a queue."""

    @property
    def name(self) -> str: ...
    def siblings(self, shape: str) -> Sequence[str]:
        """Names of the ledgers that help to check one of this shape: of tables of the same database, or of files of the
        same folder without their endings. Each becomes a companion of that name, where it is there."""

    def extract(self, name: str, raws: Iterable[bytes]) -> bytes:
        """What readers need of the records of the ledger of this name. It holds as of now, and is not made again while
        the ledger is followed."""


def key64(text: str, salt: bytes = b"") -> int:
    """A signed 64-bit key of an id: BLAKE2b-64 of its UTF-8 (surrogates passed), never 0.

    Who knows the salt (up to 16 bytes) can make two ids of one key: where keys stand for ids, it is kept secret.
    """
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, salt=salt).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def keys64(texts: Iterable[str], salt: bytes = b"") -> "array[int]":
    """``key64`` of each text; 0 for an empty one."""
    keys, found = array("q"), []
    fresh = blake2b(digest_size=8, salt=salt).copy  # a third of what a new one costs
    for each in texts:
        if each:
            one = fresh()
            one.update(each.encode("utf-8", "surrogatepass"))
            found.append(one.digest())
        else:
            found.append(_NONE)
    keys.frombytes(b"".join(found))
    if sys.byteorder == "little":
        keys.byteswap()
    return keys


_NONE = bytes(8)
