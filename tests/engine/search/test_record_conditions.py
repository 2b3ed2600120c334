"""What a filter asks of raw records: each record is judged as its document says, however it is written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.search.record_conditions import RecordConditions
from console.store.filter import Filter, parse
from console.store.filter.tree import FALSE, TRUE, And, Condition, Contains, FieldMatches, Not, Or, Pattern, rebuilt

RECORD = json.dumps(
    {
        "payload": {
            "approvedAmount": 20_000_000,
            "rate": 4.5,
            "text": "12.50",
            "big": 10**30,
            "due": "2026-11-20T10:00:00+02:00",
            "by": None,
            "ok": True,
            "list": [{"k": "a"}, {"k": "b"}, [{"k": "c"}]],
            "a.b": "dotted",
            "empty": {},
        },
        "metadata": '{"severity_level": "low", "more": "[1, 2]"}',
        "dealId": "d-1",
    }
).encode()
ESCAPED = RECORD.replace(b"approvedAmount", rb"\u0061pprovedAmount").replace(b"d-1", rb"d\u002d1")


@pytest.mark.parametrize("record", [RECORD, ESCAPED], ids=["plain", "escaped"])
@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("payload.approvedAmount>18000000", True),
        ("payload.approvedAmount>20000000", False),
        ("payload.approvedAmount>=2e7", True),
        ("payload.approvedAmount:20000000", True),
        ("payload.approvedAmount:20000000.0", True),
        ("payload.approvedAmount:20*", True),
        ("payload.approvedAmount:1..20000000", True),
        ("payload.approvedAmount<5 or payload.rate<5", True),
        ("payload.rate:4.50", True),
        ("payload.text>12", True),
        ("payload.text:12.5", False),
        ("payload.big>999999999999999999999999999999", True),
        ("payload.due>=2026-11-20T08:00Z", True),
        ("payload.due<2026-11-20", False),
        ("payload.due:2026-11-20*", True),
        ("payload.by:null", True),
        ("payload.ok:true", True),
        ("payload.ok>0", False),
        ("payload.list.k:b", True),
        ("payload.list.k:c", True),
        ("payload.list.0.k:b", False),
        ("payload.list.1.k:b", True),
        ("payload.list.9.k:*", False),
        ('payload."a.b":dotted', True),
        ("payload.empty:*", True),
        ("payload.empty:x", False),
        ("payload.nothing:*", False),
        ("payload.nothing!=5", True),
        ("-payload.nothing:*", True),
        ("metadata.severity_level:low", True),
        ("metadata.severity_level:LOW", False),
        ("metadata.more:2", False),
        ("metadata.more.1:2", True),
        (".dealId:d-1", True),
        ('.dealId:d-2,"d-1"', True),
    ],
)
def test_keys(record: bytes, query: str, holds: bool) -> None:
    asked = RecordConditions(parse(query))
    assert (asked.hit(record) is not None) is holds
    assert not holds or asked.may_hit(b'{"other": 1}\n' + record)


def test_a_block_of_a_capture() -> None:
    block = b'event: progress\nid: 7\ndata: {"table": "orders",\ndata: "done": 3}\n\n'
    for query in ("data.table:orders", ".table:orders", ".event:progress", ".id:7", "data.done>2"):
        assert RecordConditions(parse(query)).hit(block) is not None, query
    assert RecordConditions(parse("data.table:x")).hit(block) is None


@pytest.mark.parametrize("record", [b"", b"nonsense", b'{"a":', b"[1]", b'{"a":1}{"a":2}', b"\xff\xfe", b'{"a":NaN}'])
def test_what_cannot_be_read(record: bytes) -> None:
    assert RecordConditions(parse(".a>1 or .a:x")).hit(record) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["1", "x", "*"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
LEAVES = st.one_of(
    st.builds(Contains, st.sampled_from(["x", "1", '"a"'])),
    st.builds(
        FieldMatches,
        st.lists(st.sampled_from(["a", "b", "0"]), min_size=1, max_size=2).map(tuple),
        st.builds(Pattern, st.sampled_from(["1", "x", "*", "true"]), st.booleans()).map(lambda each: (each,)),
    ),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=2).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)


@given(CONDITIONS, st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=2), max_size=4))
def test_hits_are_the_records_that_fit(condition: Condition, documents: list[dict[str, object]]) -> None:
    filter = Filter(condition)
    asked, records = RecordConditions(filter), [json.dumps(each).encode() for each in documents]
    for record in records:
        held = asked.held(record)
        judged = rebuilt(condition, lambda leaf, held=held: TRUE if leaf in held else FALSE)  # type: ignore[misc]  # a default
        assert judged in (TRUE, FALSE)
        assert (asked.hit(record) is not None) is (judged == TRUE)
        assert judged == FALSE or asked.may_hit(b"\n".join(records))
