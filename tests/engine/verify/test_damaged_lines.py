"""One damaged line costs what cannot be read of it, and nothing else: through every door, in every container."""

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console.engine.run.pool import Pool
from console.engine.run.this_process import ThisProcess
from console.engine.verify import segments
from console.engine.verify.results import LedgerReport
from console.engine.verify.verification import check_ledger
from console.formats.reading.cutting import cut as cut_records
from console.model.trust import Severity, Trust
from console.sources.identity import leaf_at
from console.sources.record_hash import leaf
from tests.engine.verify.test_equal_verdicts import assert_equal, of_check
from tests.support.engine_cases import NOW, Deal, append, console, indexed, opened, reading
from tests.support.writers.kernel import portal, portal_rows


def plain(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def zipped(path: Path, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("events.jsonl", data)
    return path


CONTAINERS: dict[str, Callable[[Path, bytes], Path]] = {
    "plain": lambda path, data: plain(path / "a.jsonl", data),
    "gzip": lambda path, data: plain(path / "a.jsonl.gz", gzip.compress(data)),
    "zip": lambda path, data: zipped(path / "a.zip", data),
}
containers = pytest.mark.parametrize("put", CONTAINERS.values(), ids=CONTAINERS.keys())


def events(count: int = 6) -> list[bytes]:
    deal = Deal()
    return [deal.event(number=number, note={"of": [number]}) for number in range(count)]


def joined(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


DAMAGE: dict[str, tuple[Callable[[list[bytes]], bytes], list[str]]] = {
    "zeros": (lambda e: joined(*e[:2], bytes(40) + e[2], *e[3:]), ["record.nul-byte", "record.recovered"]),
    "hole at the beginning": (lambda e: joined(bytes(900) + e[0], *e[1:]), ["record.nul-byte", "record.recovered"]),
    "torn": (lambda e: joined(*e[:2], e[5][:90] + e[2], *e[3:]), ["record.invalid-json", "record.recovered"]),
    "two": (lambda e: joined(*e[:2], e[2] + e[3], *e[4:]), ["record.recovered", "record.recovered"]),
    "three": (lambda e: joined(*e[:2], e[2] + e[3] + b" " + e[4], e[5]), ["record.recovered"] * 3),
    "behind": (lambda e: joined(*e[:2], e[2] + b"}]", *e[3:]), ["record.invalid-json", "record.recovered"]),
    "between": (
        lambda e: joined(*e[:2], e[2] + b"\xff\xfe" + e[3], *e[4:]),
        ["record.invalid-utf8", "record.recovered", "record.recovered"],
    ),
}


async def verified(path: Path) -> LedgerReport:
    (ledger,) = opened(path)
    return await check_ledger(ledger, NOW)


def codes(report: LedgerReport) -> list[str]:
    """Codes about records and their chain; events of the tests are of a type that the kernel does not know."""
    return sorted(each.code for each in report.findings if each.family in ("record", "chain"))


@containers
@pytest.mark.parametrize(("damage", "found"), DAMAGE.values(), ids=DAMAGE.keys())
async def test_events_of_a_damaged_line_are_recovered(
    damage: Callable[[list[bytes]], bytes], found: list[str], put: Callable[[Path, bytes], Path], tmp_path: Path
) -> None:
    path = put(tmp_path, damage(events()))
    report = await verified(path)
    assert report.trust[Trust.VERIFIED] == 6
    assert report.trust[Trust.BROKEN] == 0
    assert codes(report) == sorted(found)
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)


def in_log(kind: str, lines: bytes, *, cut: int = 0) -> bytes:
    """Lines as a container's runtime logs them, in parts of so many bytes if any."""
    out = b""
    for line in lines.splitlines():
        parts = [line[at : at + cut] for at in range(0, len(line), cut)] if cut else [line]
        for number, part in enumerate(parts, 1):
            ends = number == len(parts)
            if kind == "cri":
                out += b"2026-03-01T10:00:01.123456789Z stdout %s " % (b"F" if ends else b"P") + part + b"\n"
            else:
                text = part.decode() + "\n" * ends
                out += json.dumps({"log": text, "stream": "stdout", "time": "2026-03-01T10:00:01Z"}).encode() + b"\n"
    return out


@pytest.mark.parametrize("kind", ["docker", "cri"])
@pytest.mark.parametrize("cut", [0, 150])
@pytest.mark.parametrize("damage", ["zeros", "torn", "two", "three", "behind"])
async def test_events_of_a_damaged_line_in_a_log_are_recovered(
    damage: str, cut: int, kind: str, tmp_path: Path
) -> None:
    change, found = DAMAGE[damage]
    path = plain(tmp_path / "a.log", in_log(kind, change(events()), cut=cut))
    await assert_all_verified(path, found)
    (ledger,) = opened(path)
    for batch in cut_records(ledger.source.batches()):
        for offset, raw in zip(batch.offsets, batch.raws, strict=True):
            assert ledger.source.read(offset, len(raw)) == raw
            assert leaf_at(ledger.source, offset, len(raw)) == leaf(raw)


@pytest.mark.parametrize("kind", ["docker", "cri"])
@pytest.mark.parametrize(("torn", "found"), [(bytes(40), "record.nul-byte"), (b'{"log":"{', "record.invalid-json")])
async def test_a_whole_line_behind_a_torn_one_of_a_log(torn: bytes, found: str, kind: str, tmp_path: Path) -> None:
    logged = in_log(kind, joined(*events())).splitlines(keepends=True)
    path = plain(tmp_path / "a.log", b"".join([*logged[:2], torn + logged[2], *logged[3:]]))
    await assert_all_verified(path, [found, "record.recovered"])


async def test_a_line_of_a_log_that_lost_its_end(tmp_path: Path) -> None:
    for kind, found in (("docker", []), ("cri", ["record.invalid-json"])):
        logged = in_log(kind, joined(*events())).splitlines(keepends=True)
        path = plain(tmp_path / f"{kind}.log", b"".join([*logged[:2], logged[2][:-1], *logged[3:]]))
        await assert_all_verified(path, [*found, "record.recovered", "record.recovered"])


async def assert_all_verified(path: Path, found: list[str]) -> None:
    report = await verified(path)
    assert (report.trust[Trust.VERIFIED], report.trust[Trust.BROKEN]) == (6, 0)
    assert codes(report) == sorted(found)
    index = path.with_suffix(".sqlite")
    await indexed(index, path)
    await assert_equal(index, path)


@containers
async def test_a_complete_last_record_is_checked(put: Callable[[Path, bytes], Path], tmp_path: Path) -> None:
    sound = events(3)
    path = put(tmp_path, b"\n".join(sound))
    report = await verified(path)
    assert (report.records, report.pending, report.trust[Trust.VERIFIED]) == (3, 0, 3)
    put(tmp_path, b"\n".join([*sound[:2], sound[2].replace(b'"number":2', b'"number":7')]))
    report = await verified(path)
    assert report.trust[Trust.BROKEN] == 1
    assert codes(report) == ["chain.hash-mismatch"]
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)


@pytest.mark.parametrize(
    ("behind", "code", "pending"),
    [
        (b'{"id":"x","pay', "record.partial-tail", 14),
        (b'{"id":"x","payload":{"a":1}', "record.partial-tail", 27),
        (bytes(4096), "record.nul-byte", 0),
        (b'{"id":"x"' + bytes(20), "record.nul-byte", 0),
        (b"\n\n", "record.blank-line", 0),
    ],
)
async def test_what_is_no_record_yet(behind: bytes, code: str, pending: int, tmp_path: Path) -> None:
    path = plain(tmp_path / "a.jsonl", joined(*events(3)) + behind)
    report = await verified(path)
    assert codes(report) == [code]
    assert (report.records, report.pending, report.trust[Trust.VERIFIED]) == (3, pending, 3)
    assert report.problem == ""
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)


