"""Metrics: well-formed OpenMetrics of hostile names too, and a server that answers loopback alone."""

import asyncio
import http.client
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from console.engine.export.figures import LedgerFigures
from console.export import metrics_server, openmetrics
from console.export.metrics_server import listen, serve, serve_session
from console.export.openmetrics import OTHERS
from console.export.openmetrics import openmetrics as rendered
from console.model.trust import Trust
from console.store.rows import EventCount, LedgerRow
from tests.support.fake_session import FakeSession

NOW = 1_700_000_060_000_000
SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?[0-9.]+)')


def ledger(name: str = "a.jsonl", *counts: EventCount, **more: Any) -> LedgerFigures:
    values: dict[str, Any] = {
        "codes": {"chain.hash-mismatch": (0, 0, 0, 0, 2), "order.naive-timestamp": (0, 5, 0, 0, 0)},
        "last_time": 1_700_000_000_000_000,
        **more,
    }
    first, last = 0, values.pop("last_time")
    row = LedgerRow(
        *(1, name, None, "jsonl", "toy", "", None, "live", "", 7, 100),
        *(first, last, (0,) * 7, (0,) * 5),
        **values,
    )
    return LedgerFigures(row, "findings", counts)


def samples(text: str) -> list[tuple[str, str, str]]:
    """Every sample of a text that is well-formed as a whole."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found, families, family = [], set(), ""
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            family = line.split(" ")[2]
            assert family not in families
            families.add(family)
        elif not line.startswith(("# HELP ", "# UNIT ")):
            match = SAMPLE.fullmatch(line)
            assert match is not None, line
            assert match[1].removesuffix("_total").removesuffix("_info") == family
            found.append((match[1].removeprefix("audit_console_"), match[2], match[3]))
    assert len({each[:2] for each in found}) == len(found)
    return found


def test_events_findings_and_lag() -> None:
    counts = [
        EventCount("made", "ada", Trust.VERIFIED, 3),
        EventCount("made", "eve", Trust.BROKEN, 2),
        EventCount("lost", "", Trust.VERIFIED, 1),
    ]
    found = samples(rendered([ledger("a.jsonl", *counts)], NOW))
    assert ("events_total", 'ledger="a.jsonl",type="made",trust="verified"', "3") in found
    assert ("events_total", 'ledger="a.jsonl",type="made",trust="broken"', "2") in found
    assert ("agent_events_total", 'ledger="a.jsonl",agent="ada",trust="verified"', "3") in found
    assert ("findings", 'ledger="a.jsonl",code="chain.hash-mismatch",severity="critical"', "2") in found
    assert ("lag_seconds", 'ledger="a.jsonl"', "60.000000") in found
    assert ("last_event_timestamp_seconds", 'ledger="a.jsonl"', "1700000000.000000") in found
    assert ("behind", 'ledger="a.jsonl"', "0") in found
    (info,) = [labels for name, labels, _ in found if name == "ledger_info"]
    assert 'format="toy"' in info and 'verdict="findings"' in info
    assert not samples(rendered([], NOW))
    assert not [each for each in samples(rendered([ledger(last_time=None)], NOW)) if "seconds" in each[0]]


def test_hostile_names_are_one_sample_each() -> None:
    names = ['a"b', "a\\b", "a\nb", "a\x1b[2J", "a␛[2J", "\ud800", "é", "x" * 5000, "x" * 5001, OTHERS]
    counts = [EventCount(name, name, Trust.UNCHAINED, 1) for name in names]
    text = rendered([ledger('l"\n.jsonl', *counts)], NOW)
    found = [each for each in samples(text) if each[0] == "events_total"]
    assert sum(int(value) for *_, value in found) == len(names) and "\x1b" not in text


def test_many_names_are_one_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmetrics, "MOST", 3)
    counts = [EventCount(f"t{number}", "", Trust.UNCHAINED, number) for number in range(1, 11)]
    found = [each[1:] for each in samples(rendered([ledger("a", *counts)], NOW)) if each[0] == "events_total"]
    assert {labels.split(",")[1]: value for labels, value in found} == {
        'type="t10"': "10",
        'type="t9"': "9",
        'type="t8"': "8",
        f'type="{OTHERS}"': "28",
    }


@asynccontextmanager
async def serving(text: Any = None) -> AsyncIterator[int]:
    async def nothing() -> str:
        return "# EOF\n"

    listening = listen(0)
    server = await serve(listening, text or nothing)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


def asked(port: int, path: str = "/metrics", method: str = "GET", **headers: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read()
    finally:
        connection.close()


async def test_the_server_answers_one_question_of_loopback() -> None:
    async with serving() as port:
        status, kind, body = await asyncio.to_thread(asked, port)
        assert (status, body) == (200, b"# EOF\n") and kind.startswith("application/openmetrics-text")
        assert (await asyncio.to_thread(asked, port, "/metrics?x=1"))[0] == 200
        assert (await asyncio.to_thread(asked, port, method="HEAD"))[::2] == (200, b"")
        assert (await asyncio.to_thread(asked, port, "/"))[0] == 404
        assert (await asyncio.to_thread(asked, port, method="POST"))[0] == 405
        for host, expected in (("evil.example", 403), ("localhost", 200), (f"127.0.0.1:{port}", 200), ("[::1]:9", 200)):
            assert (await asyncio.to_thread(asked, port, Host=host))[0] == expected, host


async def test_no_request_ends_the_server() -> None:
    async with serving() as port:
        for sent in (b"", b"GET", b"\xff\r\n\r\n", b"GET /metrics HTTP/1.1\r\n" + b"a" * 100_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            writer.write_eof()
            await reader.read()
            writer.close()
        assert (await asyncio.to_thread(asked, port))[0] == 200


async def test_figures_that_cannot_be_had_are_no_answer_and_fresh_ones_are_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    async def counted() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("no index")
        return f"{len(calls)}"

    async with serving(counted) as port:
        assert (await asyncio.to_thread(asked, port))[::2] == (503, b"OSError\n")
        assert [(await asyncio.to_thread(asked, port))[2] for _ in range(2)] == [b"2", b"2"]
    monkeypatch.setattr(metrics_server, "FRESH", 0.0)
    async with serving(counted) as port:
        assert [(await asyncio.to_thread(asked, port))[2] for _ in range(2)] == [b"3", b"4"]


async def test_a_session_is_measured() -> None:
    listening = listen(0)
    server = await serve_session(listening, FakeSession())
    try:
        status, _, body = await asyncio.to_thread(asked, listening.getsockname()[1])
        assert status == 200 and body.endswith(b"# EOF\n")
    finally:
        server.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            listen(other.getsockname()[1])
