"""Where work runs: here, in processes, on a cluster. All of them take the same work and answer with the same messages.

What is asked for is one function with its arguments, and what comes back is one stream of frozen messages that ends
with the result, the error, or the loss of the worker. Closing the stream cancels the work. Nothing else passes between
the two sides, so that what is made of the results does not depend on where they were made.
"""

import pickle
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from console.engine.errors import ExecutorError


@dataclass(frozen=True, slots=True)
class Work:
    """One call, ``function(channel, *arguments)``: a function of a module, and arguments that can be pickled."""

    name: str
    """What it is about, for people: it stands in messages of loss."""
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    repeats: int = 0
    """Times that it is done again from its beginning after its worker died; then the loss is reported."""
    patience: float = 0.0
    """Seconds in which cancelled work may end by itself in a process of its own, before that process is killed."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A worker began. ``process`` is the id of its process, on the worker's machine."""

    worker: str
    process: int


@dataclass(frozen=True, slots=True)
class Reported:
    """What the work sent on its way: its progress, or a portion of what it makes."""

    value: Any


@dataclass(frozen=True, slots=True)
class Repeated:
    """The worker died and the work begins again: what it has reported is void."""

    worker: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last message: what the function returned, and the worker that called it."""

    value: Any
    worker: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The last message: what the function raised. An error that cannot be pickled comes as a ``WorkError``."""

    error: Exception
    worker: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The last message: the worker died, and the work was not to be done again, or not once more."""

    worker: str
    reason: str


Message = Begun | Reported | Repeated | Finished | Failed | Lost
Messages = AsyncGenerator[Message, None]
"""Ends with Finished, Failed or Lost. Closing it before cancels the work."""


class Executor(Protocol):
    """Runs work, as much at once as it has workers and in the order in which it was submitted."""

    @property
    def workers(self) -> int:
        """How much work is worth having under way at once."""

    @property
    def remote(self) -> bool:
        """True if its workers may run on other machines, with other files and clocks."""

    def submit(self, work: Work) -> Messages:
        """The messages of this work, which begins when they are first asked for.

        Raises ``UnsendableError`` for work that cannot be pickled, ``ExecutorError`` where no worker can be had.
        """

    async def close(self) -> None:
        """End all workers that it started. A second call does nothing."""


class Channel(Protocol):
    """The work's side of the messages."""

    @property
    def worker(self) -> str:
        """The worker's name, for people."""

    def send(self, value: object) -> None:
        """Report a value. Waits while the caller is more than a message behind (on a cluster it does not).

        Raises ``HungUpError`` once the caller wants no more. On a cluster, work that never sends cannot be cancelled.
        """

    def on_hang_up(self, call: Callable[[], object]) -> None:
        """Call this, from another thread, once the caller wants no more or is gone."""


class UnsendableError(ExecutorError):
    """Work that cannot be sent to a worker."""


class LostError(ExecutorError):
    """The worker died. See ``Lost``."""

    def __init__(self, name: str, worker: str, reason: str) -> None:
        super().__init__(f"The worker that did {name} ended before it was done ({worker}: {reason}).")


class WorkError(Exception):
    """The words of an error that cannot be brought here itself."""


class HungUpError(KeyboardInterrupt):
    """The caller wants no more: an interrupt, as far as the work can tell."""


def packed(work: Work) -> bytes:
    """Work as it is sent. Raises ``UnsendableError``."""
    try:
        return pickle.dumps((work.function, work.arguments), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # pickling calls the arguments' own code, which may raise anything
        raise UnsendableError(f"{work.name} cannot be sent to a worker: {_words(error)}") from error


def perform(data: bytes, channel: Channel) -> Finished | Failed:
    """Do packed work, in the worker. Raises ``HungUpError``."""
    try:
        function, arguments = pickle.loads(data)
        return Finished(function(channel, *arguments), channel.worker)
    except Exception as error:  # noqa: BLE001 - the work's error is its answer
        return Failed(_portable(error), channel.worker)


def message_bytes(message: Message) -> bytes:
    """A message of the worker's, pickled. A result that cannot be is a failure; a report that cannot be raises it."""
    try:
        return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        if not isinstance(message, Finished):
            raise
        failed = Failed(WorkError(f"The result cannot be sent: {_words(error)}"), message.worker)
        return pickle.dumps(failed, pickle.HIGHEST_PROTOCOL)


async def outcome(executor: Executor, work: Work, report: Callable[[Any], None] = lambda _: None) -> tuple[Any, str]:
    """What the work returned, and the worker that did it. Raises what the work raised, and ``ExecutorError``."""
    async with aclosing(executor.submit(work)) as messages:
        async for message in messages:
            match message:
                case Reported(value):
                    report(value)
                case Finished(value, worker):
                    return value, worker
                case Failed(error):
                    raise error
                case Lost(worker, reason):
                    raise LostError(work.name, worker, reason)
                case _:
                    pass
    raise AssertionError("the messages of work end with its outcome")


def first(failed: ExceptionGroup[Exception]) -> Exception:
    """One error of a group: work under way at once fails together, and one reason is enough for people."""
    error: Exception = failed
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _portable(error: Exception) -> Exception:
    """The error itself if it survives pickling, otherwise its words."""
    try:
        if str(pickle.loads(pickle.dumps(error))) == str(error):
            return error
    except Exception:  # noqa: BLE001 - an error's own code may raise anything
        pass
    return WorkError(_words(error))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")
