"""A file is there as a whole or not at all, and nothing that was there is lost."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.export.output_file import OutputError, ensure_free, write_file


def there(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def failing() -> Iterator[bytes]:
    yield b"a half"
    raise ValueError("the other half")


def test_a_new_file_is_whole_and_has_usual_rights(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert write_file(str(path), [b"one", b"two"], force=False) == 6
    assert path.read_bytes() == b"onetwo" and there(tmp_path) == ["a.csv"]
    (tmp_path / "usual").touch()
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_what_fails_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(ValueError, match="other half"):
        write_file(str(path), failing(), force=False)
    assert not there(tmp_path)
    path.write_text("before")
    with pytest.raises(ValueError, match="other half"):
        write_file(str(path), failing(), force=True)
    assert path.read_text() == "before" and there(tmp_path) == ["a.csv"]
    with pytest.raises(OutputError, match="No such file"):
        write_file(str(tmp_path / "nowhere" / "a.csv"), [b""], force=True)


def test_an_existing_file_needs_force_even_where_it_came_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")
    with pytest.raises(OutputError, match="--force") as refused:
        ensure_free(str(path), force=False)
    assert refused.value.refused
    with pytest.raises(OutputError, match="--force"):
        write_file(str(path), [b"after"], force=False)
    assert path.read_text() == "before" and there(tmp_path) == ["a.csv"]
    ensure_free(str(path), force=True)
    write_file(str(path), [b"after"], force=True)
    assert path.read_text() == "after"


def test_without_hard_links_a_new_file_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.csv"
    write_file(str(path), [b"one"], force=False)
    assert path.read_bytes() == b"one"
    with pytest.raises(OutputError, match="--force"):
        write_file(str(path), [b"two"], force=False)


def test_folders_links_and_ledgers_are_never_overwritten(tmp_path: Path) -> None:
    ledger, link = tmp_path / "events.jsonl", tmp_path / "link"
    ledger.write_text("{}")
    link.symlink_to(ledger)
    other = tmp_path / "other.jsonl"
    os.link(ledger, other)
    for path, words in ((tmp_path, "no regular"), (link, "ledgers"), (ledger, "ledgers"), (other, "ledgers")):
        with pytest.raises(OutputError, match=words):
            ensure_free(str(path), force=True, never=[str(ledger)])
    with pytest.raises(OutputError):
        ensure_free("a\0b", force=True)
