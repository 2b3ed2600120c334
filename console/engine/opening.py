"""From paths to ledgers: found by content, recognised by a format, with the small files that help to check them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from console.engine.faults import as_said
from console.formats.base import Claim, Context, Format, Sample
from console.formats.instant import now_micros
from console.formats.registry import recognise
from console.sources.base import Skipped, Source
from console.sources.companion import companions
from console.sources.discover import LINES, discover, sample
from console.verify.catalogue import finding


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may choose for the checks. ``now`` is UTC microseconds, None for the clock; with ``stream``,
    findings that do not concern that stream are left out where a ledger is checked."""

    profile: str | None = None
    now: int | None = None
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """One ledger, ready to be read."""

    source: Source
    format: Format
    claim: Claim
    companions: dict[str, bytes] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Path, with the table or member behind it."""
        source = self.source
        return source.path if source.member is None else f"{source.path}#{source.member}"

    @property
    def changed_in_place(self) -> bool:
        """Whether the ledger's own writer changes its records, as a queue's publisher does (few formats know such)."""
        return self.claim.shape in getattr(self.format, "changed_in_place", ())

    def context(self, options: Options = Options()) -> Context:
        """What a reader of this ledger needs."""
        now = now_micros() if options.now is None else options.now
        return Context(self.claim.shape, now, options.profile, self.companions)


def open_ledgers(paths: Iterable[str]) -> Iterator[Opened | Skipped]:
    """Every ledger under these paths, as it is found. A path that was given is always answered for.

    Files that no format recognises are said (``container.not-recognised``) when they were given by name, or when they
    hold JSON records; tables of a database that are no ledgers are passed over if one of its tables is.
    """
    paths = list(paths)
    given = {str(path) for path in paths}
    waiting: list[Skipped] = []
    served: set[str] = set()
    for found in discover(paths):
        if isinstance(found, Skipped):
            yield found
            continue
        try:
            opened = open_ledger(found)
        except Exception as error:  # noqa: BLE001 - a format that fails over one file must not hide the others
            yield Skipped(found.path, as_said(found.path, error).finding)
            continue
        if isinstance(opened, Opened):
            served.add(found.path)
            yield opened
        elif found.path in given or (
            found.member is None and (found.container in ("jsonl", "gzip") or found.path.lower().endswith(LINES))
        ):
            waiting.append(opened)
    said: set[str] = set()
    for skipped in waiting:
        if skipped.path not in served and skipped.path not in said:
            said.add(skipped.path)
            yield skipped


def open_ledger(source: Source) -> Opened | Skipped:
    """Recognise one source. Raises ``SourceError`` where it cannot be read."""
    records = sample(source)
    known = recognise(Sample(source.path, source.container, source.member, records))
    if known is None:
        message = "No format recognises its records." if records else "It holds no records."
        code = "container.not-recognised" if records else "container.empty"
        return Skipped(source.path, finding(code, message))
    form, claim = known
    return Opened(source, form, claim, companions(source, form.companions) if form.companions else {})
