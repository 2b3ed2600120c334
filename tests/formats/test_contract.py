"""What every format must do, whoever wrote it: columns and single records agree, wherever a ledger is cut and whoever
goes on; the clock moves; nothing that a ledger holds makes a reader fail; all that it says was declared."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats import registry
from console.formats.guarded import event_of
from console.formats.protocol import Context, RewalkingReader
from console.formats.reading.reader import LedgerReader
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.model.ledger import OTHERS
from console.model.record import Cursor, Record, RecordBatch
from console.model.trust import Severity, Trust
from console.verify.catalogue import CATALOGUE
from tests.support import sixth_system
from tests.support.both_ways import TRUST, batch_of, outcome
from tests.support.clock import later
from tests.support.format_cases import LedgerCase, case_of, samples
from tests.support.mangled import ledgers

SIXTH = "beacon"
FUTURE = "order.future-timestamp"
DAY = 24 * 3600
NOTHING = (b"", b" ", b"{", b"{}", b"[]", b"null", b"\xff", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"\0" * 9, b"[" * 300)


@pytest.fixture(scope="module", params=[*registry.own_names(), SIXTH])
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[LedgerCase]]:
    """The ledgers of one format; the sixth is an installed package's."""
    if request.param != SIXTH:
        found = samples(request.param)
        assert found
        yield found
        return
    folder = tmp_path_factory.mktemp("site")
    path = folder / "north.jsonl"
    path.write_bytes(sixth_system.lines([*sixth_system.entries(), *sixth_system.entries("south", 9, e4=_OIL)]))
    with sixth_system.installed(sixth_system.install(folder / "packages")):
        yield [case_of(opened) for opened in _opened(path)]


_OIL = {"event": "trimmed", "note": {"oil": 3}}


def _opened(path: Path) -> Iterator["sixth_system.Opened"]:
    for each in sixth_system.open_ledgers([str(path)]):
        assert isinstance(each, sixth_system.Opened)
        yield each


