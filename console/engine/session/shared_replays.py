"""Replays that several screens share: each stream is replayed once, for as long as any of them shows it."""

from collections.abc import Awaitable, Callable, Sequence

from console.engine.replay.stream_replay import StreamReplay
from console.engine.session.protocol import Replay, StateAfter


class SharedReplays:
    """Hands out replays by the id of their stream, and closes each when nobody holds it any more."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[StreamReplay, int]] = {}

    async def get(self, stream: int, make: Callable[[], Awaitable[StreamReplay | None]]) -> Replay | None:
        """The replay of a stream; made where nobody holds it. None where it has none."""
        if stream not in self._held:
            made = await make()
            if made is None:
                return None
            if stream in self._held:  # another screen asked meanwhile
                await made.close()
            else:
                self._held[stream] = made, 0
        replay, users = self._held[stream]
        self._held[stream] = replay, users + 1
        return _Holding(replay, lambda: self._release(stream, replay))

    async def _release(self, stream: int, replay: StreamReplay) -> None:
        held, users = self._held.get(stream, (replay, 1))
        if held is not replay or users <= 1:
            if held is replay:
                self._held.pop(stream, None)
            await replay.close()
        else:
            self._held[stream] = held, users - 1

    def forget(self) -> None:
        """The index was made again: ids stand for other streams."""
        self._held.clear()


class _Holding:
    """One holder's hand on a replay."""

    def __init__(self, replay: StreamReplay, release: Callable[[], Awaitable[None]]) -> None:
        self._replay = replay
        self._release: Callable[[], Awaitable[None]] | None = release

    @property
    def names(self) -> Sequence[str]:
        return self._replay.names

    @property
    def count(self) -> int:
        return self._replay.count

    @property
    def done(self) -> int:
        return self._replay.done

    @property
    def edition(self) -> int:
        return self._replay.edition

    async def advance(self) -> bool:
        return await self._replay.advance()

    async def steps(self, start: int, stop: int) -> list[StateAfter]:
        return await self._replay.steps(start, stop)

    async def place(self, event: int) -> int | None:
        return await self._replay.place(event)

    def as_of(self, micros: int) -> int:
        return self._replay.as_of(micros)

    async def close(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            await release()
