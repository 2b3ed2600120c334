"""A chain of no known system is seen by its values, whatever its fields are called, and a log without one is not."""

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.verify.likely_chain import Linking, count, linking

Row = dict[str, Any]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def chain(number: int, previous: str = "prev_hash", own: str = "entry_hash", first: Any = "0" * 64) -> list[Row]:
    rows, last = [], first
    for at in range(number):
        row: Row = {"n": at, "trace": digest(f"trace {at}"), "writer": digest("always the same"), previous: last}
        last = row[own] = digest(json.dumps(row))
        rows.append(row)
    return rows


def cut(rows: list[Row], how: Callable[[str], str]) -> list[Row]:
    """The previous hash written in another way."""
    return [{**row, "prev_hash": how(row["prev_hash"])} for row in rows]


@pytest.mark.parametrize("first", ["0" * 64, "", None, "GENESIS", digest("a seed")])
@pytest.mark.parametrize("names", [("prev_hash", "entry_hash"), ("a", "b"), ("hash", "self"), ("z", "y")])
def test_by_values_whatever_the_fields_are_called(names: tuple[str, str], first: Any) -> None:
    rows = chain(12, *names, first)
    found = linking(rows)
    assert found == Linking(*names)
    links = count(found, rows)
    assert links.total == links.hold >= 11
    assert links.broken is None


@pytest.mark.parametrize(
    "how",
    [
        lambda text: "sha256:" + text,
        lambda text: "0x" + text,
        str.upper,
        lambda text: text[:16],
        lambda text: text[-20:],
    ],
)
def test_a_previous_hash_may_be_cut_or_marked(how: Callable[[str], str]) -> None:
    rows = cut(chain(12), how)
    found = linking(rows)
    assert found == Linking("prev_hash", "entry_hash")
    assert (links := count(found, rows)).hold == links.total == 11


def test_in_inner_objects_backwards_and_several_in_turn() -> None:
    rows = chain(12)
    inner = [{"n": row["n"], "proof": {"of": row["prev_hash"], "is": row["entry_hash"]}} for row in rows]
    assert linking(inner) == Linking("proof.of", "proof.is")
    back = linking(rows[::-1])
    assert back == Linking("prev_hash", "entry_hash", backwards=True)
    assert (links := count(back, rows[::-1])).hold == links.total == 11
    other = chain(12, first=digest("other"))
    mixed = [row for pair in zip(rows, other, strict=True) for row in pair]
    apart = linking(mixed)
    assert apart == Linking("prev_hash", "entry_hash", apart=True)
    links = count(apart, mixed)
    assert (links.hold, links.total) == (22, 23)


def test_where_it_breaks() -> None:
    rows = chain(30)
    found = linking(rows)
    assert found is not None
    edited = [*rows]
    edited[17] = {**rows[17], "entry_hash": digest("edited")}
    links = count(found, edited)
    assert (links.hold, links.total) == (28, 29)
    assert links.broken == (19, digest("edited"), rows[18]["prev_hash"])
    links = count(found, rows[:9] + rows[10:])
    assert (links.hold, links.total, links.broken and links.broken[0]) == (27, 28, 10)
    assert count(found, [*rows[:9], None, *rows[9:]]).broken is None


@given(st.integers(0, 10**6))
def test_logs_without_links_are_none(seed: int) -> None:
    chance = random.Random(seed)
    few = [digest(str(at)) for at in range(3)]
    rows = [
        {
            "id": digest(str(chance.random())),
            "run": few[0],
            "commit": chance.choice(few),
            "user": few[chance.randrange(2)],
            "text": "no digest at all",
            "n": chance.randrange(9),
        }
        for _ in range(30)
    ]
    assert linking(rows) is None


@given(st.lists(st.none() | st.dictionaries(st.text(max_size=3), st.text() | st.integers() | st.none()), max_size=6))
def test_anything_may_be_asked(rows: list[Row | None]) -> None:
    found = linking(rows)
    if found is not None:
        count(found, rows)


def test_one_link_alone_is_chance_unless_its_fields_are_named_so() -> None:
    assert linking(chain(2)) == Linking("prev_hash", "entry_hash")
    assert linking(chain(2, "head", "sha256")) is None
    assert linking(chain(3, "head", "sha256")) == Linking("head", "sha256")
