"""The thorough search for the screen: in a process of its own, with progress and cancel."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from console.engine.errors import ExecutorError
from console.engine.run.choice import process
from console.engine.run.executor import Channel, Failed, Finished, Lost, Reported, Work
from console.formats.guarded import named, search_of
from console.formats.protocol import Context
from console.model.proof import Proof, SearchStep
from console.model.record import Record
from console.model.trust import Trust

NICE = 10
_ENDED = "The search was ended before it was done."


def search(channel: Channel, form: str, record: Record, before: Record | None, context: Context) -> SearchStep:
    """Send how far it is; the last step at the end."""
    step = SearchStep(0, 0)
    for step in search_of(named(form), record, before, context):
        if step.proof is None:
            channel.send(step)
    return step


async def search_elsewhere(
    form: str, record: Record, before: Record | None, context: Context
) -> AsyncGenerator[SearchStep, None]:
    """Steps of a search in another process, the last one with a proof. Closing the iterator ends that process."""
    work = Work("the search", search, (form, record, before, context))
    async with process(NICE) as executor, aclosing(executor.submit(work)) as messages:
        try:
            async for message in messages:
                match message:
                    case Reported(step) | Finished(step):
                        yield step
                    case Failed() | Lost():
                        yield SearchStep(0, 0, Proof("", Trust.UNCHECKED, _ENDED))
        except ExecutorError as error:
            yield SearchStep(0, 0, Proof("", Trust.UNCHECKED, f"{_ENDED} {error}"))
