"""Which paths changed: notification by the system, and a look at sizes where the file system does not notify.

The notifier sleeps, looks, and waits for one more step in which nothing comes. Its step is therefore what an append
waits for, one and a half times, and also what an idle console costs: 1 ms is 1.2 % of a core for 2 ms of waiting, 5 ms
a third of that for 8 ms, and longer steps save hardly more.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from watchfiles import awatch

Changed = Callable[[], Awaitable[list[str]]]
"""Paths that changed since they were last asked for."""
DEBOUNCE, STEP = 10, 5
"""Milliseconds: for how long changes are collected at most, and between two looks at what came."""
POLL = 1.0
"""Seconds between looks at sizes."""


async def watched(paths: Sequence[str], changed: Changed, stop: asyncio.Event) -> AsyncIterator[set[str]]:
    """Sets of paths that changed, until ``stop``. ``changed`` looks at sizes; it is called every ``POLL`` seconds.

    Folders are watched with what is below them; of a single file, its folder is watched, to see it rotated.
    """
    folders = sorted({path for path in paths if Path(path).is_dir()})
    files = sorted({str(Path(path).parent) for path in paths if not Path(path).is_dir()})
    queue: asyncio.Queue[set[str]] = asyncio.Queue()
    tasks = [asyncio.create_task(_poll(changed, stop, queue))]
    for group, recursive in ((folders, True), ([each for each in files if Path(each).is_dir()], False)):
        if group:
            tasks.append(asyncio.create_task(_notified(group, recursive, stop, queue)))
    try:
        while not stop.is_set():
            get = asyncio.ensure_future(queue.get())
            stopped = asyncio.ensure_future(stop.wait())
            done, _ = await asyncio.wait({get, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if get not in done:
                get.cancel()
                return
            batch = get.result()
            while not queue.empty():
                batch |= queue.get_nowait()
            yield batch
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _notified(folders: list[str], recursive: bool, stop: asyncio.Event, queue: asyncio.Queue[set[str]]) -> None:
    try:
        async for changes in awatch(
            *folders,
            watch_filter=None,
            debounce=DEBOUNCE,
            step=STEP,
            stop_event=stop,
            recursive=recursive,
            ignore_permission_denied=True,
            raise_interrupt=False,
        ):
            queue.put_nowait({path for _, path in changes})
    except (OSError, RuntimeError):
        # No notification to be had here (too many watches, a strange file system): the looks at sizes go on.
        return


async def _poll(changed: Changed, stop: asyncio.Event, queue: asyncio.Queue[set[str]]) -> None:
    while not stop.is_set():
        await asyncio.sleep(POLL)
        found = set(await changed())
        if found:
            queue.put_nowait(found)
