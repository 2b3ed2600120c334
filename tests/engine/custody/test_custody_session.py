"""What is searched and verified on the screen is recorded like a command."""

from pathlib import Path

from console.engine.api import IndexPlace
from console.engine.custody.place import CustodyPlace
from console.engine.questions import recorded_acts
from console.engine.session.client import open_session
from tests.support.engine_cases import NOW, Console, Deal


async def test_searches_and_checks(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(5))
    custody = CustodyPlace(str(tmp_path / "custody"), "anna", "reader")
    place = IndexPlace(str(tmp_path / "i.sqlite"), custody=custody)
    one = Console(await open_session([str(ledger)], place, NOW))
    try:
        await one.following()
        row = (await one.ledgers())[0]
        stream = (await one.session.streams(row.id))[0][0]
        for query in ("", "seq:2"):
            view = await one.session.view(query, stream=stream.id)
            await view.close()
        verdicts = [each.judged async for each in one.session.verify(stream=stream.id)]
    finally:
        await one.close()
    search, check = (each["entry"] for each in recorded_acts(custody.path)[0])
    assert (search["action"], search["ledgers"], search["who"]) == ("search", [str(ledger)], "anna")
    assert search["details"] == {"screen": True, "stream": f"deal:{stream.key}", "where": "seq:2"}
    assert verdicts[-1] is not None and (check["action"], check["result"]) == ("verify", verdicts[-1].verdict.word)
