"""The inside of a process of our own: it does work after work that comes over its connection, until that closes.

Few imports: each process pays for them, and what work needs comes with the work.
"""

import os
import signal
import threading
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection, wait

from console.engine.run import bulk_process
from console.engine.run.executor import HungUpError, Reported, message_bytes, perform

READY = b""
"""What a process sends once it can take work."""


def main(descriptor: int, nice: int, modules: str) -> None:
    """Serve a connection. ``modules``, between commas, are imported before the first work comes."""
    # An interrupt from the terminal reaches all processes of a command; the one that started this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(nice)
    connection = Connection(descriptor)
    for module in filter(None, modules.split(",")):
        import_module(module)
    bulk_process.prepare()
    try:
        connection.send_bytes(READY)
        while True:
            _serve(connection, connection.recv_bytes())
    except (HungUpError, EOFError, OSError):
        return


def _serve(connection: Connection, data: bytes) -> None:
    channel = _ConnectionChannel(connection)
    answer = perform(data, channel)
    channel.over = True
    connection.send_bytes(message_bytes(answer))


class _ConnectionChannel:
    """See ``Channel``. The caller hangs up by closing its end, and so does one that is killed."""

    def __init__(self, connection: Connection) -> None:
        self.worker = f"process {os.getpid()}"
        self.over = False
        self._connection = connection

    def send(self, value: object) -> None:
        data = message_bytes(Reported(value))
        try:
            self._connection.send_bytes(data)
        except OSError as error:
            raise HungUpError from error

    def on_hang_up(self, call: Callable[[], object]) -> None:
        def watch() -> None:
            wait([self._connection])
            if not self.over:  # nothing else comes while work is under way
                call()

        threading.Thread(target=watch, daemon=True).start()
