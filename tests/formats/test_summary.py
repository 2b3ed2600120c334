"""What an event did, in a few words: templates, and every event of the samples."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.engine.ledgers.opening import Opened, open_ledgers
from console.formats.registry import own_names
from console.formats.summary import LONGEST, filled, summary
from console.model.record import Record
from tests.support.places import SAMPLES

APPROVED = "approved[ {approvedAmount}][ {currency}][: {by.name}]"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"approvedAmount": 18400000, "currency": "USD", "by": {"name": "A. Reyes"}},
            "approved 18,400,000 USD: A. Reyes",
        ),
        ({"approvedAmount": 1.5}, "approved 1.5"),
        ({"approvedAmount": 0}, "approved 0"),
        ({"currency": "", "by": []}, "approved"),
        ({"by": {"name": ["a", "b", "c", "d", "e"]}}, "approved: a, b, c and 2 more"),
        ({"by": {"name": True}}, "approved: yes"),
        ({"approvedAmount": 10**400, "by": "x"}, "approved a huge number"),
        ({}, "approved"),
    ],
)
def test_parts_stand_where_they_have_values(document: dict[str, Any], words: str) -> None:
    assert filled(APPROVED, document) == words


def test_without_a_template_the_first_plain_values_are_shown() -> None:
    document = {"a": 1, "b": {"c": 2}, "d": "x", "e": None, "f": 2.5, "g": 3}
    assert summary({}, "Unknown", document) == "a 1, d x, f 2.5"
    assert summary({"Known": "{missing} there"}, "Known", {"a": 1}) == "a 1"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=10,
)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(["approvedAmount", "currency", "by", "other"]), JSON))
def test_any_document_has_a_short_summary(document: dict[str, Any]) -> None:
    assert len(summary({"A": APPROVED}, "A", document)) <= LONGEST


def test_nearly_every_event_of_the_samples_has_one() -> None:
    with_words: Counter[str] = Counter()
    events: Counter[str] = Counter()
    for opened in open_ledgers([str(SAMPLES)]):
        assert isinstance(opened, Opened)
        context = opened.context()
        for batch in opened.source.batches():
            for at, raw in enumerate(batch.raws[:50]):
                event = opened.format.decode(Record(batch.first + at, 0, len(raw), raw), context)
                if event.type:
                    events[opened.format.name] += 1
                    with_words[opened.format.name] += bool(opened.format.summary(event))
    assert set(events) == set(own_names())
    for name, count in events.items():
        assert with_words[name] >= 0.6 * count, name
