"""The event log: real files, streams, shapes, order, what SWARM's own reader puts up with."""

import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from console.formats.json.scan import scan_records
from console.formats.protocol import Context, Sample, key64
from console.formats.swarm import FORMAT, schema
from console.formats.swarm.columns import FIELDS, MADE, fitting
from console.formats.swarm.profiles import RECIPES
from console.formats.swarm.record import V1, V2, V3
from console.formats.swarm.schema import line_violations
from console.model.trust import Severity, Trust
from tests.support.swarm_cases import NOW, batch, codes, line, lines, read


def raws_of(path: Path) -> list[bytes]:
    return path.read_bytes().removesuffix(b"\n").split(b"\n")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("committed/strict-governance-events.jsonl", {"state": "ended", "epoch": "14"}),
        ("old_schema/v2_300_lines.jsonl", {"state": "running", "scenario": "baseline/7", "epoch": "6"}),
        ("example/events.jsonl", {"state": "not started", "epoch": "1"}),
    ],
)
def test_real_logs_have_nothing_but_times_without_a_zone(real: Path, name: str, state: dict[str, str]) -> None:
    raws = raws_of(real / "swarm" / name)
    claim = FORMAT.sniff(Sample("x", "jsonl", None, raws[:8]))
    assert claim is not None and (claim.shape, claim.confidence > 90) == ("event", True)
    reader = FORMAT.reader(Context("event", NOW))
    out = reader.read(batch(raws))
    assert set(out.trust) == {Trust.UNCHAINED} and not out.findings
    # datetime.now() names no zone; nothing else is wrong, and no time goes back
    assert [(each.code, each.count) for each in reader.standing()] == [("order.naive-timestamp", len(raws))]
    assert [(fact.kind, fact.key, fact.state) for fact in reader.facts()] == [("simulation", "sim-1", state)]


def test_streams_of_a_line_are_its_simulation_agent_and_scenario(real: Path) -> None:
    out, _found = read(raws_of(real / "swarm/old_schema/v2_300_lines.jsonl"))
    assert {stream.kind for stream in out.new_streams} == {"simulation", "agent", "scenario"}
    scenario = next(code for code, stream in enumerate(out.new_streams, 1) if stream.kind == "scenario")
    assert out.new_streams[scenario - 1].key == "baseline/7"
    assert sum(scenario in [(), *out.new_further][code] for code in out.further) == 300
    assert {out.new_streams[code - 1].key for code in out.stream} == {"sim-1"}


def test_parents_of_the_example_are_provenance_ids(real: Path) -> None:
    out, _found = read(raws_of(real / "swarm/example/events.jsonl"))
    parents = [key for key in out.parent if key]
    assert len(parents) == 4 and set(parents) <= set(out.key)


def test_a_rerun_in_the_same_file_is_the_next_simulation() -> None:
    run = ["agent_created", "simulation_started", "epoch_completed", "simulation_ended", "epoch_completed"]
    log = [line(number, kind) for number, kind in enumerate(run + run + ["simulation_started"])]
    reader = FORMAT.reader(Context("event", NOW))
    out = reader.read(batch(lines(log)))
    keys = [out.new_streams[code - 1].key for code in out.stream]
    assert keys == ["sim-1"] * 5 + ["sim-2"] * 5 + ["sim-3"]
    assert {fact.key: fact.state["state"] for fact in reader.facts()} == {
        "sim-1": "ended",
        "sim-2": "ended",
        "sim-3": "running",
    }


def test_time_may_go_back_between_simulations_but_not_within() -> None:
    log = [line(10, "simulation_started"), line(11), line(5, "simulation_started"), line(6)]
    assert codes(read(lines(log))[1]) == []
    _out, found = read(lines([line(10, "simulation_started"), line(9), line(11)]))
    assert [(each.code, each.record) for each in found if each.record == 2] == [("order.time-regression", 2)]


