"""Replays that several screens share: each stream is replayed once, for as long as any of them shows it."""

from collections.abc import Awaitable, Callable, Sequence

from console.engine.replay.stream_replay import ReplayedStream, StreamReplay
from console.engine.session.protocol import Replay, StateAfter
from console.engine.session.records import Records
from console.formats.guarded import named, replayer_of
from console.model.event import StreamKey
from console.store.filter import parse
from console.store.protocol import IndexReader


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


async def replay_of(reader: IndexReader, stream: int) -> StreamReplay | None:
    """A replay that reads with this reader, and closes it at its end; None where the stream has no state."""
    row = await reader.stream(stream)
    if row is not None:
        (ledger,) = await reader.ledgers(row.ledger)
        records = Records(reader)
        form, context, key = named(ledger.format), await records.context(ledger), StreamKey(row.kind, row.key)
        if replayer_of(form, key, context) is not None:
            view = await reader.view(parse(""), stream=stream)
            return StreamReplay(ReplayedStream(key, form, context, view, reader.events, records.raws, reader.close))
    await reader.close()
    return None
