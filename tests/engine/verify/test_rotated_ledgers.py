"""A ledger in several files comes to the same as in one, whichever of its paths is given."""

import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.engine.ingest.portions import portions
from console.engine.verify import segments, verification
from console.engine.verify.report import report
from console.engine.verify.results import LedgerReport, Verification
from console.engine.verify.verify_paths import verify_paths
from console.model.trust import Severity
from tests.support.engine_cases import NOW, Deal
from tests.support.rotated import LEDGERS, NAME, SCHEMES, lines_of, write_volumes


async def verified(*paths: Path, executor: str = "inline") -> Verification:
    return await verify_paths([str(path) for path in paths], NOW, executor=executor, jobs=2)


async def only(*paths: Path, executor: str = "inline") -> LedgerReport:
    found = await verified(*paths, executor=executor)
    (ledger,) = found.ledgers
    return ledger


def said(ledger: LedgerReport) -> dict[str, Any]:
    """All that does not depend on the files that a ledger is in."""
    return {
        "trust": list(ledger.trust),
        "records": ledger.records,
        "profile": ledger.profile,
        "streams": sorted(
            (each.kind, each.key, each.events, list(each.trust), sorted(each.state.items())) for each in ledger.streams
        ),
        "findings": Counter(
            (each.code, each.severity, each.confidence, each.stream, each.record, each.count, each.message)
            for each in ledger.findings
            if each.code != "container.rotated"
        ),
        "problem": ledger.problem,
    }


def codes(ledger: LedgerReport) -> set[str]:
    """Codes of findings about bytes, files and chains."""
    families = ("record", "container", "chain", "identity")
    return {each.code for each in ledger.findings if each.family in families and each.severity >= Severity.WARNING}


def cut(lines: Sequence[bytes], cuts: Sequence[int]) -> list[bytes]:
    bounds = [0, *cuts, len(lines)]
    return [b"".join(lines[start:stop]) for start, stop in pairwise(bounds)]


