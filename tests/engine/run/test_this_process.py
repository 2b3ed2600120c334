"""Work in a thread of this process, interrupted at every moment that there is."""

import asyncio
import pickle
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from console.engine.run.executor import Finished, HungUpError, Message, Reported
from console.engine.run.this_process import ThreadChannel
from tests.support.executors import count

REPORTS = 3


class _Interrupted:
    """A channel whose work runs in a traced thread, which hangs up on itself before the step of this number."""

    def __init__(self, step: int) -> None:
        self.channel = ThreadChannel(asyncio.get_running_loop())
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.steps, self._step = 0, step
        self.escaped: BaseException | None = None

    @property
    def hung_up(self) -> bool:
        return self.steps > self._step

    def _work(self) -> None:
        sys.settrace(self._trace)
        try:
            self.channel.work(pickle.dumps((count, (REPORTS,))))
        except HungUpError as error:
            self.escaped = error
        finally:
            sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if self.hung_up or frame.f_code is ThreadChannel.hang_up.__code__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and not self.channel._lock.locked():  # whoever hangs up would wait for it
            self.steps += 1
            if self.hung_up:
                self.channel.hang_up(self.thread)
        return self._trace

    async def messages(self) -> list[Message]:
        """What comes before the thread hangs up, or to the work's end. Returns once the channel has ended."""
        self.thread.start()
        heard: list[Message] = []
        reading = asyncio.create_task(self._read(heard))
        await self.channel.ended.wait()
        await asyncio.sleep(0)  # what is there already is read
        reading.cancel()
        return heard

    async def _read(self, heard: list[Message]) -> None:
        while True:
            heard.append(await self.channel.next())


async def test_hanging_up_before_any_step_ends_the_channel() -> None:
    step = 0
    while True:
        interrupted = _Interrupted(step)
        async with asyncio.timeout(60):
            messages = await interrupted.messages()
        interrupted.thread.join()
        assert interrupted.escaped is None, step
        if not interrupted.hung_up:
            assert Finished(f"{REPORTS} counted", "this process") in messages
            break
        step += 1
    assert step > 100


@pytest.mark.parametrize("ahead", range(3))
async def test_work_that_waits_for_its_caller_is_interrupted(ahead: int) -> None:
    channel = ThreadChannel(asyncio.get_running_loop())
    thread = threading.Thread(target=channel.work, args=(pickle.dumps((count, (1000,))),), daemon=True)
    thread.start()
    for number in range(ahead):
        assert await channel.next() == Reported(number)
    channel.hang_up(thread)
    async with asyncio.timeout(60):
        await channel.ended.wait()
    thread.join()