MORE: dict[str, tuple[bytes, bytes]] = {
    "its line end": (b"", b"\n"),
    "CR and LF": (b"", b"\r\n"),
    "LF behind its CR": (b"\r", b"\n"),
    "an event": (b"", b"EVENT\n"),
    "garbage": (b"", b"}]\n"),
    "zeros": (b"", bytes(9) + b"EVENT\n"),
}


@pytest.mark.parametrize(("end", "more"), MORE.values(), ids=MORE.keys())
async def test_more_on_a_line_that_was_taken_without_its_end(end: bytes, more: bytes, tmp_path: Path) -> None:
    """An index that goes on there says what a fresh look says."""
    sound = events(4)
    path, index = plain(tmp_path / "a.jsonl", joined(sound[0]) + sound[1] + end), tmp_path / "index.sqlite"
    await indexed(index, path)
    append(path, more.replace(b"EVENT", sound[2]) + sound[3 if b"EVENT" in more else 2] + b"\n")
    await indexed(index, path)
    await assert_equal(index, path)


async def test_whole_events_before_an_unfinished_one_are_checked(tmp_path: Path) -> None:
    sound = events(4)
    path = plain(tmp_path / "a.jsonl", joined(*sound[:2]) + sound[2] + sound[3][:50])
    report = await verified(path)
    assert (report.records, report.pending, report.trust[Trust.VERIFIED]) == (3, 50, 3)
    await indexed(tmp_path / "index.sqlite", path)
    append(path, sound[3][50:])
    await indexed(tmp_path / "index.sqlite", path)
    append(path, b"\n")
    await indexed(tmp_path / "index.sqlite", path)
    async with reading(tmp_path / "index.sqlite") as reader:
        (row,) = await reader.ledgers()
    report = await verified(path)
    assert (row.records, list(row.trust), row.pending) == (report.records, list(report.trust), 0)


