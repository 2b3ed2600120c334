"""From paths to ledgers: found by content, recognised by a format, with the small files that help to check them."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from glob import escape
from typing import Any

from console.engine.ledgers import refusal
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.options import Options
from console.engine.ledgers.siblings import siblings
from console.formats.guarded import named
from console.formats.json.times import now_micros
from console.formats.protocol import DIGEST, Claim, Context, Format, Sample
from console.formats.registry import recognise
from console.model.finding import Finding
from console.sources.companions import beside, companions, digests, key_at_hand, key_mark, rules_at_hand, rules_mark
from console.sources.discover import discover, obstacle, sample
from console.sources.protocol import Skipped, Source
from console.sources.sniff import promises_lines
from console.sources.text.jsonl import JsonlSource

_NOTHING_CHOSEN = Options()
SAMPLE = 20
"""Records by which most ledgers are recognised …"""
LONG_SAMPLE = 500
"""… and by which the others are, whose first ones may be damaged or of something else."""
_MEMORY = re.compile(r"/audit-console/witness/(?:ledgers/[^/]+|folders)/[^/]+$")
"""The console's own memory, which may lie in a folder that is watched: not reported to be no ledger."""
_OBJECT = re.compile(rb'\s*\{\s*["}]')


@dataclass(frozen=True, slots=True)
class Opened:
    """One ledger, ready to be read."""

    source: Source
    format: Format
    claim: Claim
    companions: dict[str, bytes] = field(default_factory=dict)
    beside: str = ""
    """Changes with the companions: see ``console.sources.companions.beside``."""
    remarks: tuple[Finding, ...] = ()
    """What is to be noted about how it was found."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Its format goes to other processes by name."""
        return _opened, (self.source, self.format.name, self.claim, self.companions, self.beside, self.remarks)

    @property
    def name(self) -> str:
        """Path, with the table or member behind it."""
        source = self.source
        return source.path if source.member is None else f"{source.path}#{source.member}"

    @property
    def changed_in_place(self) -> bool:
        """True if the ledger's own writer changes its records, as a queue's publisher does (few formats know such)."""
        return self.claim.shape in self.format.changed_in_place

    def context(self, options: Options = _NOTHING_CHOSEN) -> Context:
        """What a reader of this ledger needs."""
        now = now_micros() if options.now is None else options.now
        return Context(
            self.claim.shape,
            now,
            options.profile,
            self.companions,
            options.search,
            options.salt,
            os.path.realpath(self.source.path),
            key_at_hand() if self.format.encrypted else b"",
            rules_at_hand() if self.format.governed else "",
        )


def state_beside(source: Source, form: Format, companions: Iterable[str]) -> str:
    """A text that changes with the files that lie beside a ledger and help to check it: see ``beside``. ``companions``
    are the names of those that were found."""
    key = (key_mark() if form.encrypted else "") + (rules_mark() if form.governed else "")
    named = [escape(each.removeprefix(DIGEST)) for each in companions if each.startswith(DIGEST)]
    return beside(source, [*form.companions, *named]) + key


def _companions(source: Source, form: Format) -> tuple[dict[str, bytes], str]:
    """What lies beside a ledger, and a text that changes when it does, made before it is read."""
    if not form.companions:
        return {}, ""
    now = state_beside(source, form, ())
    found = companions(source, form.companions)
    if listed := form.listed(found):
        unchanged = state_beside(source, form, ()) == now
        named = dict.fromkeys((f"{DIGEST}{each}" for each in listed), b"")
        now = state_beside(source, form, named) if unchanged else now
        found |= {f"{DIGEST}{name}": each.encode() for name, each in digests(source, listed).items()}
    return found, now


def _opened(
    source: Source, name: str, claim: Claim, companions: dict[str, bytes], beside: str, remarks: tuple[Finding, ...]
) -> Opened:
    return Opened(source, named(name), claim, companions, beside, remarks)


def open_ledgers(paths: Iterable[str]) -> Iterator[Opened | Skipped]:
    """Every ledger under these paths, as it is found. A path that was given is always answered for.

    Files that no format recognises are reported (``container.not-recognised``) when they were given by name, or when
    they, or a member of theirs, hold JSON lines by their names or at all; tables of a database that are no ledgers are
    passed over if one of its tables is. A file that
    is not what its name promises may be a destroyed ledger: it is reported beside a ledger, or right in a folder that
    was given and holds none.
    """
    paths = list(paths)
    given = {str(path) for path in paths}
    refused: dict[str, list[tuple[Source, Skipped]]] = {}
    served: set[str] = set()
    doubtful: list[Skipped] = []
    for found in discover(paths):
        if isinstance(found, Skipped):
            lines = found.path in given or promises_lines(found.path)
            if lines or found.finding.code != "container.not-recognised":
                yield found
            else:
                doubtful.append(found)
            continue
        opened = open_ledger(found)
        if isinstance(opened, Opened):
            served.add(found.path)
            yield opened
        elif opened.finding.code not in ("container.not-recognised", "container.empty"):
            yield opened
        elif found.member is not None and promises_lines(found.member):
            yield refusal.of_member(found, opened)
        elif found.path in given or (found.member is None and _holds_lines(found)):
            refused.setdefault(found.path, []).append((found, opened))
    holding = {os.path.dirname(path) or "." for path in served}  # noqa: PTH120 - the text of the path
    for path, sources in refused.items():
        if path not in served:
            yield refusal.of_file(path, sources)
    folders = holding or {path.rstrip("/") for path in given}
    yield from (each for each in doubtful if (os.path.dirname(each.path) or ".") in folders)  # noqa: PTH120 - the path's text


def _holds_lines(source: Source) -> bool:
    """True for JSON lines, as ledgers are: documents, and objects alone on their line, are mostly settings."""
    if _MEMORY.search(source.path):
        return False
    name = source.path.lower().removesuffix(".gz")
    if promises_lines(name) or name.endswith(".json") or not isinstance(source, JsonlSource):
        return promises_lines(name)
    return sum(_OBJECT.match(raw) is not None for raw in sample(source)) > 1


def open_ledger(source: Source) -> Opened | Skipped:
    """Recognise one source. Never raises: what cannot be read is reported, and so is a format that fails over it."""
    try:
        records, known = _recognised(source)
        if known is not None and not known[1].alike:
            form, claim = known
            found, now = _companions(source, form)
            return Opened(source, form, claim, found | siblings(source, form, claim.shape), now)
        if not records and (problem := obstacle(source)) is not None:
            return Skipped(source.path, problem)
        return refusal.of_source(source, records, known)
    except Exception as error:  # noqa: BLE001 - what fails over one file must not hide the others
        return Skipped(source.path, as_source_error(source.path, error).finding)


def _recognised(source: Source) -> tuple[list[bytes], tuple[Format, Claim] | None]:
    """The first records, and the format that knows them or that they look like."""
    records: list[bytes] = []
    known = None
    for wanted in (SAMPLE, LONG_SAMPLE):
        if wanted > SAMPLE and len(records) < SAMPLE:
            break
        records = sample(source, wanted)
        known = recognise(Sample(source.path, source.container, source.member, records))
        if known is not None and not known[1].alike:
            break
    return records, known
