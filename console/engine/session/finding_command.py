"""The operator's command for alarms: started for one after the other, each as one JSON object on its standard input.

It belongs to the operator and may fail or hang, and what it is given was written by others. So there is no shell, no
foreign text among its arguments, one run at a time, and an end to each.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LIMIT = 100
"""Objects that wait at most; more are not handed over, and that is reported."""
REST = 1.0
"""Seconds between two starts at least."""
PATIENCE = 30.0
"""Seconds after which a run is ended."""


class FindingCommand:
    """Runs ``command`` for each object handed over. ``report`` hears what went wrong, in words, and each thing once."""

    def __init__(
        self,
        command: Sequence[str],
        report: Callable[[str], None],
        *,
        rest: float = REST,
        patience: float = PATIENCE,
    ) -> None:
        self._command = command
        self._tell = report
        self._rest, self._patience = rest, patience
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(LIMIT)
        self._work: asyncio.Task[None] | None = None
        self._heard = ""

    def hand_over(self, value: Mapping[str, Any]) -> None:
        """Run the command for this object as soon as it is its turn. Returns at once."""
        try:
            self._waiting.put_nowait(json.dumps(value, ensure_ascii=True).encode() + b"\n")
        except asyncio.QueueFull:
            self._report(f"is too slow: findings beyond {LIMIT} that wait are not handed to it")
            return
        if self._work is None:
            self._work = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End a run that is under way; what waits is dropped."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    def _report(self, words: str) -> None:
        if words != self._heard:
            self._heard = words
            self._tell(f"{self._command[0]} {words}")

    async def _run(self) -> None:
        while True:
            line = await self._waiting.get()
            began = time.monotonic()
            if words := await self._handle(line):
                self._report(words)
            else:
                self._heard = ""
            await asyncio.sleep(max(0.0, self._rest - (time.monotonic() - began)))

    async def _handle(self, line: bytes) -> str:
        """One run. What went wrong, '' for nothing."""
        null = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.PIPE, stdout=null, stderr=null, start_new_session=True
            )
        except OSError as error:
            return f"cannot be started: {error.strerror or error}"
        try:
            async with asyncio.timeout(self._patience):
                await process.communicate(line)
        except TimeoutError:
            return f"did not end within {self._patience:g} s, and was ended"
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            ended = f"by {signal.Signals(-process.returncode).name}" if process.returncode < 0 else ""
            return f"failed {ended or f'with exit code {process.returncode}'}"
        return ""