def test_the_three_shapes_mix_and_others_are_told_once() -> None:
    v3 = line(1)
    v1, v2 = ({name: v3[name] for name in shape} for shape in (V1, V2))
    assert codes(read(lines([v1, v2, v3]))[1]) == []
    odd = [{name: value for name, value in v1.items() if name != "step"}, v3 | {"extra": 1}, v3 | {"extra": 2}]
    out, found = read(lines(odd))
    told = {each.code: (each.severity, each.count, each.field) for each in found if each.standing}
    assert told["schema.missing-field"] == (Severity.WARNING, 1, "step")
    assert told["schema.unknown-field"] == (Severity.WARNING, 2, "extra")
    assert list(out.worst) == [Severity.WARNING] * 3


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"epoch": "7"}, "schema.coerced", Severity.WARNING),
        ({"epoch": 1.0}, "schema.coerced", Severity.WARNING),
        ({"seed": True}, "schema.coerced", Severity.WARNING),
        ({"epoch": "seven"}, "schema.wrong-type", Severity.ERROR),
        ({"epoch": 1.5}, "schema.wrong-type", Severity.ERROR),
        ({"agent_id": 7}, "schema.wrong-type", Severity.ERROR),
        ({"payload": []}, "schema.wrong-type", Severity.ERROR),
        ({"event_type": "brand_new"}, "schema.unknown-event-type", Severity.NOTE),
        ({"timestamp": "2026-02-30T00:00:00"}, "schema.impossible-date", Severity.ERROR),
        ({"timestamp": "now"}, "schema.bad-pattern", Severity.ERROR),
        ({"timestamp": "2031-01-01T00:00:00"}, "order.future-timestamp", Severity.ERROR),
    ],
)
def test_one_thing_wrong_is_one_finding(change: dict[str, Any], code: str, severity: Severity) -> None:
    out, found = read(lines([line(1), line(2) | change, line(3)]))
    assert codes(found) == [code]
    (only,) = [each for each in found if each.code == code]
    assert (only.record, only.severity, out.worst[1]) == (2, severity, severity)


@pytest.mark.parametrize("name", ["event_id", "timestamp", "event_type"])
def test_what_swarms_reader_needs_is_an_error_where_it_is_missing(name: str) -> None:
    _out, found = read(lines([{key: value for key, value in line(1).items() if key != name}]))
    assert [(each.code, each.field, each.severity) for each in found if each.code.startswith("schema")] == [
        ("schema.missing-field", name, Severity.ERROR)
    ]


def test_a_factorys_payload_is_held_to_its_schema() -> None:
    payload = {"tool_name": "x", "arguments": [], "result": 1}
    event = line(1, "awm_tool_call_executed", payload=payload, provenance_id="000000000000")
    _out, found = read(lines([event]))
    assert {(each.code, each.field) for each in found if each.code.startswith("schema")} == {
        ("schema.wrong-type", "payload.arguments"),
        ("schema.missing-field", "payload.success"),
    }


def test_bad_lines_are_findings_and_the_rest_is_read() -> None:
    nan = json.dumps(line(3, payload={"toxicity": float("nan")})).encode()
    torn = json.dumps(line(2)).encode().replace(b"honest_1", b"honest\xff")
    raws = [*lines([line(1), line(2)]), b"", b"{", b"[]", torn, nan, *lines([line(4)])]
    out, found = read(raws)
    assert len(out) == 8 and len([code for code in out.type if code]) == 5
    by_record = {each.record: each.code for each in found if each.code.startswith("record.")}
    assert by_record == {
        3: "record.blank-line",
        4: "record.invalid-json",
        5: "record.not-an-object",
        6: "record.invalid-utf8",
        7: "record.non-finite-number",
    }


def test_files_of_another_kind_are_not_claimed(real: Path) -> None:
    other = lines([{"type": "step", "agent": "a", "reward": 1.0}, {"event_type": "x", "payload": {}}])
    assert FORMAT.sniff(Sample("event_log.jsonl", "jsonl", None, other)) is None
    assert FORMAT.sniff(Sample("event_log.jsonl", "jsonl", None, [b"", b"not json"])) is None
    for path in ("smvm/committed/events.jsonl", "kernel/B_chain30/original/events.jsonl"):
        assert FORMAT.sniff(Sample("x", "jsonl", None, raws_of(real / path)[:8])) is None


