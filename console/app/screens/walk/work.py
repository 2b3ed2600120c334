"""What goes on in the background of the chain walk: a check of the whole stream, the search for what one hash covers.

Both come from another process step by step, take minutes at worst, and are stopped by Esc. The walk goes on meanwhile.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Generic, TypeVar

from textual.screen import Screen
from textual.worker import Worker

from console.app.screens.walk.words import stopped_words
from console.app.widgets.bars.verify_bar import outcome
from console.app.words import count
from console.app.work import in_words
from console.engine.api import Proof, SearchStep, VerifyProgress
from console.model.trust import Trust
from console.text import safe

_Step = TypeVar("_Step", VerifyProgress, SearchStep)


class Steps(Generic[_Step]):
    """One work at a time. ``moved`` is called after each step, ``ended`` with a sentence when it is over."""

    group = ""

    def __init__(self, screen: Screen[int | None], moved: Callable[[], None], ended: Callable[[str], None]) -> None:
        self._screen = screen
        self._moved, self._ended = moved, ended
        self._worker: Worker[None] | None = None
        self.last: _Step | None = None
        """How far it is, None before the first step."""

    @property
    def is_running(self) -> bool:
        return self._worker is not None

    def start(self, steps: AsyncIterator[_Step]) -> None:
        """Begin; nothing else may be under way."""
        self.last = None
        self._worker = self._screen.run_worker(
            self._follow(steps), group=self.group, exclusive=True, exit_on_error=False
        )

    def stop(self) -> None:
        """End it where it is."""
        if self._worker is not None:
            self._worker.cancel()
            self._end(self.stopped())

    async def _follow(self, steps: AsyncIterator[_Step]) -> None:
        try:
            async for step in steps:
                self.last = step
                self._moved()
        except Exception as error:  # noqa: BLE001  any error is shown on the screen, the app goes on
            self._end(self.failed(in_words(error)))
            return
        finally:
            if isinstance(steps, AsyncGenerator):
                await steps.aclose()
        self._end(self.done())

    def _end(self, sentence: str) -> None:
        self._worker = None
        self._ended(sentence)

    # sentences

    def stopped(self) -> str:
        raise NotImplementedError

    def failed(self, why: str) -> str:
        raise NotImplementedError

    def done(self) -> str:
        raise NotImplementedError


class StreamCheck(Steps[VerifyProgress]):
    """Verifies a stream from its raw bytes."""

    group = "verify"

    def stopped(self) -> str:
        return stopped_words(self.last)

    def failed(self, why: str) -> str:
        return f"Verification failed: {why} What was not checked is not trusted."

    def done(self) -> str:
        if self.last is None or not self.last.finished:
            return self.stopped()
        return outcome(self.last)


class LinkSearch(Steps[SearchStep]):
    """Searches on for what the hash of one event covers. ``of`` is the event, ``place`` where it stands."""

    group = "search"
    of = 0
    place = ""

    @property
    def words(self) -> str:
        """How far it is, '' while there is none."""
        if not self.is_running:
            return ""
        step = self.last
        part = "" if step is None or not step.most else f" {100 * step.tried // step.most} %"
        return f"Searching what the hash of {self.place} covers:{part}{self._tried()} · Esc stops."

    def _tried(self) -> str:
        return f" · {count(self.last.tried, 'form')} tried" if self.last is not None and self.last.tried else ""

    @property
    def proof(self) -> Proof | None:
        """What it came to."""
        return None if self.last is None else self.last.proof

    def stopped(self) -> str:
        return f"The search at {self.place} was stopped{self._tried()}. The rest was not searched."

    def failed(self, why: str) -> str:
        return f"The search at {self.place} failed: {why}"

    def done(self) -> str:
        proof = self.proof
        if proof is None:
            return self.stopped()
        found = proof.trust in (Trust.VERIFIED, Trust.RECOVERED)
        return f"{'Found' if found else 'Searched'} at {self.place}{self._tried()}: {safe(proof.verdict, limit=300)}"
