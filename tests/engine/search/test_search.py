"""Free text: looked for in the raw records, as they are and as they grow."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.search.needle import needle
from console.engine.search.raw_scan import search
from console.engine.search.record_conditions import RecordConditions
from console.engine.session.protocol import View
from console.model.record import Cursor
from console.sources.content import FileContent
from console.sources.text.jsonl import JsonlSource
from console.store.filter import Filter, parse
from console.store.filter.tree import Contains, Not
from tests.support.engine_cases import Console, Deal, append, console
from tests.support.places import SAMPLES


@pytest.mark.parametrize(
    ("text", "raw", "found"),
    [
        ("abc", b"xABCx", True),
        ("Abc", b"xabcx", False),
        ("Abc", b"xAbcx", True),
        ("ärger", "der ÄRGER".encode(), True),
        ("Ärger", "der ärger".encode(), False),
        ("ärger", rb"der \u00e4rger", True),
        ("ärger", rb"der \u00C4rger", True),
        ("Ärger", rb"der \u00C4rger", True),
        ("Ärger", rb"der \u00e4rger", False),
        ("😀", rb"\uD83D\uDE00", True),
        ("a/b", rb"a\/b", True),
        ("a/b", b"a/b", True),
        ('say "hi"', rb"say \"hi\"", True),
        ("c:\\x", rb"c:\\x", True),
        ("c:\\\\x", rb"c:\\x", True),
        ("\\u00e4", rb"\u00e4", True),
        ('"ort":"köln"', rb'{"ort":"k\u00f6ln"}', True),
        ('"\\"hi\\""', rb'"\"hi\""', True),
        ("a.b", b"axb", False),
        ("ä.b", "äxb".encode(), False),
    ],
)
def test_forms(text: str, raw: bytes, found: bool) -> None:
    assert needle(text)(raw) is found


@given(st.text(min_size=1), st.text(), st.text(), st.booleans())
def test_a_text_is_found_in_json(text: str, before: str, after: str, ascii: bool) -> None:
    raw = json.dumps({"value": before + text + after}, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    assert needle(text)(raw)
    asked = Filter(Contains(text))
    assert RecordConditions(asked).held(raw) == {*asked.of_record}
    assert RecordConditions(Filter(Not(Contains(text)))).hit(raw) is None


def test_hits_over_batches_and_the_tail(tmp_path: Path) -> None:
    ledger = tmp_path / "many.jsonl"
    ledger.write_bytes(b"".join(b'{"n":"%d","x":"%s"}\n' % (n, b"y" * 300) for n in range(3000)) + b'{"n":"777')
    source = JsonlSource(FileContent(str(ledger)))
    answers = list(search(source, RecordConditions(parse('"\\"777" -zz')), Cursor()))
    assert len(answers) > 3
    assert [ordinal for answer in answers for ordinal, _ in answer.found] == [778, 3001]
    assert answers[-1].next.ordinal == 3001


async def found(one: Console, query: str, count: int, **scope: int) -> list[int]:
    view = await one.session.view(query, **scope)

    async def there() -> bool:
        await view.refresh()
        return view.count == count and not view.note

    await one.until(there)
    rows = await view.rows(0, 1000)
    assert [await view.position(row.id) for row in rows] == [*range(count)]
    await view.close()
    return [row.ordinal for row in rows]


async def test_live(tmp_path: Path) -> None:
    deal, ledger = Deal(), tmp_path / "deals.jsonl"
    ledger.write_bytes(b"".join(deal.event(place=place) + b"\n" for place in ("Köln", "Bonn", "köln", "Ulm")))
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        assert await found(one, "köln", 2) == [1, 3]
        assert await found(one, "Köln", 1) == [1]
        assert await found(one, "-köln seq:>1", 2) == [2, 4]
        assert await found(one, "nowhere", 0) == []
        assert await found(one, "bonn or (köln and seq:1)", 2) == [1, 2]
        assert await found(one, "not (köln or seq:2)", 1) == [4]
        assert await found(one, "payload.place:B*,köln", 2) == [2, 3]
        view = await one.session.view("köln")
        append(ledger, deal.event(place="KÖLN") + b"\n" + deal.event(place="Rom") + b"\n")

        async def seen() -> bool:
            await view.refresh()
            return view.count == 3

        await one.until(seen)
        assert [row.ordinal for row in await view.rows(0, 9)] == [1, 3, 5]
        ledger.rename(tmp_path / "deals.jsonl.1")
        ledger.write_bytes(deal.event(place="Köln-Süd") + b"\n")
        await one.records(ledger, 7)
        assert await found(one, "köln", 4) == [1, 3, 5, 7]
        os.truncate(ledger, 0)
        append(ledger, Deal("other").event(place="Köln") + b"\n")
        await one.records(ledger, 1)

        async def anew() -> bool:
            await view.refresh()
            return [row.ordinal for row in await view.rows(0, 9)] == [1]

        await one.until(anew)
        await view.close()


@pytest.mark.parametrize("name", ["kernel/portal.db", "kernel/api-events.json", "kernel/deals-backup.jsonl.gz"])
async def test_in_every_container(name: str, tmp_path: Path) -> None:
    async with console(SAMPLES / name, index=tmp_path / "i.sqlite") as one:
        everything = await one.events()
        expected = []
        for row in everything:
            if b"approved" in (await one.session.details(row.id)).raw.lower():
                expected.append(row.ordinal)
            if len(expected) > 3:
                break
        assert expected
        assert set(expected) <= set(await found_at_least(one, "approved", len(expected)))


async def found_at_least(one: Console, query: str, count: int) -> list[int]:
    view = await one.session.view(query)

    async def there() -> bool:
        await view.refresh()
        return view.count >= count and not view.note

    await one.until(there)
    rows = await view.rows(0, 1000)
    await view.close()
    return sorted(row.ordinal for row in rows)


async def test_a_search_says_from_its_first_moment_that_it_goes_on(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(20))
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        view = await one.session.view("nowhere")
        try:
            assert (view.note, view.count) == ("searching 0 %", 0)
            await one.until(lambda: _ended(view))
            assert view.count == 0
        finally:
            await view.close()


async def _ended(view: View) -> bool:
    return view.note == ""