def test_state_taken_at_any_cut_goes_on_like_one_pass() -> None:
    log = [
        line(1, "agent_created"),
        line(2, "simulation_started", scenario_id="s", seed=1),
        line(3, epoch="1"),
        line(2),
        line(5, "new_kind"),
        line(6, "simulation_ended"),
        line(1, "agent_created"),
        line(2, "memory_written", provenance_id="0" * 12),
    ]
    raws = lines(log)
    whole, wanted = read(raws)
    keys = [whole.new_streams[code - 1] for code in whole.stream]
    for cut in range(len(raws) + 1):
        first, second = (FORMAT.reader(Context("event", NOW)) for _ in range(2))
        before = first.read(batch(raws[:cut]))
        second.load_state(dict(first.take_state()).items())
        after = second.read(batch(raws[cut:], cut + 1, sum(len(raw) + 1 for raw in raws[:cut])))
        assert [*before.findings, *after.findings, *second.standing()] == wanted, cut
        told = [part.new_streams[code - 1] for part in (before, after) for code in part.stream]
        assert told == keys, cut
        assert [*before.worst, *after.worst] == list(whole.worst)


def test_keys_are_of_the_provenance_id_and_second_ones_of_the_event_id() -> None:
    audit = line(3, "council_audit", payload={"audited_event_id": "ghi"})
    for raws in ([line(1), line(2, provenance_id="abc", parent_event_id="def"), audit], [audit | {"epoch": "7"}]):
        out, _found = read(lines(raws))
        assert list(out.key) == [key64(each["provenance_id"]) if each["provenance_id"] else 0 for each in raws]
        assert list(out.alias) == [key64(each["event_id"]) for each in raws]
        assert list(out.parent) == [key64("def") if each["parent_event_id"] else 0 for each in raws]
        assert list(out.mention) == [0] * (len(raws) - 1) + [key64("ghi")]


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(min_value=2**52, max_value=2**70),
    st.floats(allow_nan=False),
    st.text(max_size=4),
    st.dictionaries(st.text(max_size=3), st.one_of(st.integers(), st.text(max_size=3)), max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([V1, V2, V3]), st.integers(0, 30), _VALUES)
def test_what_the_quick_way_accepts_the_model_accepts(shape: tuple[str, ...], field: int, value: Any) -> None:
    document = {name: each for name, each in line(1).items() if name in shape}
    document[[*document, "unknown"][field % (len(document) + 1)]] = value
    (fits,) = fitting(scan_records(lines([document]), FIELDS))
    if fits:
        assert line_violations(document, None) == []


def test_a_key_that_stands_twice_is_found_in_every_shape() -> None:
    for shape in (V1, V2, V3):
        raw = json.dumps({name: each for name, each in line(1).items() if name in shape}).encode()
        for twice in (
            raw[:-1] + b', "step": 9}',
            raw[:-1] + b', "step" : 9}',
            raw.replace(b"{}", b'{"a": ":", "a" : 1}'),
        ):
            assert "record.duplicate-key" in codes(read([twice])[1])


def test_an_epoch_beyond_all_numbers_is_a_finding_and_no_epoch() -> None:
    reader = FORMAT.reader(Context("event", NOW))
    out = reader.read(batch(lines([line(1, epoch=3), line(2, epoch=2**64), line(3, epoch=10**300)])))
    assert [each.code for each in out.findings] == ["record.unsafe-integer"] * 2
    assert [fact.state["epoch"] for fact in reader.facts()] == ["3"]
    assert reader.take_state()


def test_the_types_of_factories_payloads_are_those_of_the_models() -> None:
    assert MADE.keys() == schema.PAYLOADS.keys() == RECIPES.keys()
    for kind, model in schema.PAYLOADS.items():
        assert get_type_hints(MADE[kind]) == {name: info.annotation for name, info in model.model_fields.items()}
        assert not any(field.default is None for field in fields(MADE[kind]))
