"""Alarms: every kind of facts before and after, and what follows from them; then with real ledgers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from console.engine.session.alarms import Alarm, AlarmWatch, LedgerTrust, alarms, remembered, trust_of
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.rows import FindingRow, LedgerRow, StreamRow
from tests.support.engine_cases import Console, Deal, append, console
from tests.support.writers import smvm

NAME = "deals.jsonl"


def row(
    *, state: str = "live", note: str = "", broken: int = 0, critical: int = 0, errors: int = 0, flagged: int = 0
) -> LedgerRow:
    trust = [9, 0, 0, 0, 0, 0, broken]
    findings = (0, 0, 0, errors, critical)
    return LedgerRow(
        1, NAME, None, "jsonl", "f", "s", None, state, note, 9, 900, None, None, tuple(trust), findings, 0, flagged
    )


def finding(
    code: str, at: int | None = 1, *, level: Severity = Severity.CRITICAL, count: int = 1, message: str = ""
) -> FindingRow:
    words = message or f"{code} at {at}"
    return FindingRow(at or 0, 1, NAME, Finding(code, level, words, record=at, count=count))


def stream(key: str, level: str, times: int = 1) -> StreamRow:
    state = {"flagged": level} | ({"flags": str(times)} if times > 1 else {})
    return StreamRow(1, 1, "run", key, 1, None, None, (0,) * 7, (0,) * 5, state)


def facts(*findings: FindingRow, streams: Sequence[StreamRow] = (), **more: int | str) -> dict[str, LedgerTrust]:
    return {NAME: trust_of(row(**more), findings, streams)}  # type: ignore[arg-type] # each by its name


MISMATCH = finding("chain.hash-mismatch")
SHRUNK = finding("witness.truncated", None)
GONE = finding("witness.vanished", None, level=Severity.CRITICAL, message="It is not there any more.")
TABLE = {
    "nothing happened": (facts(), facts(), []),
    "bad all along": (facts(MISMATCH, broken=1), facts(MISMATCH, broken=1), []),
    "a broken event": (facts(), facts(MISMATCH, broken=1), [("chain.hash-mismatch", 1)]),
    "another one": (
        facts(MISMATCH, broken=1),
        facts(MISMATCH, finding("chain.hash-mismatch", 7), broken=2),
        [("chain.hash-mismatch", 1)],
    ),
    "many of one kind are one alarm": (
        facts(),
        facts(*(finding("chain.hash-mismatch", at) for at in range(12)), broken=12),
        [("chain.hash-mismatch", 12)],
    ),
    "more of what is only counted": (
        facts(finding("chain.fork", count=4)),
        facts(finding("chain.fork", count=9)),
        [("chain.fork", 5)],
    ),
    "broken, and no finding says so yet": (facts(broken=1), facts(broken=3), [("", 2)]),
    "a rule is not kept": (facts(), facts(finding("schema.missing-field", level=Severity.ERROR), errors=1), []),
    "the ledger became shorter": (facts(), facts(SHRUNK), [("witness.truncated", 1)]),
    "and once more": (facts(SHRUNK), facts(SHRUNK, SHRUNK), [("witness.truncated", 1)]),
    "it changed while it was read": (facts(), facts(finding("container.shrunk", level=Severity.ERROR), errors=1), []),
    "the memory disagrees": (facts(), facts(finding("witness.edited", 412)), [("witness.edited", 1)]),
    "the file is gone": (
        facts(),
        facts(GONE, state="gone", note=GONE.finding.message),
        [("witness.vanished", 1)],
    ),
    "gone all along": (facts(GONE, state="gone"), facts(GONE, state="gone"), []),
    "it came back": (facts(GONE, state="gone"), facts(), []),
    "it cannot be read any more": (facts(), facts(state="unreadable", note="Permission denied"), [("", 1)]),
    "it never could": (facts(state="unreadable"), facts(state="unreadable"), []),
    "much is unread": (facts(), facts(state="behind"), []),
    "a stream is flagged": (facts(), facts(streams=[stream("a", "critical")], flagged=2), [("", 1)]),
    "flagged as high as can be, and no less": (facts(), facts(streams=[stream("a", "high")], flagged=1), []),
    "a second stream is": (
        facts(streams=[stream("a", "critical")], flagged=2),
        facts(streams=[stream("a", "critical"), stream("b", "critical")], flagged=2),
        [("", 1)],
    ),
    "a flagged stream is flagged again": (
        facts(streams=[stream("a", "critical")], flagged=2),
        facts(streams=[stream("a", "critical", 2)], flagged=2),
        [("", 1)],
    ),
    "a new ledger that is bad": ({}, facts(MISMATCH, broken=1), [("chain.hash-mismatch", 1)]),
    "a new file that is no ledger": ({}, facts(state="not recognised", note="A shopping list."), []),
    "it is not among the ledgers any more": (facts(), {}, []),
    "the worst first": (
        facts(),
        facts(SHRUNK, MISMATCH, broken=1),
        [("witness.truncated", 1), ("chain.hash-mismatch", 1)],
    ),
}


def kinds(raised: Sequence[Alarm]) -> list[tuple[str, int]]:
    return [(alarm.found.finding.code, alarm.count) for alarm in raised]


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=list(TABLE))
def test_what_raises_an_alarm(
    before: dict[str, LedgerTrust], after: dict[str, LedgerTrust], expected: list[tuple[str, int]]
) -> None:
    raised = alarms(before, after)
    assert kinds(raised) == expected
    assert alarms(remembered(before, after), after) == [], "once"
    assert all(alarm.container == "jsonl" for alarm in raised)


def test_what_comes_back_when_a_ledger_is_read_again_is_no_alarm() -> None:
    whole = facts(MISMATCH, broken=1, streams=[stream("a", "critical")], flagged=2)
    known = remembered({}, whole)
    for step in (facts(SHRUNK), facts(SHRUNK, broken=1), {**facts(SHRUNK, MISMATCH, broken=1)}, whole):
        raised = alarms(known, step)
        known = remembered(known, step)
        assert set(kinds(raised)) <= {("witness.truncated", 1)}
    again = facts(GONE, state="gone", note=GONE.finding.message)
    assert alarms(remembered(known, again), again) == []
    assert kinds(alarms(remembered(remembered(known, again), whole), again)) == [("witness.vanished", 1)]


async def _truncate(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))


async def _edit(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"number":3', b'"number":9')
    path.write_bytes(b"".join(lines))


async def _remove(path: Path) -> None:
    path.unlink()


async def _append_broken(path: Path) -> None:
    append(path, Deal("deal-2").event(number=1).replace(b'"number":1', b'"number":2') + b"\n")


@pytest.mark.parametrize("change", [_truncate, _edit, _remove, _append_broken])
async def test_a_ledger_that_gets_worse_while_it_is_watched(change: Callable[[Path], object], tmp_path: Path) -> None:
    ledger, bad = tmp_path / NAME, tmp_path / "bad.jsonl"
    ledger.write_bytes(Deal().lines(9))
    bad.write_bytes(Deal("bad").lines(3).replace(b'"number":1', b'"number":7'))
    async with console(ledger, bad, index=tmp_path / "i.sqlite") as one:
        watch = AlarmWatch(one.session)
        assert await watch.look("reading") == []
        assert await watch.look("following") == [], "what is bad already is none"
        await change(ledger)  # type: ignore[misc] # they are coroutines
        raised = await _raised(one, watch)
        assert {alarm.found.ledger_name for alarm in raised} == {str(ledger)}
        assert all(alarm.found.finding.message for alarm in raised)
        row = await one.ledger(ledger)
        assert row.worst >= Severity.WARNING or row.trust[Trust.BROKEN]


async def test_what_was_there_at_the_opening_and_is_read_a_moment_later_is_no_alarm(tmp_path: Path) -> None:
    """Zeros in a file, or a last record without its end, may just be being written: they are waited for."""
    broken = Deal("bad").lines(3).replace(b'"number":1', b'"number":7')
    zeros, last = tmp_path / "zeros.jsonl", tmp_path / "last.jsonl"
    zeros.write_bytes(broken + bytes(64) + b"\n")
    last.write_bytes(Deal().lines(2) + Deal("deal-2").event(number=1).replace(b'"number":1', b'"number":2'))
    async with console(zeros, last, index=tmp_path / "i.sqlite") as one:
        watch = AlarmWatch(one.session)
        raised = await watch.look("following")

        async def all_read() -> bool:
            raised.extend(await watch.look("following"))
            rows = await one.ledgers()
            return all(row.trust[Trust.BROKEN] for row in rows) and len(rows) == 2

        await one.until(all_read)
        assert raised == []


@pytest.mark.parametrize("begin", [b"", Deal().lines(2)[:-9]])
async def test_what_comes_while_a_ledger_is_just_opened_is_an_alarm(tmp_path: Path, begin: bytes) -> None:
    """A ledger without events, or with a last record without its end, is watched from the first moment."""
    ledger = tmp_path / NAME
    ledger.write_bytes(begin)
    async with console(tmp_path, index=tmp_path / "cache/i.sqlite") as one:
        watch = AlarmWatch(one.session)
        assert await watch.look("following") == []
        append(ledger, Deal().lines(2)[len(begin) :] + Deal("bad").lines(1).replace(b'"number":0', b'"number":7'))
        (alarm,) = await _raised(one, watch)
        assert (alarm.found.finding.code, alarm.found.finding.record) == ("chain.hash-mismatch", 3)


async def test_a_run_that_is_flagged_again(tmp_path: Path) -> None:
    ledger, events = tmp_path / "runs.jsonl", smvm.events()
    (flag,) = [each for each in events if each["event_type"] == "FLAGGED"]
    flag["metadata"] = {**flag["metadata"], "severity_level": "critical"}
    ledger.write_bytes(smvm.jsonl(events))
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        await one.records(ledger, len(events))
        watch = AlarmWatch(one.session)
        assert await watch.look("following") == []
        append(ledger, smvm.jsonl([{**flag, "event_id": flag["event_id"][:-12] + "f" * 12}]))
        (alarm,) = await _raised(one, watch)
        assert "again" in alarm.found.finding.message


async def _raised(one: Console, watch: AlarmWatch) -> list[Alarm]:
    async def look() -> list[Alarm]:
        return await watch.look("following")

    found = await one.until(look)
    assert isinstance(found, list)
    return found


def test_the_first_finding_speaks_for_all() -> None:
    (alarm,) = alarms(facts(), facts(finding("chain.fork", 3), finding("chain.fork", 5), broken=2))
    assert alarm == Alarm(replace(finding("chain.fork", 3)), 2, None, "jsonl")
