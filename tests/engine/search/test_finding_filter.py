"""A filter of events, asked of findings."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.engine.search.finding_listing import findings_of
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.filter import parse
from tests.support.index_cases import Row
from tests.support.stores import STORES, Opened, index

E, W = Severity.ERROR, Severity.WARNING
FINDINGS = [
    Finding("chain.fork", Severity.CRITICAL, "", stream="s", sequence=1, record=1),
    Finding("schema.wrong-type", W, "", stream="s", sequence=1, record=1),
    Finding("schema.wrong-type", E, "", stream="[t]", sequence=2, record=2),
    Finding("container.gzip-truncated", E, "", count=3),
    Finding("lifecycle.event-after-end", W, "", record=3),
    Finding("order.stage-missing", Severity.NOTE, "", stream="s"),
]
ROWS = [
    Row(10, type="A", actor="anna", stream="s", sequence=1, trust=Trust.BROKEN),
    Row(NO_TIME, type="B", stream="[t]", sequence=2),
    Row(30, type="A", stream="u", also=("s",)),
]


@pytest.fixture(params=STORES)
async def one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    async with index(request.param, tmp_path) as found:
        await found.pen.write(found.pen.batch(ROWS, FINDINGS))
        yield found


@pytest.mark.parametrize(
    ("where", "fitting", "unplaced"),
    [
        ("", range(6), 0),
        ("code:chain.*,container.*", [0, 3], 0),
        ("-code:schema.*", [0, 3, 4, 5], 0),
        ("severity:error", [0, 2, 3], 0),
        ("severity:none", [], 0),
        ("ledger:one format:kernel", range(6), 0),
        ("ledger:two", [], 0),
        ("type:A", [0, 1, 4], 4),
        ("type:A code:schema.*", [1], 0),
        ("-type:A", [2], 4),
        ("actor:anna", [0, 1], 4),
        ("stream:s", [0, 1, 4, 5], 3),
        ("run:s", [0, 1, 4], 4),
        ("stream:[*", [2], 4),
        ("seq:2", [2], 4),
        ("trust:broken severity:critical", [0], 0),
        ("since:1969", [0, 1, 4], 4),
    ],
)
async def test_what_fits(one: Opened, where: str, fitting: list[int], unplaced: int) -> None:
    found = await findings_of(one.reader, parse(where))
    rows = [row.finding for group in found.groups for row in group.rows]
    assert sorted(FINDINGS.index(each) for each in rows) == list(fitting)
    assert found.unplaced == unplaced
