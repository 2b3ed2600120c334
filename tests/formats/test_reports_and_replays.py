"""What every report and every replayer must do, whoever declared it: values as their columns hold them, nothing counted
twice, no failure over any event; states as texts, and copies that go on alike."""

import json
import pickle
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.engine.replay.cells import cell, exact
from console.formats import registry
from console.formats.guarded import event_of
from console.formats.protocol import Context
from console.formats.report import Report, ReportTable
from console.model.event import Event
from console.model.record import Record
from console.model.trust import Severity
from tests.support.format_cases import WHENEVER, LedgerCase, samples
from tests.support.mangled import ledgers

NAMES = registry.own_names()
REPORTS = [(name, report) for name in NAMES for report in registry.by_name(name).reports]
KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "number": (int, float),
    "time": int,
    "age": (int, float),
    "flag": bool,
    "trouble": bool,
    "progress": tuple,
}


def events_of(case: LedgerCase, raws: Sequence[bytes]) -> list[Event]:
    context, found, offset = context_of(case), list[Event](), 0
    for number, raw in enumerate(raws, 1):
        event = event_of(case.format, Record(number, offset, len(raw), raw), context)
        found += [event] if event.type or event.document else []
        offset += len(raw) + 1
    return found


def context_of(case: LedgerCase) -> Context:
    return Context(case.shape, WHENEVER, companions=case.companions)


def folded(report: Report, cases: Sequence[tuple[LedgerCase, Sequence[Event]]], times: int = 1) -> ReportTable:
    fold = report.fold()
    for case, events in [*cases] * times:
        fold.begin(case.name, case.shape, case.companions)
        for event in events:
            fold.take(case.name, event)
    return fold.table(WHENEVER)


def check(report: Report, table: ReportTable) -> None:
    columns = {each.name: each for each in report.columns}
    for row in table.rows:
        assert row.values.keys() <= columns.keys()
        for name, value in row.values.items():
            assert value is None or isinstance(value, KINDS[columns[name].holds]), (name, value)
            assert isinstance(cell(columns[name], value), str)
            json.dumps(exact(columns[name], value))
        assert isinstance(row.worst, Severity) and all(isinstance(each, str) for each in row.details)
        assert row.ledger is not None or row.ordinal is None
    assert all(isinstance(each, str) for each in table.notes)
    json.dumps(dict(table.summary))
    pickle.dumps(table)


@pytest.mark.parametrize(("name", "report"), REPORTS, ids=[report.name for _, report in REPORTS])
def test_reports_on_the_samples(name: str, report: Report) -> None:
    assert report.title and report.summary[0].isupper() and report.summary.endswith(".")
    columns = [each.name for each in report.columns]
    assert len(set(columns)) == len(columns) and all(each.isidentifier() for each in columns)
    check(report, folded(report, []))
    cases = [(case, events_of(case, case.raws)) for case in samples(name)]
    table = folded(report, cases)
    check(report, table)
    assert folded(report, cases, times=2) == table  # a ledger that is read again counts once


@pytest.mark.parametrize("name", NAMES)
def test_no_event_makes_them_fail(name: str) -> None:
    form = registry.by_name(name)
    for case in samples(name):
        if case.documents:
            _never(case, [*form.reports])


def _never(case: LedgerCase, reports: Sequence[Report]) -> None:
    @settings(max_examples=8, deadline=None)
    @given(ledgers(case.documents), st.randoms(use_true_random=False))
    def never(raws: Sequence[bytes], dice: Any) -> None:
        events = events_of(case, raws)
        for report in reports:
            check(report, folded(report, [(case, events)]))
        for stream in {stream for event in events for stream in event.streams[:3]}:
            replayer = case.format.replayer(stream, context_of(case))
            if replayer is None:
                continue
            own = [event for event in events if stream in event.streams]
            sorted(own, key=replayer.order)
            dice.shuffle(own)
            for event in own:
                assert isinstance(replayer.take(event), str)
            assert all(isinstance(text, str) for pair in replayer.state().items() for text in pair)

    never()


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_of_a_replayer_goes_on_alike(name: str) -> None:
    for case in samples(name):
        events = events_of(case, case.raws)
        for stream in list({stream: None for event in events for stream in event.streams})[:8]:
            replayer = case.format.replayer(stream, context_of(case))
            if replayer is None:
                continue
            own = sorted((event for event in events if stream in event.streams), key=replayer.order)
            half = len(own) // 2
            before = dict(replayer.state())
            for event in own[:half]:
                replayer.take(event)
            copy, kept = deepcopy(replayer), dict(replayer.state())
            ends = []
            for one in (replayer, copy):
                assert dict(one.state()) == kept
                ends.append(([one.take(event) for event in own[half:]], dict(one.state())))
            assert ends[0] == ends[1], stream
            fresh = case.format.replayer(stream, context_of(case))
            assert fresh is not None and dict(fresh.state()) == before  # nothing is shared between replayers