def test_the_samples_come_out_alike_wherever_they_are_cut(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        raws, make = case.raws[:24], case.make()
        whole = outcome(make, raws)
        assert outcome(case.make(bulk=False), raws) == whole, case.name
        for cut in range(len(raws) + 1):
            assert outcome(make, raws, [cut]) == whole, (case.name, cut)
        assert outcome(make, raws, range(1, len(raws))) == whole, case.name


@pytest.mark.slow
def test_mangled_ledgers_come_out_alike_in_columns_and_one_by_one(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        if case.documents:
            _alike(case)


def _alike(case: LedgerCase) -> None:
    @settings(max_examples=40, deadline=None)
    @given(ledgers(case.documents), st.lists(st.integers(0, 12), max_size=2))
    def alike(raws: Sequence[bytes], cuts: Sequence[int]) -> None:
        carefully = outcome(case.make(bulk=False), raws)
        assert outcome(case.make(), raws) == carefully
        assert outcome(case.make(), raws, [min(each, len(raws)) for each in cuts]) == carefully

    alike()


@pytest.mark.slow
def test_what_is_broken_has_a_finding_and_what_is_not_proved_is_counted(cases: Sequence[LedgerCase]) -> None:
    """One at the event, or one that speaks for so many events."""
    for case in cases:
        if case.documents:
            _found(case)


def _found(case: LedgerCase) -> None:
    @settings(max_examples=60, deadline=None)
    @given(ledgers(case.documents))
    def found(raws: Sequence[bytes]) -> None:
        out = outcome(case.make(), raws)
        alone = [each for each in out["findings"] if not each.standing]
        for trust in (Trust.BROKEN, Trust.LINKED):
            rows = {number for number, row in enumerate(out["rows"], 1) if row[TRUST] == trust}
            without = rows - {each.record for each in alone if _speaks(each, trust)}
            assert len(without) <= sum(each.count for each in out["standing"] if _speaks(each, trust)), case.name

    found()


def _speaks(found: Finding, trust: Trust) -> bool:
    """True for a finding that an event of this trust must have."""
    if trust is Trust.LINKED:
        return found.code == "chain.not-reproducible"
    return found.severity >= Severity.ERROR


def test_nothing_in_a_ledger_makes_a_reader_fail(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        good = list(case.raws[:6])
        cut = [raw[: len(raw) // 2] for raw in good]
        garbage = [*NOTHING, *good, *cut, *good, *(raw[::-1] for raw in good)]
        for raws in (garbage, garbage[::-1]):
            whole = outcome(case.make(), raws)
            assert outcome(case.make(bulk=False), raws) == whole, case.name
            for number, raw in enumerate(raws, 1):
                event = event_of(case.format, Record(number, 0, len(raw), raw), Context(case.shape, 0))
                case.format.panels(event, Context(case.shape, 0))


def test_an_event_is_future_only_until_its_time_has_come(cases: Sequence[LedgerCase]) -> None:
    """Also for a reader that follows the ledger since before: the clock of the checks goes on."""
    dated = 0
    for case in cases:
        last = max(case.make()().read(batch_of(case.raws)).time, default=NO_TIME)
        if last == NO_TIME:
            continue
        dated += 1
        early = case.make(last - DAY * 1_000_000)
        assert FUTURE in _codes(early(), case.raws), case.name
        follower = early()
        follower.read(batch_of([]))
        with later(DAY):
            assert FUTURE not in _codes(follower, case.raws), case.name
    assert dated


def _codes(reader: object, raws: Sequence[bytes]) -> set[str]:
    assert isinstance(reader, LedgerReader)
    out = reader.read(batch_of(raws))
    return {each.code for each in (*out.findings, *reader.standing())}


def test_a_record_that_the_source_skipped_is_a_row(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        one, other = case.raws[0], case.raws[-1]
        lengths = [len(one), 20_000_000, len(other)]
        offsets = [0, lengths[0] + 1, lengths[0] + 20_000_002]
        batch = RecordBatch(1, offsets, lengths, [one, b"", other], Cursor(4, sum(lengths) + 3))
        out = case.make()().read(batch)
        assert [*out.length] == lengths
        assert (out.trust[1], out.worst[1]) == (Trust.UNCHECKED, Severity.ERROR), case.name
        assert not [each for each in out.findings if each.record == 2], case.name


def test_nobody_is_accused_across_a_record_that_cannot_be_read(cases: Sequence[LedgerCase]) -> None:
    """Where a format has chains: the events behind are unchecked or fit, however the ledger is read."""
    for case in cases:
        sound = outcome(case.make(), case.raws)
        if not any(row[TRUST] in (Trust.VERIFIED, Trust.RECOVERED) for row in sound["rows"]):
            continue
        broken = [row[TRUST] for row in sound["rows"]].count(Trust.BROKEN)
        for at in range(1, min(len(case.raws), 12)):
            raws = [*case.raws[:at], b'{"torn', *case.raws[at + 1 :]]
            out = outcome(case.make(), raws)
            assert outcome(case.make(bulk=False), raws) == out, (case.name, at)
            chain = {each.code for each in out["findings"] if each.record == at + 2 and each.family == "chain"}
            assert not chain & {"chain.sequence-gap", "chain.previous-mismatch"}, (case.name, at)
            assert [row[TRUST] for row in out["rows"]].count(Trust.BROKEN) <= broken, (case.name, at)


def test_what_is_said_was_declared(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        reader, form = case.make()(), case.format
        out = reader.read(batch_of(case.raws))
        facts = [*reader.facts()]
        found = [*out.findings, *reader.standing()]
        assert {each.kind for each in out.new_streams} <= {*form.stream_kinds}, case.name
        assert {each.kind for each in facts} <= {*form.stream_kinds}, case.name
        assert {each.code for each in found} <= CATALOGUE.keys(), case.name
        assert all(each.standing for each in reader.standing()), case.name
        assert reader.profile is None or reader.profile in {each.name for each in form.profiles}, case.name
        assert {each.state["flagged"] for each in facts if "flagged" in each.state} <= {*form.flags, "low", "medium"}
        assert any(each.chained for each in facts) is False or form.profiles, case.name
        assert {*form.reference_codes} <= CATALOGUE.keys()


def test_every_field_is_covered_or_not(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        reader = case.make()()
        reader.read(batch_of(case.raws))
        profile = next((each for each in case.format.profiles if each.name == reader.profile), None)
        if profile is None:
            continue  # no hash protects anything in it
        coverage = profile.coverage
        assert OTHERS in coverage.uncovered and not {*coverage.covered} & {*coverage.uncovered}
        named = {each.partition(" (")[0].partition(".")[0] for each in (*coverage.covered, *coverage.uncovered)}
        for document in case.documents[:50]:
            keys = {name for name in document if not name.startswith("extra")}
            if case.format.name not in ("zakops", "maysano"):
                assert keys <= named, (case.name, keys - named)
            assert {coverage.word(name) for name in (*keys, "_meta", "extra")} <= {
                *("covered", "covered in part", "not covered"),
            }
            assert coverage.word("_meta") == coverage.word("extra") == "not covered"


def test_one_record_alone_is_decoded_like_its_row(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        reader = case.make()()
        out = reader.read(batch_of(case.raws))
        context = Context(case.shape, 0, reader.profile, case.companions)
        names = ["", *out.new_types]
        for row, raw in enumerate(case.raws):
            event = event_of(case.format, Record(row + 1, out.offset[row], out.length[row], raw), context)
            assert event.type == names[out.type[row]], case.name
            assert (NO_TIME if event.instant is None else event.instant.micros) == out.time[row], case.name


def test_chains_that_are_walked_again_end_as_in_one_pass(cases: Sequence[LedgerCase]) -> None:
    for case in cases:
        straight = case.make()()
        if not isinstance(straight, RewalkingReader):
            continue
        wanted = sorted(straight.read(batch_of(case.raws)).trust)
        turned = case.make()()
        assert isinstance(turned, RewalkingReader)
        raws = case.raws[::-1]
        out = turned.read(batch_of(raws))
        for stream in turned.irregular():
            links = [(turned.link_key(raw), row) for row, raw in enumerate(raws)]
            rows = [row for link, row in sorted((link, row) for link, row in links if link and link[0] == stream)]
            records = [Record(row + 1, out.offset[row], out.length[row], raws[row]) for row in rows]
            for ordinal, trust in turned.rewalk(stream, records).trust.items():
                out.trust[ordinal - 1] = trust
        assert sorted(out.trust) == wanted, case.name
        assert not turned.irregular()
