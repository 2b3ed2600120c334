"""``events --follow`` says what became of a file, as ``tail -F`` does, and numbers records as they stand in it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from console.engine.search.event_listing import EventListing
from console.engine.search.event_request import EventRequest, ListedEvent, Listeners
from console.engine.session.protocol import IndexPlace
from tests.support.cli_cases import DEAL, OTHER, events, lines

MANY = lines(events(12, OTHER))
FEW = lines(events(2, OTHER))


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(len(lines(events(2))))


def begun_again(path: Path) -> None:
    path.write_bytes(FEW)


def truncated_and_longer(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(MANY)


def created_again(path: Path) -> None:
    path.unlink()
    path.write_bytes(MANY)


def taken(path: Path) -> None:
    (path.parent / "new").write_bytes(MANY)
    (path.parent / "new").rename(path)


def rotated(path: Path) -> None:
    path.rename(path.parent / "a.jsonl.1")
    path.write_bytes(MANY)


def place(event: ListedEvent) -> tuple[str, int]:
    return event.volume or (event.ledger, event.row.ordinal)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (truncated, ("shorter",)),
        (begun_again, ("another content", "shorter")),
        (truncated_and_longer, ("changed", "another content")),
        (created_again, ("another content", "changed")),
        (taken, ("another content", "changed")),
        (rotated, ("is in a.jsonl.1 now",)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
async def test_what_becomes_of_the_file(tmp_path: Path, change: Callable[[Path], None], words: tuple[str, ...]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(events(4)))
    notes: list[str] = []
    request = EventRequest([str(path)], IndexPlace(str(tmp_path / "index.sqlite")))
    listing = EventListing(request, Listeners(notes.append, lambda _: None, lambda _: None))
    count = 2 if change in (truncated, begun_again) else 12
    async with asyncio.timeout(60), aclosing(listing.followed()) as listed:
        before = [await anext(listed) for _ in range(4)]
        assert [place(each) for each in before] == [(str(path), number) for number in range(1, 5)]
        change(path)
        after: list[ListedEvent] = [await anext(listed) for _ in range(count)]
    assert [place(each) for each in after] == [(str(path), number) for number in range(1, count + 1)]
    assert {each.row.stream_key for each in after} == {DEAL if change is truncated else OTHER}
    said = " ".join(notes).lower()
    assert any(each in said for each in words), notes
