"""Reports are folded from the raw records of all ledgers of their format, and say what they left out."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.engine.errors import EngineError
from console.engine.replay.cells import cell, exact
from console.engine.replay.reports import ReportAnswer, make_report
from console.engine.replay.row_filter import rows_where
from console.formats.report import ReportColumn, ReportRow
from console.model.trust import Severity
from console.model.words import span
from console.store.filter import FilterError
from tests.support import sixth_system
from tests.support.sixth_system import entries, lines


@pytest.fixture
def sixth(tmp_path: Path) -> Iterator[Path]:
    """The sixth system is installed; a folder for its ledgers."""
    sixth_system.install(tmp_path / "packages")
    with sixth_system.installed(tmp_path / "packages"):
        (tmp_path / "work").mkdir()
        yield tmp_path / "work"


def report(path: Path, now: int = 0) -> ReportAnswer:
    return make_report([str(path)], "lamps", now=now)


def test_events_of_all_ledgers_worst_first(sixth: Path) -> None:
    (sixth / "north.jsonl").write_bytes(lines(entries("north", 12)))
    (sixth / "south.jsonl").write_bytes(lines(entries("south", 9, e9={"note": {"oil": 3}})))
    answer = report(sixth, now=1_772_776_800_000_000)
    rows = [(row.values["lamp"], row.values["entries"], row.worst.word, row.ordinal) for row in answer.table.rows]
    assert rows == [("south", 9, "warning", 9), ("north", 12, "note", 12)]
    assert answer.complete and [each.events for each in answer.ledgers] == [12, 9]
    assert answer.table.rows[0].values["silent"] == 24 * 3600 * 1_000_000


def test_rotated_files_and_a_last_line_without_its_end(sixth: Path) -> None:
    whole = lines(entries(count=10)).splitlines(keepends=True)
    (sixth / "lamps.jsonl.1.gz").write_bytes(gzip.compress(b"".join(whole[:6])))
    (sixth / "lamps.jsonl").write_bytes(b"".join(whole[6:])[:-1])
    answer = report(sixth / "lamps.jsonl")
    (row,) = answer.table.rows
    assert (row.values["entries"], row.ordinal, len(answer.ledgers)) == (10, 10, 1)


def test_what_cannot_be_read_is_passed_over_and_counted(sixth: Path) -> None:
    whole = lines(entries(count=4)).splitlines(keepends=True)
    whole[1:1] = [b"{broken\n", b"\n", b"\xff\n"]
    (sixth / "lamps.jsonl").write_bytes(b"".join(whole))
    answer = report(sixth)
    (read,) = answer.ledgers
    assert (read.events, read.unreadable, answer.complete) == (4, 2, False)
    assert answer.table.rows[0].ordinal == 7


def test_other_formats_are_counted_and_nothing_recognised_is_not_complete(sixth: Path) -> None:
    (sixth / "other.jsonl").write_bytes(b'{"some": "thing"}\n')
    answer = report(sixth)
    assert not answer.ledgers and not answer.complete and len(answer.skipped) == 1


def test_a_fold_that_fails_is_an_error_in_words(sixth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sixth / "lamps.jsonl").write_bytes(lines(entries()))
    from beacon_ledgers.lives import LampFold  # type: ignore[import-not-found]  # a package that the test installs

    monkeypatch.setattr(LampFold, "take", lambda *_: 1 / 0)
    with pytest.raises(EngineError, match="beacon failed to make the report lamps: ZeroDivisionError"):
        report(sixth)
    with pytest.raises(EngineError, match="No format has a report nothing"):
        make_report([str(sixth)], "nothing")


CELLS = [
    ("text", "a\x1bb", "a\x1bb", "a\x1bb"),
    ("text", None, "", None),
    ("number", 12345, "12,345", 12345),
    ("number", 0.5, "0.5", 0.5),
    ("time", 0, "1970-01-01 00:00:00 UTC", "1970-01-01T00:00:00.000000Z"),
    ("age", 90_000_000, "1 min", 90.0),
    ("flag", True, "✓", True),
    ("flag", False, "✗", False),
    ("flag", None, "?", None),
    ("trouble", True, "yes", True),
    ("trouble", False, "no", False),
    ("progress", (5, 20), "██░░░░░░░░ 5 of 20", {"done": 5, "total": 20}),
    ("progress", (30, 20), "██████████ 30 of 20", {"done": 30, "total": 20}),
    ("progress", (5, None), "5 of ?", {"done": 5, "total": None}),
    ("progress", (5, 0), "5 of 0", {"done": 5, "total": 0}),
    ("time", "not a time", "not a time", "not a time"),
]


@pytest.mark.parametrize(("holds", "value", "text", "json"), CELLS)
def test_values_as_text_and_as_json(holds: str, value: object, text: str, json: object) -> None:
    column = ReportColumn("name", "Name", holds)  # type: ignore[arg-type]  # one of its kinds
    assert (cell(column, value), exact(column, value)) == (text, json)


SPANS = {
    350_000: "0.35 s",
    59_000_000: "59 s",
    3_599_000_000: "59 min",
    11_100_000_000: "3 h 05 min",
    2_311_200_000_000: "26 d 18 h",
    -90_000_000: "in 1 min",
}


def test_spans_of_time() -> None:
    assert {micros: span(micros) for micros in SPANS} == SPANS


WHERE = {
    "": ["a", "b", "c"],
    "name:a,c": ["a", "c"],
    "name:?": ["a", "b", "c"],
    "-name:a": ["b", "c"],
    "worst:warning": ["a"],
    "tries>1": ["b"],
    "tries:1": ["a"],
    "tries:1..2": ["a", "b"],
    "lag>1h": ["b"],
    "lag<=90m lag>0s": ["a"],
    "due:1970": ["a", "c"],
    "due>=1971": ["b"],
    "ready:yes": ["a"],
    "ready:no": ["b"],
    "ready:unknown": ["c"],
    "part<100": ["a"],
    "DETAIL": [],
    "detail": ["a"],
    '"a detail"': ["a"],
    "ledger:*.jsonl": ["a", "b"],
    "name:b or (tries:1 and not ready:no)": ["a", "b"],
    "name!=a -tries>1": ["c"],
    "tries:>1": ["b"],
}


def test_rows_by_their_columns() -> None:
    kinds = {"name": "text", "tries": "number", "lag": "age", "due": "time", "ready": "flag", "part": "progress"}
    columns = [ReportColumn(name, name, holds) for name, holds in kinds.items()]  # type: ignore[arg-type]  # its kinds
    hour, year = 3_600_000_000, 365 * 86_400_000_000

    def row(worst: Severity, ledger: str | None, details: tuple[str, ...], *values: object) -> ReportRow:
        return ReportRow(dict(zip(kinds, values, strict=True)), worst, ledger, None, details)

    rows = [
        row(Severity.WARNING, "x.jsonl", ("a detail",), "a", 1, hour, 0, True, (1, 2)),
        row(Severity.NONE, "y.jsonl", (), "b", 2, 2 * hour, year, False, (2, 2)),
        row(Severity.NOTE, None, (), "c", None, None, 1, None, None),
    ]
    found = {text: [row.values["name"] for row in rows if rows_where(text, columns)(row)] for text in WHERE}
    assert found == WHERE


@pytest.mark.parametrize(
    "text", ["nothing:1", "name>a", "tries>x", "lag>2", "lag:2h", "ready:perhaps", "due:soon", "name:", '"open']
)
def test_a_filter_that_fits_no_column_is_an_error(text: str) -> None:
    kinds = {"name": "text", "tries": "number", "lag": "age", "due": "time", "ready": "flag", "part": "progress"}
    columns = [ReportColumn(name, name, holds) for name, holds in kinds.items()]  # type: ignore[arg-type]  # its kinds
    with pytest.raises(FilterError):
        rows_where(text, columns)


TITLED = {
    "kept:no": ["b"],
    "KEPT:yes": ["a"],
    '"acted as":GP': ["a"],
    '"Acted as":GP,LP': ["a", "b"],
    '"acted as"!=GP': ["b"],
    '-"acted as":GP': ["b"],
    'roles:GP and "kept":yes': ["a"],
    '"oldest undelivered">2h': ["b"],
    '"oldest undelivered" ': [],
    "where:y*": ["b"],
}


def test_columns_go_by_the_titles_that_are_shown() -> None:
    columns = [
        ReportColumn("passes", "kept", "flag"),
        ReportColumn("roles", "acted as"),
        ReportColumn("oldest", "oldest undelivered", "age"),
    ]
    hour = 3_600_000_000
    rows = {
        "a": ReportRow({"passes": True, "roles": "GP", "oldest": hour}, ledger="x.jsonl"),
        "b": ReportRow({"passes": False, "roles": "LP", "oldest": 3 * hour}, ledger="y.jsonl"),
    }
    found = {text: [name for name, row in rows.items() if rows_where(text, columns)(row)] for text in TITLED}
    assert found == TITLED
    for text in ('"nothing here">2h', '"":x', '"acted as">3', '"kept'):
        with pytest.raises(FilterError):
            rows_where(text, columns)
    with pytest.raises(FilterError, match=r'"acted as" \(roles\)'):
        rows_where("as:GP", columns)
