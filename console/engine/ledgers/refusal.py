"""Why what lies under a path is not read as a ledger: what was seen in it, as far as that helps to go on.

A refusal is all that an operator has of a ledger of an unknown system, so it names its tables, its fields, the system
that it only resembles, and the links of a hash chain whose recipe nobody declared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.formats.json import strict
from console.formats.protocol import Claim, Format
from console.sources.protocol import Skipped, Source
from console.sources.sqlite.rows import SqliteTable
from console.verify.catalogue import finding
from console.verify.likely_chain import Linking, count, linking

NAMED = 10
"""Tables, members or fields that a refusal names."""
COUNTED = 100_000
"""Records whose links are counted …"""
BYTES = 32 * 1024 * 1024
"""… and their bytes."""
_LOOKED_AT = 50
_UNKNOWN = "No format recognises its records."


def of_source(source: Source, records: Sequence[bytes], known: tuple[Format, Claim] | None) -> Skipped:
    """Why one source is no ledger. ``records`` are its first ones, ``known`` what they only look like. Raises
    ``SourceError``."""
    if not records:
        return Skipped(source.path, finding("container.empty", "It holds no records."))
    words = [_UNKNOWN]
    documents = [_document(raw) for raw in records[:_LOOKED_AT]]
    place: dict[str, Any] = {}
    if (found := linking(documents)) is not None:
        sentence, place = _chain(source, found)
        words.append(sentence)
    if known is not None:
        words.append(f"They resemble {known[0].title}, but are none: {known[1].why}.")
    elif fields := _listed(list(dict.fromkeys(name for each in documents if each for name in each))):
        words.append(f"Their fields are {fields}.")
    return Skipped(source.path, finding("container.not-recognised", " ".join(words), **place))


def of_file(path: str, sources: Sequence[tuple[Source, Skipped]]) -> Skipped:
    """Why none of the sources of a file is a ledger: for the only one its own words, for several their names."""
    if sources[0][0].member is None:
        return sources[0][1]
    strange = [each for each in sources if each[1].finding.code != "container.empty"]
    listed = _listed([source.member or "" for source, _ in strange or sources])
    what = "tables" if isinstance(sources[0][0], SqliteTable) else "members"
    if not strange:
        return Skipped(path, finding("container.empty", f"Its {what} hold no records: {listed}."))
    message = f"No format recognises any of its {what}: {listed}."
    for source, skipped in strange:
        if (found := skipped.finding).field is not None:  # a chain of no known system
            words = found.message.removeprefix(f"{_UNKNOWN} ")
            return Skipped(path, replace(found, message=f"{message} {source.member}: {words}"))
    return Skipped(path, finding("container.not-recognised", message))


def of_member(source: Source, skipped: Skipped) -> Skipped:
    """The same of one member of an archive, whatever the others are."""
    words = replace(skipped.finding, message=f"{source.member}: {skipped.finding.message}")
    return Skipped(source.path, words)


def _chain(source: Source, found: Linking) -> tuple[str, dict[str, Any]]:
    """A sentence about the links, and where the first one breaks."""
    raws = (raw for batch in source.batches() for raw in batch.raws)
    read = 0

    def some() -> Iterator[Mapping[str, Any] | None]:
        nonlocal read
        size = 0
        for raw in raws:
            yield _document(raw)
            read, size = read + 1, size + len(raw)
            if read >= COUNTED or size > BYTES:
                return

    links = count(found, some())
    whose = " of the record behind" if found.backwards else " of an earlier record" if found.apart else ""
    arrow = f"{found.previous} → {found.own}{whose}"
    part = "" if next(raws, None) is None else f" in the first {read:,} records"
    words = f"This looks like a hash chain: {arrow}, {links.hold:,} of {links.total:,} links hold{part}"
    place: dict[str, Any] = {"field": found.previous}
    if links.broken is not None:
        record, expected, actual = links.broken
        words += f", the first that does not is at record {record:,}"
        place |= {"record": record, "expected": expected, "actual": actual}
    return f"{words}; no profile is known.", place


def _document(raw: bytes) -> Mapping[str, Any] | None:
    return strict.decode(raw).document


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
