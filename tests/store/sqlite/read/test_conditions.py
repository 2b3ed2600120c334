"""Conditions as SQL: every filter runs, and values never become SQL."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.store.filter import Filter, FilterError, field_names, parse
from console.store.filter.tree import Matches, Pattern
from console.store.sqlite.read.conditions import sql
from console.store.sqlite.schema import TABLES

TERMS = st.builds(
    lambda sign, name, colon, quote, value: f"{sign}{name}{colon}{quote}{value}{quote}",
    st.sampled_from(["", "-"]),
    st.sampled_from([*field_names(), "", "x"]),
    st.sampled_from([":", ""]),
    st.sampled_from(["", '"']),
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["9999-12-31T23:59:59", "1..", "..", ">", ">=9", "'; DROP TABLE event; --", "a,b*", "broken"]),
        st.integers().map(str),
        st.datetimes().map(str),
        st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]{0,12}", fullmatch=True),
    ),
)


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.executescript(TABLES)
    db.execute("INSERT INTO ledger (path, container, format, shape) VALUES ('a', 'jsonl', 'kernel', '')")
    db.execute("INSERT INTO event VALUES ((1 << 32) + 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)")
    return db


def run(database: sqlite3.Connection, filter: Filter) -> int:
    where, parameters = sql(filter.possible.condition)
    (count,) = database.execute(f"SELECT count(*) FROM event WHERE {where}", parameters).fetchone()
    return int(count)


@given(st.one_of(st.text(), st.text(st.characters(exclude_categories=())), st.lists(TERMS, max_size=6).map(" ".join)))
def test_every_text_is_refused_or_runs(database: sqlite3.Connection, text: str) -> None:
    try:
        query = parse(text)
    except FilterError as error:
        assert 0 <= error.at <= max(len(text), 1)
        return
    assert run(database, query) in (0, 1)


VALUE = "'; DELETE FROM event; --"


@pytest.mark.parametrize(
    "query",
    [
        *(parse(f'{name}:"{VALUE}"') for name in ("type", "actor", "stream", "ledger", "run")),
        # Of these the parser takes known values only.
        Filter(Matches("format", (Pattern(VALUE),))),
        Filter(Matches("code", (Pattern(VALUE),))),
    ],
    ids=["type", "actor", "stream", "ledger", "run", "format", "code"],
)
def test_values_are_parameters(database: sqlite3.Connection, query: Filter) -> None:
    where, parameters = sql(query.condition)
    assert "DELETE" not in where
    assert VALUE in "".join(map(str, parameters))
    assert run(database, query) == 0
    assert run(database, parse("")) == 1


def test_the_largest_filters_run(database: sqlite3.Connection) -> None:
    run(database, parse("seq:1 " * 200))
    run(database, parse("type:" + ",".join(["a"] * 100 + ["b*"] * 100)))
    run(database, parse("type:" + "*a" * 4000))
    run(database, parse("not (type:A or " * 10 + "seq:1" + ")" * 10))
