"""Metrics on a port, for a monitor on this machine: one small HTTP server, on loopback, while the console runs.

It answers ``GET /metrics`` and nothing else. A page of a web browser may send requests to loopback, too: only those are
answered that name loopback as their host. Figures are counted again when they are asked for, at most every few seconds.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from console.engine.api import SessionApi
from console.export.openmetrics import CONTENT_TYPE, openmetrics

LOOPBACK = "127.0.0.1"
FRESH = 2.0
"""Seconds for which figures are given again."""
_HOSTS = frozenset((LOOPBACK, "localhost", "[::1]"))
_PATIENCE = 10.0
"""Seconds that a request may take to come."""
_MOST = 16 * 1024
"""Bytes of a request's head."""
Text = Callable[[], Awaitable[str]]


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0 is any free one. Raises ``OSError`` where it cannot be had."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(8)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


async def serve(listening: socket.socket, text: Text) -> asyncio.Server:
    """Answer on this socket, in the running loop, until the server is closed."""
    answers = _Answers(text)
    return await asyncio.start_server(answers.answer, sock=listening, limit=_MOST)


async def serve_session(listening: socket.socket, session: SessionApi) -> asyncio.Server:
    """``serve`` with the figures of a session."""

    async def text() -> str:
        return openmetrics(await session.measured(), time.time_ns() // 1000)

    return await serve(listening, text)


class _Answers:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._known = b""
        self._until = 0.0
        self._counting = asyncio.Lock()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, then the connection is closed."""
        try:
            async with asyncio.timeout(_PATIENCE):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            writer.write(await self._response(head))
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # nobody there, or no request: nothing to be answered
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _response(self, head: str) -> bytes:
        line, *fields = head.splitlines()
        method, _, rest = line.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        hosts = [value.strip() for name, _, value in (each.partition(":") for each in fields) if name.lower() == "host"]
        if len(hosts) != 1 or _name(hosts[0]) not in _HOSTS:
            return _reply("403 Forbidden", b"Only loopback is answered.\n")
        if method not in ("GET", "HEAD"):
            return _reply("405 Method Not Allowed", b"Only GET is answered.\n")
        if path != "/metrics":
            return _reply("404 Not Found", b"There is /metrics here, and nothing else.\n")
        try:
            body = await self._fresh()
        except Exception as error:  # noqa: BLE001 - a monitor hears of it; the console goes on
            return _reply("503 Service Unavailable", f"{type(error).__name__}\n".encode())
        return _reply("200 OK", body, CONTENT_TYPE, with_body=method == "GET")

    async def _fresh(self) -> bytes:
        async with self._counting:
            if time.monotonic() >= self._until:
                self._known = (await self._text()).encode("utf-8", "backslashreplace")
                self._until = time.monotonic() + FRESH
            return self._known


def _name(host: str) -> str:
    """A host without its port."""
    name, colon, port = host.rpartition(":")
    return name.lower() if colon and port.isdecimal() else host.lower()


def _reply(status: str, body: bytes, kind: str = "text/plain; charset=utf-8", *, with_body: bool = True) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + (body if with_body else b"")
