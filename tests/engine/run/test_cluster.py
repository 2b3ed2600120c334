"""What goes wrong with a cluster, in words; and nothing but the address that was given is talked to."""

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, aclosing
from pathlib import Path

import pytest

from console.engine.errors import ExecutorError
from console.engine.run import cluster as cluster_module
from console.engine.run.choice import executor_named
from console.engine.run.cluster import connect
from console.engine.run.executor import Reported, Work, outcome
from tests.support.executors import add, go_on, local_cluster
from tests.support.places import ROOT

pytestmark = pytest.mark.slow


async def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError) as raised:
        await executor_named("dask://127.0.0.1:8786")
    assert "package distributed, which is not installed: pip install 'audit-console[cluster]'" in str(raised.value)


@pytest.mark.filterwarnings("ignore:unclosed")  # of distributed, where it gives up
async def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ExecutorError, match=f"No Dask scheduler can be reached at dask://127.0.0.1:{port}: "):
        await connect(f"127.0.0.1:{port}")


@pytest.mark.filterwarnings("ignore:unclosed")
async def test_somebody_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ExecutorError, match=f"No Dask scheduler can be reached at dask://127.0.0.1:{port}: "):
            await connect(f"127.0.0.1:{port}")


async def test_there_are_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)
    with local_cluster(workers=0) as address, pytest.raises(ExecutorError, match=f"dask://{address} has no workers"):
        await connect(address)


async def test_the_last_worker_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)
    with local_cluster(workers=1) as address:
        async with await connect(address) as executor, aclosing(executor.submit(work(tmp_path))) as messages:
            with pytest.raises(ExecutorError, match=f"dask://{address} has no workers"):
                async for message in messages:
                    if isinstance(message, Reported) and not (tmp_path / "retired").exists():
                        (tmp_path / "retired").touch()
                        async with Client(f"tcp://{address}", asynchronous=True, set_as_default=False) as client:
                            await client.retire_workers(list(await client.nthreads()))


def work(folder: Path) -> Work:
    return Work("for ever", go_on, (str(folder / "lock"),), repeats=1)


async def test_the_scheduler_goes(tmp_path: Path) -> None:
    stack = ExitStack()
    address = stack.enter_context(local_cluster())
    async with await connect(address) as executor:
        pending = [asyncio.create_task(outcome(executor, work(tmp_path))) for _ in range(6)]
        while not (tmp_path / "lock").exists():
            await asyncio.sleep(0.01)
        await asyncio.to_thread(stack.close)
        for each in pending:
            with pytest.raises(ExecutorError, match=f"connection to the Dask scheduler at dask://{address} was lost"):
                await each


async def test_another_version(monkeypatch: pytest.MonkeyPatch, cluster: str) -> None:
    monkeypatch.setattr(cluster_module, "__version__", "99.0")
    async with await connect(cluster) as executor:
        with pytest.raises(
            ExecutorError, match=r"worker tcp://127\.0\.0\.1:\d+ has audit-console [0-9.]+, this is 99\.0"
        ):
            await outcome(executor, Work("a sum", add, (1,)))


async def test_another_clock(monkeypatch: pytest.MonkeyPatch, cluster: str) -> None:
    here = time.time
    monkeypatch.setattr(time, "time", lambda: here() + 100)
    async with await connect(cluster) as executor:
        with pytest.raises(ExecutorError, match=r"clock of the worker tcp://\S+ is 100 seconds behind the one here"):
            await outcome(executor, Work("a sum", add, (1,)))


CONNECTIONS = """
import asyncio, os, sys
seen = set()
sys.addaudithook(lambda event, values: seen.add(values[1]) if event == "socket.connect" else None)
from console.engine.run.cluster import connect
from console.engine.run.executor import Work, outcome
from tests.support.executors import send_back
async def main():
    async with await connect(sys.argv[1]) as executor:
        await asyncio.gather(*(outcome(executor, Work("much", send_back, (os.urandom(1 << 20),))) for _ in range(8)))
asyncio.run(main())
print(*{f"{host}:{port}" for host, port in seen})
"""


def test_only_the_scheduler_is_talked_to(cluster: str) -> None:
    command = [sys.executable, "-c", CONNECTIONS, cluster]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.split(), done.stderr) == ([cluster], "")