async def test_a_line_end_that_comes_later_is_no_record(tmp_path: Path) -> None:
    sound = events(4)
    path = plain(tmp_path / "a.jsonl", b"\n".join(sound[:3]))
    await indexed(tmp_path / "index.sqlite", path)
    append(path, b"\n" + sound[3] + b"\n")
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)
    assert (await verified(path)).records == 4


async def test_segments_and_one_pass_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = events(400)
    lines: list[bytes] = []
    for number, line in enumerate(sound):
        if number % 9 == 4:
            lines.append(bytes(number) + line)
        elif number % 9 == 6:
            lines += [b"", b" ", b"", b"\r"]
            lines.append(line)
        elif number % 9 == 8:
            lines[-1] += line
        else:
            lines.append(line)
    path = plain(tmp_path / "a.jsonl", joined(*lines) + b"\n\n")
    monkeypatch.setattr(segments, "SMALL", 0)
    monkeypatch.setattr(segments, "SEGMENT", 4000)
    (ledger,) = opened(path)
    whole = await check_ledger(ledger, NOW)
    executor = Pool([ThisProcess(), ThisProcess()])
    try:
        apart = await check_ledger(ledger, NOW, executor=executor)
    finally:
        await executor.close()
    assert of_check(apart) == of_check(whole)
    assert whole.trust[Trust.VERIFIED] == 400
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)


async def test_a_search_finds_pieces_by_their_ordinals(tmp_path: Path) -> None:
    sound = events(5)
    path = plain(tmp_path / "a.jsonl", joined(b"", b"", sound[0] + sound[1], bytes(9) + sound[2], *sound[3:]))
    async with console(path, index=tmp_path / "index.sqlite") as one:
        view = await one.session.view("number")

        async def there() -> bool:
            await view.refresh()
            return view.count == 5 and not view.note

        await one.until(there)
        assert [row.ordinal for row in await view.rows(0, 10)] == [2, 3, 5, 6, 7]


@pytest.mark.parametrize("name", ["hole", "nul", "torn", "two"])
async def test_cases_accuse_nobody(name: str, cases: Path) -> None:
    report = await verified(cases / "unreadable-line-read-as-missing" / f"{name}.jsonl")
    found = codes(report)
    assert "record.recovered" in found
    if name != "hole":  # there the first event is gone: what follows begins later
        assert all(each.severity < Severity.CRITICAL for each in report.findings)
        assert report.trust[Trust.BROKEN] == 0


async def test_a_run_of_blank_lines_is_one_record_with_their_count(tmp_path: Path) -> None:
    sound = events(3)
    path = plain(tmp_path / "a.jsonl", joined(sound[0], *[b""] * 5000, *sound[1:]))
    report = await verified(path)
    assert report.records == 4
    (found,) = [each for each in report.findings if each.family == "record"]
    assert (found.code, found.record, found.count) == ("record.blank-line", 2, 5000)


async def test_rows_on_a_damaged_page_leave_a_link_unknown(tmp_path: Path) -> None:
    rows = portal_rows()
    path = tmp_path / "portal.db"
    portal(path, rows)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA page_size = 512")
        db.execute("VACUUM")
    sound = await verified(path)
    assert sound.trust[Trust.BROKEN] == 0 and "chain" not in {each.family for each in sound.findings}
    data = bytearray(path.read_bytes())
    at = data.rindex(rows[len(rows) // 2]["eventHash"].encode())
    data[at // 512 * 512 : at // 512 * 512 + 512] = bytes(512)
    path.write_bytes(data)
    report = await verified(path)
    assert report.trust[Trust.BROKEN] == 0
    assert {"chain.link-unknown", "container.sqlite-corrupt"} <= {each.code for each in report.findings}
    assert "chain.sequence-gap" not in codes(report)
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)
