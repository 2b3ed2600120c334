"""Processes of our own: started with a function to run and a connection to talk over, and nothing else.

The standard library's spawn start runs the caller's main module again and needs a real standard error, which is not to
be had while a screen is shown.
"""

import contextlib
import gc
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from console.sources.private import sweep

_CHILD = "from console.engine.run.processes import _run; import sys; _run(int(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Child:
    """A started process. ``connection`` raises EOFError once the process is gone."""

    connection: Connection
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        """Hang up, wait a little, and end it if it does not end by itself."""
        self.connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
            return
        self.kill()

    def kill(self) -> None:
        """End it at once, and remove the private copies that it could not remove itself."""
        self.process.kill()
        self.process.wait()
        self.connection.close()
        sweep()


def start(function: Callable[..., None], *arguments: Any) -> Child:
    """Run ``function(connection, *arguments)`` in a new process. Both must be picklable. Raises ``OSError``."""
    ours, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    connection = Connection(ours.detach())
    connection.send((function, arguments))
    return Child(connection, process)


def collect_seldom() -> None:
    """Look for garbage seldom in this process: a batch makes many thousand objects at once, and few go in circles."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _run(descriptor: int) -> None:
    connection = Connection(descriptor)
    try:
        function, arguments = connection.recv()
        collect_seldom()
        function(connection, *arguments)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return
    finally:
        with contextlib.suppress(OSError):
            connection.close()
