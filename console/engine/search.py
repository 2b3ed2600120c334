"""Search in the raw records: a scan from the oldest record on, its hits streamed as they are found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from console.model.record import Cursor
from console.sources.base import Source


@dataclass(frozen=True, slots=True)
class Hits:
    """Ordinals that match, of the records read since the last answer, and where reading goes on."""

    ordinals: list[int]
    next: Cursor


def needles(text: str) -> tuple[list[bytes], bool]:
    """The byte forms of a text in JSON records, and whether letter case matters (it does if there is a capital).

    A text beyond ASCII is looked for as UTF-8 and as JSON escapes.
    """
    exact = text != text.lower()
    forms = {text.encode("utf-8", "surrogatepass")}
    escaped = "".join(
        char if char.isascii() else "".join(f"\\u{unit:04x}" for unit in _units(char)) for char in text
    ).encode()
    forms.add(escaped)
    return [form if exact else form.lower() for form in forms], exact


def matches(raw: bytes, texts: Sequence[tuple[str, bool]]) -> bool:
    """Whether one record holds every wanted text and no unwanted one."""
    return all(_holds(raw, needles(text)) is want for text, want in texts)


def search(source: Source, texts: Sequence[tuple[str, bool]], start: Cursor) -> Iterator[Hits]:
    """Records that hold every wanted text and no unwanted one. One answer a batch. Raises ``SourceError``."""
    wanted = [needles(text) for text, want in texts if want]
    unwanted = [needles(text) for text, want in texts if not want]
    for batch in source.batches(start):
        found: list[int] = []
        if batch.lines is None or all(_holds(batch.lines, each) for each in wanted):
            for index, raw in enumerate(batch.raws):
                if all(_holds(raw, each) for each in wanted) and not any(_holds(raw, each) for each in unwanted):
                    found.append(batch.first + index)
        yield Hits(found, batch.next)


def _holds(data: bytes, needle: tuple[list[bytes], bool]) -> bool:
    forms, exact = needle
    body = data if exact else data.lower()
    return any(form in body for form in forms)


def _units(char: str) -> list[int]:
    data = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
