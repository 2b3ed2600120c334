"""Whatever is written of terms, *and*, *or*, *not* and brackets finds what a plain list comprehension finds."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.event import StreamKey
from console.model.trust import Severity, Trust
from console.store.filter import parse
from console.store.filter.tree import Contains, FieldCompares, leaves
from tests.support.filter_evaluation import Judged, fits

Plain = Callable[[Judged], bool]
Written = tuple[str, Plain]
"""A filter as it is written, and what it means."""
EVENTS = [
    Judged(
        f"/{'ab'[number % 2]}.jsonl",
        "kernel",
        ["A", "B", "A,B"][number % 3],
        "anna" if number % 4 else "",
        (StreamKey("deal", f"d-{number % 3}"),),
        number,
        number * 1_000_000 if number % 5 else None,
        Trust.BROKEN if number == 7 else Trust.VERIFIED,
        Severity(number % 5),
    )
    for number in range(24)
]
HOLDS: dict[str, Plain] = {"x": lambda each: each.sequence % 2 == 0, "two words": lambda each: each.sequence > 11}
"""What the raw records hold."""
LEAVES: list[Written] = [
    ("type:A", lambda each: each.type == "A"),
    ("type:A,B", lambda each: each.type in ("A", "B")),
    ('type:"A,B"', lambda each: each.type == "A,B"),
    ("type!=A", lambda each: each.type != "A"),
    ("actor=a*", lambda each: each.actor.startswith("a")),
    ("deal:d-1", lambda each: each.streams[0].key == "d-1"),
    ("ledger:b.json", lambda each: each.path == "/b.jsonl"),
    ("seq>9", lambda each: each.sequence > 9),
    ("seq:3..12", lambda each: 3 <= each.sequence <= 12),
    ("time<1970-01-01T00:00:10", lambda each: each.time is not None and each.time < 10_000_000),
    ("trust:broken", lambda each: each.trust == Trust.BROKEN),
    ("severity>=error", lambda each: each.worst >= Severity.ERROR),
    ("severity<error", lambda each: each.worst < Severity.ERROR),
    ("payload.n>5", lambda each: each.sequence > 5),
    *((f'"{text}"', holds) for text, holds in HOLDS.items()),
    ("x", HOLDS["x"]),
]


def joined(parts: list[Written], word: str) -> Written:
    tests = [test for _, test in parts]
    meaning = all if word != " or " else any
    return f"({word.join(text for text, _ in parts)})", lambda each: meaning(test(each) for test in tests)


def opposite(written: Written, word: str) -> Written:
    text, test = written
    return f"{word}{text}", lambda each: not test(each)


FILTERS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from([" and ", " or ", " ", " AND "])),
        st.builds(opposite, inner, st.sampled_from(["not ", "NOT "])),
        st.builds(opposite, st.sampled_from(LEAVES), st.just("-")),
    ),
    max_leaves=6,
)


def known(written: str, event: Judged) -> Judged:
    """The event with what a search of its record would find."""
    found = [each for each in leaves(parse(written).condition) if isinstance(each, Contains | FieldCompares)]
    holds = {each for each in found if (HOLDS[each.text](event) if isinstance(each, Contains) else event.sequence > 5)}
    return replace(event, held=frozenset(holds))


@settings(max_examples=80, deadline=None)
@given(FILTERS)
def test_what_is_written_is_what_is_found(written: Written) -> None:
    text, meaning = written
    condition = parse(text).condition
    assert [fits(condition, known(text, each)) for each in EVENTS] == [meaning(each) for each in EVENTS], text
