"""The fake that the screens are tested with behaves like a session."""

import asyncio

from console.engine.api import SessionApi
from console.model.trust import Severity, Trust
from tests.support.fake_session import FakeSession


async def test_it_is_a_session() -> None:
    session: SessionApi = FakeSession()
    ledgers = await session.ledgers()
    assert [row.worst for row in ledgers[:3]] == [Severity.CRITICAL, Severity.ERROR, Severity.WARNING]
    assert ledgers[0].trust[Trust.BROKEN] == 1
    view = await session.view("trust:broken")
    (row,) = await view.rows(0, 10)
    details = await session.details(row.id)
    assert details.proof is not None
    assert details.proof.recomputed != details.proof.stored
    before = await session.link(row.id, -1)
    assert before is not None
    assert await session.link(before, 1) == row.id
    assert await session.link(before, 1, broken=True) == row.id
    steps = [step async for step in session.verify(ledger=1)]
    assert steps[-1].finished
    assert steps[-1].broken == 1


async def test_live_events_arrive() -> None:
    session = FakeSession()
    view = await session.view(ledger=1)
    changes = session.changes()
    await anext(changes)
    assert await view.refresh() is None
    waiting = asyncio.ensure_future(anext(changes))
    session.append(3)
    await waiting
    assert await view.refresh() == 120
    assert view.count == 123
