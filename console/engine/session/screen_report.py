"""Reports for the screen: folded by the function of the commands, in a process of its own."""

from collections.abc import Sequence

from console.engine.replay.reports import ReportAnswer, make_report
from console.engine.run.choice import process
from console.engine.run.executor import Channel, Work, outcome

NICE = 10


def fold(_: Channel, paths: Sequence[str], name: str) -> ReportAnswer:
    """In the other process."""
    return make_report(paths, name)


async def report_elsewhere(paths: Sequence[str], name: str) -> ReportAnswer:
    """The report of this name; ended where it is cancelled. Raises ``EngineError``."""
    async with process(NICE) as executor:
        answer, _ = await outcome(executor, Work("the report", fold, (paths, name)))
    assert isinstance(answer, ReportAnswer)
    return answer