@pytest.mark.parametrize("system", LEDGERS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_files_of_one_ledger_come_to_the_same_as_one_file(
    system: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rotated")
    lines = lines_of(system)
    places = st.lists(st.integers(1, len(lines) - 1), max_size=4, unique=True)
    cuts = sorted(data.draw(places))
    scheme = SCHEMES[data.draw(st.sampled_from(sorted(SCHEMES)))]
    packed = data.draw(st.lists(st.booleans(), min_size=5, max_size=5))
    whole = folder / "whole" / NAME
    whole.parent.mkdir()
    whole.write_bytes(b"".join(lines))
    paths = write_volumes(folder / "cut", cut(lines, cuts), scheme, packed)
    expected = said(await only(whole))
    found = await only(folder / "cut")
    assert said(found) == expected
    assert [each.path for each in found.volumes] == [str(path) for path in paths]
    assert sum(each.records for each in found.volumes) == len(lines)
    assert said(await only(paths[-1])) == expected


def three_files(folder: Path) -> tuple[Deal, list[Path]]:
    """Nine events of one deal in three files, the oldest packed."""
    deal = Deal()
    return deal, write_volumes(folder, [deal.lines(3) for _ in range(3)], SCHEMES["numbered"], [True])


async def test_any_executor(tmp_path: Path) -> None:
    three_files(tmp_path)
    here, elsewhere = await only(tmp_path), await only(tmp_path, executor="processes")
    assert said(here) == said(elsewhere)
    assert (here.records, here.volumes, here.sha256) == (9, elsewhere.volumes, elsewhere.sha256)


@pytest.mark.parametrize("system", ["kernel-doc", "kernel-audit", "kernel, two deals"])
async def test_large_files_are_checked_in_segments(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SMALL", 0)
    monkeypatch.setattr(segments, "SEGMENT", 1000)
    lines = lines_of(system)
    parts = cut(lines, [7, 9, 30])
    parts[1] = parts[1][:-1]  # the last line of an older file without its end
    write_volumes(tmp_path, parts, SCHEMES["numbered"], [True])
    here, elsewhere = await only(tmp_path), await only(tmp_path, executor="processes")
    assert said(here) == said(elsewhere)
    assert [each.records for each in here.volumes] == [7, 2, 21, len(lines) - 30]
    assert here.volumes == elsewhere.volumes


async def test_a_file_that_is_packed_otherwise_is_said_from_everywhere(tmp_path: Path) -> None:
    _, (_, middle, newest) = three_files(tmp_path)
    middle.with_name(f"{NAME}.3.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(range(100, 200)))
    found, of_file = await verified(tmp_path), await verified(newest)
    assert said(found.ledgers[0]) == said(of_file.ledgers[0])
    assert [each.path for each in of_file.skipped] == [each.path for each in found.skipped] == [f"{newest}.3.zst"]


async def test_what_cannot_be_read_is_not_missing(tmp_path: Path) -> None:
    """The numbers between two files may be in the one that nobody may open: no gap, and not intact either."""
    deal = Deal()
    write_volumes(tmp_path, [deal.lines(3) for _ in range(3)], SCHEMES["numbered"])
    (tmp_path / f"{NAME}.1").unlink()
    (tmp_path / f"{NAME}.1").mkdir()
    (tmp_path / f"{NAME}.1.xz").write_bytes(b"\xfd7zXZ\x00" + bytes(range(100, 200)))
    for path in (tmp_path, tmp_path / NAME):
        found = await verified(path)
        assert not [each for ledger in found.ledgers for each in ledger.findings if each.severity is Severity.CRITICAL]
        assert report(found)["verdict"] == "incomplete"


async def test_an_older_file_is_the_ledger_up_to_there(tmp_path: Path) -> None:
    _, (oldest, middle, newest) = three_files(tmp_path)
    up_to_there = await only(middle)
    assert [each.path for each in up_to_there.volumes] == [str(oldest), str(middle)]
    assert (up_to_there.records, codes(up_to_there)) == (6, set())
    assert [each.path for each in (await only(oldest)).volumes] == [str(oldest)]
    assert (await only(newest, oldest, middle)).records == 9


async def test_the_report_names_the_file_and_the_record_in_it(tmp_path: Path) -> None:
    _, (oldest, middle, newest) = three_files(tmp_path)
    lines = middle.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"number":1', b'"number":7')
    middle.write_bytes(b"".join(lines))
    result = report(await verified(tmp_path))
    (ledger,) = result["ledgers"]
    assert [(each["path"], each["records"], each["bytes"]) for each in ledger["volumes"]] == [
        (str(path), 3, path.stat().st_size) for path in (oldest, middle, newest)
    ]
    assert ledger["bytes"] == sum(each["bytes"] for each in ledger["volumes"])
    (found,) = [each for each in result["findings"] if each["code"] == "chain.hash-mismatch"]
    assert (found["ledger"], found["record"], found["offset"]) == (str(newest), 5, len(lines[0]))
    assert found["volume"] == {"path": str(middle), "record": 2}


async def test_what_changed_in_an_older_file_is_found_as_in_one_file(tmp_path: Path) -> None:
    _, paths = three_files(tmp_path / "cut")
    parts = [paths[0].read_bytes(), *(path.read_bytes() for path in paths[1:])]
    parts[0] = gzip.decompress(parts[0])
    for number in range(3):
        changed = [*parts]
        lines = parts[number].splitlines(keepends=True)
        for at, line in enumerate(lines):
            lines[at] = line.replace(b'"actorId":"anna"', b'"actorId":"otto"').replace(b'"number":', b'"number":1')
            changed[number] = b"".join(lines)
            folder = tmp_path / f"{number}-{at}"
            write_volumes(folder, changed, SCHEMES["numbered"])
            (folder / "whole").mkdir()
            whole = folder / "whole" / NAME
            whole.write_bytes(b"".join(changed))
            assert said(await only(folder / NAME)) == said(await only(whole))
            lines[at] = line


async def test_a_hole_between_two_files_is_a_gap(tmp_path: Path) -> None:
    _, (_, middle, newest) = three_files(tmp_path)
    middle.unlink()
    ledger = await only(tmp_path)
    (gap,) = [each for each in ledger.findings if each.code == "chain.sequence-gap"]
    assert (gap.record, gap.severity) == (4, Severity.CRITICAL)
    assert said(await only(newest)) == said(ledger)


async def test_a_chain_is_followed_to_a_file_of_any_name(tmp_path: Path) -> None:
    deal = Deal()
    (tmp_path / "before.log.gz").write_bytes(gzip.compress(deal.lines(3)))
    (tmp_path / "archive-of-it.jsonl").write_bytes(deal.lines(3))
    (tmp_path / NAME).write_bytes(deal.lines(3))
    (tmp_path / "other.jsonl").write_bytes(Deal("another").lines(3))
    assert [each.records for each in (await verified(tmp_path)).ledgers] == [9, 3]
    assert [(each.records, codes(each)) for each in (await verified(tmp_path / NAME)).ledgers] == [(9, set())]


async def test_two_ledgers_stay_two(tmp_path: Path) -> None:
    """Under names that only one ledger should have."""
    (tmp_path / f"{NAME}.1").write_bytes(Deal("another").lines(4))
    (tmp_path / NAME).write_bytes(Deal().lines(4))
    assert [len(each.volumes) for each in (await verified(tmp_path)).ledgers] == [1, 1]


@pytest.mark.parametrize("system", LEDGERS)
async def test_a_record_that_stands_twice_at_a_border(system: str, tmp_path: Path) -> None:
    lines = lines_of(system)
    lines.insert(3, lines[3])
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / NAME).write_bytes(b"".join(lines))
    write_volumes(tmp_path, cut(lines, [4]), SCHEMES["dated"])
    assert said(await only(tmp_path / NAME)) == said(await only(tmp_path / "whole"))


async def test_large_records_and_large_files(tmp_path: Path) -> None:
    """What is looked at of a file is bounded; its last record is found, however long it is."""
    deal = Deal()
    many, large = deal.lines(2000), deal.event(text="x" * 700_000) + b"\n"
    (tmp_path / f"{NAME}.1").write_bytes(many + large)
    (tmp_path / NAME).write_bytes(deal.event(text="y" * 900_000) + b"\n" + deal.lines(3))
    ledger = await only(tmp_path)
    assert (ledger.records, [each.records for each in ledger.volumes], codes(ledger)) == (2005, [2001, 4], set())


async def test_a_copy_is_no_past(tmp_path: Path) -> None:
    deal = Deal()
    first, rest = deal.lines(3), deal.lines(3)
    (tmp_path / NAME).write_bytes(first + rest)
    (tmp_path / f"{NAME}.bak").write_bytes(first)
    (tmp_path / f"{NAME}.1").write_bytes(first + rest)
    found = await verified(tmp_path)
    assert [(each.records, codes(each)) for each in found.ledgers] == [(6, set()), (6, set()), (3, set())]
    copies = [any(one.code == "container.copy" for one in each.findings) for each in found.ledgers]
    assert copies == [False, True, True]


async def test_one_changed_time_changes_no_order(tmp_path: Path) -> None:
    lines = lines_of("maysano")
    for number, line in enumerate(lines):
        changed = [*lines]
        changed[number] = line.replace(b"2026", b"2031").replace(b"2025", b"2031")
        assert changed[number] != line
        folder = tmp_path / str(number)
        (folder / "whole").mkdir(parents=True)
        (folder / "whole" / NAME).write_bytes(b"".join(changed))
        write_volumes(folder, cut(changed, [1, 3, 4]), SCHEMES["numbered"])
        assert said(await only(folder / NAME)) == said(await only(folder / "whole"))


async def test_a_destroyed_file_of_the_past_is_said(tmp_path: Path) -> None:
    lines = lines_of("swarm")
    write_volumes(tmp_path, cut(lines, [3]), SCHEMES["numbered"])
    (tmp_path / f"{NAME}.2").write_bytes(b"\x00" * 1000)
    for path in (tmp_path, tmp_path / NAME):
        found = await verified(path)
        assert [each.path for each in found.skipped] == [str(tmp_path / f"{NAME}.2")]
        assert report(found)["verdict"] == "incomplete"


async def test_a_damaged_file_and_the_next_one_are_no_gap(tmp_path: Path) -> None:
    """What is missing between them may have been in the part that cannot be unpacked."""
    _, (oldest, _, _) = three_files(tmp_path)
    data = gzip.decompress(oldest.read_bytes()).splitlines(keepends=True)
    packed = zlib.compressobj(wbits=31)
    oldest.write_bytes(packed.compress(b"".join(data[:2])) + packed.flush(zlib.Z_SYNC_FLUSH))
    found = await verified(tmp_path)
    assert [(each.records, codes(each)) for each in found.ledgers] == [
        (6, {"chain.begins-later"}),
        (2, {"container.gzip-truncated"}),
    ]


async def test_rotated_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is accused of what was moved under the reader's hands."""
    deal, (oldest, middle, newest) = three_files(tmp_path)

    def moving(*args: Any, **more: Any) -> Any:
        oldest.rename(tmp_path / f"{NAME}.3.gz")
        middle.rename(tmp_path / f"{NAME}.2")
        newest.rename(middle)
        newest.write_bytes(deal.lines(2))
        return portions(*args, **more)

    monkeypatch.setattr(verification, "portions", moving)
    ledger = await only(tmp_path)
    assert ledger.problem
    assert codes(ledger) <= {"container.replaced", "container.unreadable"}


async def test_an_old_file_goes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, (_, middle, _) = three_files(tmp_path)

    def losing(*args: Any, **more: Any) -> Any:
        middle.unlink()
        return portions(*args, **more)

    monkeypatch.setattr(verification, "portions", losing)
    ledger = await only(tmp_path)
    assert ledger.problem
    assert codes(ledger) == {"container.unreadable"}


async def test_the_past_is_beside_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    _, (_, _, newest) = three_files(tmp_path / "logs")
    link = tmp_path / "current.jsonl"
    link.symlink_to(newest)
    ledger = await only(link)
    assert (ledger.opened.source.path, ledger.records, codes(ledger)) == (str(link), 9, set())


async def test_just_rotated(tmp_path: Path) -> None:
    """The new file is there, and nothing was written to it yet."""
    _, (_, _, newest) = three_files(tmp_path)
    newest.write_bytes(b"")
    for path in (tmp_path, newest):
        ledger = await only(path)
        assert (ledger.opened.source.path, ledger.records, codes(ledger)) == (str(newest), 6, set())


async def test_files_of_a_real_rotation(cases: Path) -> None:
    found = await verified(cases / "rotated-chain")
    assert [each.records for each in found.ledgers] == [3, 2]
    assert not any(codes(each) for each in found.ledgers)
