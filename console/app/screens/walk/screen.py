"""The chain, link by link: what was hashed, what came out, what is stored, and the verdict in a sentence."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from console.app.actions import WALK, bindings
from console.app.drawing.cells import middle
from console.app.drawing.layout import STRONG, rule
from console.app.row_search import chain_end
from console.app.screens.base import ConsoleScreen
from console.app.screens.walk.words import Neighbours, neighbour_lines, place_of, trust_of
from console.app.screens.walk.work import LinkSearch, StreamCheck
from console.app.widgets.bars.alarm_strip import AlarmStrip
from console.app.widgets.bars.frame import HeadLine, KeyLine
from console.app.widgets.bars.verify_bar import VerifyBar
from console.app.widgets.details.proof import (
    check_of,
    coverage_lines,
    hash_lines,
    link_of,
    note_lines,
    preimage_lines,
    preimage_title,
    previous_lines,
    verdict_lines,
)
from console.app.widgets.details.sheet import Sheet
from console.app.words import count
from console.app.work import in_words
from console.engine.api import Details, Proof, SessionApi
from console.model.trust import Trust
from console.text import safe

PACE = 0.15
"""Seconds that a running walk rests on each link."""
SETTLE = 0.1
"""Seconds after which the neighbours of a link are looked up."""
HEAD_RIGHT = 15
"""Cells of the head line that are left to the worker's progress."""
LOOK_AGAIN = 0.5
"""Seconds between looks for a next link while the ledger grows."""


@dataclass(frozen=True, slots=True)
class _Move:
    """One move asked for: ``step`` 1 or -1; to a broken link; or to the very end of the chain."""

    step: int
    broken: bool = False
    end: bool = False


class WalkScreen(ConsoleScreen):
    """One link at a time. Dismissed with the event that was on screen last."""

    WHERE = WALK
    BINDINGS: ClassVar[list[BindingType]] = bindings(WALK)
    AUTO_FOCUS = ""

    def __init__(self, session: SessionApi, event: int, *, pace: float = PACE) -> None:
        super().__init__()
        self._session = session
        self._event = event
        self._pace = pace
        self._details: Details | None = None
        self._neighbours: Neighbours | None = None
        self._moves: deque[_Move] = deque()
        self._moving: Worker[None] | None = None
        self._looking: Worker[None] | None = None
        self._walking = False
        self._walked = 0
        self._changed = False
        self._sentence = ""
        self._links: tuple[int, int] | None = None
        self._check_all = StreamCheck(self, self._show_check, self._end_check)
        self._search = LinkSearch(self, self.show_status, self._end_search)
        self._found: dict[int, Proof] = {}
        """What searches came to, by event: the index does not know it."""

    def compose(self) -> ComposeResult:
        yield HeadLine(id="head")
        yield AlarmStrip()
        yield from self.body()
        with Vertical(id="walk-foot"):
            yield Static(id="walk-status", markup=False)
            yield VerifyBar(id="walk-verify")
            yield KeyLine(WALK)

    def body(self) -> Iterator[Widget]:
        for part in ("verdict", "previous", "title"):
            yield Static(id=f"walk-{part}", markup=False)
        yield Sheet(id="walk-preimage", focusable=False)
        for part in ("hashes", "neighbours"):
            yield Static(id=f"walk-{part}", markup=False)

    def on_mount(self) -> None:
        self.show_alarms()
        self._go(self._event)
        self.set_interval(LOOK_AGAIN, self._look_again)

    def look(self) -> None:
        self._changed = True

    def show_status(self) -> None:
        """Trouble first, then what the walk or a verification has to say."""
        words = f"{self._trouble.what}: {self._trouble.words}" if self._trouble else self._sentence
        words = "\n".join(part for part in (words, self._search.words) if part)
        status = self.query_one("#walk-status", Static)
        status.update(Content(words))
        status.display = bool(words) and not self._check_all.is_running

    def _look_again(self) -> None:
        """At the end of a chain that grows, the next link may have come."""
        details, around = self._details, self._neighbours
        if self._changed and details is not None and around is not None and around.after is None:
            self._links = None
            self._look_beside(details)
        self._changed = False

    # moving

    def _ask(self, move: _Move) -> None:
        """Moves are done one after the other, so that none is lost when keys come faster than answers."""
        self._moves.append(move)
        if self._moving is None or self._moving.is_finished:
            self._moving = self.run_worker(self._move_on, group="walk", exit_on_error=False)

    def _go(self, event: int) -> None:
        self._moving = self.run_worker(partial(self._show, event), group="walk", exclusive=True, exit_on_error=False)

    async def _move_on(self) -> None:
        while self._moves:
            target, none_left = self._event, ""
            try:
                while self._moves:
                    move = self._moves.popleft()
                    found = await (
                        chain_end(self._session, target, move.step) if move.end else self._link(target, move)
                    )
                    none_left = self._none_left(move) if found is None else ""
                    target = target if found is None else found
            except Exception as error:  # noqa: BLE001  any error is shown on the screen, the app goes on
                self._moves.clear()
                self._stop(f"The next link cannot be read: {in_words(error)}")
                return
            if target != self._event:
                await self._show(target)
            if none_left:
                self._stop(none_left)

    async def _link(self, event: int, move: _Move) -> int | None:
        return await self._session.link(event, move.step, broken=move.broken)

    def _none_left(self, move: _Move) -> str:
        side = "after" if move.step > 0 else "before"
        if self._details is not None and link_of(self._details) is None:
            return "This event is in no chain: there is no link to go to."
        if move.broken:
            return f"There is no broken link {side} this one."
        if self._walking:
            return f"The end of the chain: {count(self._walked, 'link')} walked, none of them broken."
        return "This is the last link of the chain." if move.step > 0 else "This is the first link of the chain."

    async def _show(self, event: int) -> None:
        try:
            details = await self._session.details(event)
            details = replace(details, proof=self._found.get(event, details.proof))
        except Exception as error:  # noqa: BLE001  any error is shown on the screen, the app goes on
            self._stop(f"This event cannot be read: {in_words(error)}")
            return
        self._event, self._details, self._neighbours = event, details, None
        self._show_sentence("")
        self._refresh_link()
        self._look_beside(details)
        if self._walking:
            self._walked += 1
            if trust_of(details) is Trust.BROKEN or not details.intact:
                what = "a broken link" if details.intact else "bytes that changed since they were read"
                self._stop(f"Stopped at {what}, {place_of(details)}. Space walks on.")
            else:
                self.set_timer(max(self._pace, 0.001), self._run_on)

    def _run_on(self) -> None:
        if self._walking:
            self._ask(_Move(1))

    def _look_beside(self, details: Details) -> None:
        self._looking = self.run_worker(
            partial(self._look_around, details), group="neighbours", exclusive=True, exit_on_error=False
        )

    async def _look_around(self, details: Details) -> None:
        """The links before and after, once the walk rests here; and how many links the chain has."""
        if link_of(details) is None:
            return
        await asyncio.sleep(0 if self._links is None else SETTLE)
        stream = details.row.stream
        if self._links is None or self._links[0] != stream:
            row = await self._session.stream(stream)
            self._links = (stream, row.chained if row else 0)
            self.show_place()
        before, after = await self._session.link(self._event, -1), await self._session.link(self._event, 1)
        self._neighbours = Neighbours(
            None if before is None else await self._session.details(before),
            None if after is None else await self._session.details(after),
        )
        self._refresh_neighbours()

    def _stop(self, sentence: str) -> None:
        self._walking = False
        self._show_sentence(sentence)

    # showing

    def _show_sentence(self, sentence: str) -> None:
        self._sentence = sentence
        self._trouble = None
        self.show_status()

    @property
    def _width(self) -> int:
        return max(self.size.width - 2, 20)

    def on_resize(self) -> None:
        if self._details is not None:
            self._refresh_link()

    def _refresh_link(self) -> None:
        details, width = self._details, self._width
        if details is None:
            return
        self.show_place()
        verdict = verdict_lines(details, width)
        if not details.intact:
            warning = f"‼ These bytes differ from what was read before. {safe(details.problem, limit=500)}"
            verdict = [*Content.styled(warning, "bold $text-error").wrap(width), *verdict]
        self._put("walk-verdict", verdict)
        link = link_of(details)
        proof = link or check_of(details)
        self._put("walk-previous", previous_lines(link, width) if link else [])
        value = details.profile.values.removesuffix("es").removesuffix("s") if details.profile else "hash"
        self._put(
            "walk-hashes",
            [rule(f"{safe(proof.profile)}: {value} of these bytes", width), *hash_lines(proof, width)] if proof else [],
        )
        self._put("walk-title", [rule(preimage_title(proof, width), width)] if proof else [])
        sheet = self.query_one(Sheet)
        sheet.show(lambda room: self._preimage(details, room))
        sheet.styles.max_height = max(len(sheet.lines), 1)
        self._refresh_neighbours()

    def _preimage(self, details: Details, width: int) -> list[Content]:
        """The preimage, and below it what the proof adds in words and what the hash does not cover."""
        proof = link_of(details) or check_of(details)
        if proof is None:
            return []
        further = [*note_lines(details, width), *coverage_lines(details, width)]
        return [*preimage_lines(proof, width), Content(""), *further]

    def _put(self, id: str, lines: list[Content]) -> None:
        part = self.query_one(f"#{id}", Static)
        part.display = bool(lines)
        part.update(Content("\n").join(lines))

    def place(self) -> Content:
        details = self._details
        if details is None:
            return Content.styled("Chain walk", STRONG)
        row = details.row
        title = "Chain walk" if link_of(details) else "No chain"
        links = self._links[1] if self._links and self._links[0] == row.stream else 0
        where = place_of(details)
        if links and (link := link_of(details)):
            where += f"{' of' if (link.sequence or 0) <= links else ','} {count(links, 'link')}"
        kind = safe(f"{row.stream_kind} ", limit=24)
        room = self._width - len(f"{title}  {kind} · {where}") - HEAD_RIGHT
        key = middle(safe(row.stream_key), max(room, 9))
        return Content.assemble((title, STRONG), f"  {kind}{key} · ", (where, STRONG))

    def _refresh_neighbours(self) -> None:
        details, around, width = self._details, self._neighbours, self._width
        if details is None or link_of(details) is None:
            self._put("walk-neighbours", [])
            return
        self._put("walk-neighbours", [rule("previous and next", width), *neighbour_lines(details, around, width)])

    # what keys do

    def action_next_link(self) -> None:
        self._by_hand(_Move(1))

    def action_previous_link(self) -> None:
        self._by_hand(_Move(-1))

    def action_next_broken(self) -> None:
        self._by_hand(_Move(1, broken=True))

    def action_previous_broken(self) -> None:
        self._by_hand(_Move(-1, broken=True))

    def action_first_link(self) -> None:
        self._by_hand(_Move(-1, end=True))

    def action_last_link(self) -> None:
        self._by_hand(_Move(1, end=True))

    def action_further_down(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.scroll_relative(y=max(sheet.size.height - 2, 1), animate=False)

    def action_further_up(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.scroll_relative(y=-max(sheet.size.height - 2, 1), animate=False)

    def _by_hand(self, move: _Move) -> None:
        self._walking = False
        self._ask(move)

    def action_run(self) -> None:
        if self._walking:
            self._stop("Paused. Space walks on.")
            return
        self._walking, self._walked = True, 0
        self._ask(_Move(1))

    def action_findings(self) -> None:
        if self._details is None:
            return
        self._walking = False
        row = self._details.row
        self.console_app.go_to.findings(self._session, row.ledger, event=row.id, then=self._chosen)

    def event_here(self) -> int | None:
        return self._event

    def _chosen(self, event: int | None) -> None:
        if event is not None and event != self._event:
            self._go(event)

    def action_back(self) -> None:
        """Stop what runs; go back when nothing does."""
        if self._check_all.is_running:
            self._check_all.stop()
        elif self._search.is_running:
            self._search.stop()
        elif self._walking:
            self._stop("Paused. Space walks on.")
        else:
            self.dismiss(self._event)

    def action_verify(self) -> None:
        if self._details is None or self._check_all.is_running:
            return
        self._walking = False
        self._show_sentence("")
        self.query_one(VerifyBar).begin()
        self._check_all.start(self._session.verify(stream=self._details.row.stream))

    def _show_check(self) -> None:
        if (progress := self._check_all.last) is not None:
            self.query_one(VerifyBar).go_on(progress)

    def _end_check(self, sentence: str) -> None:
        self.query_one(VerifyBar).display = False
        self._show_sentence(sentence)

    def action_search(self) -> None:
        details = self._details
        if details is None or self._search.is_running:
            return
        if trust_of(details) is not Trust.LINKED:
            self._stop("There is nothing to search for: no hash here could not be reproduced.")
            return
        self._walking = False
        self._show_sentence("")
        self._search.of, self._search.place = self._event, place_of(details)
        self._search.start(self._session.search(self._event))
        self.show_status()

    def _end_search(self, sentence: str) -> None:
        proof, of = self._search.proof, self._search.of
        if proof is not None and proof.profile:
            self._found[of] = proof
            if self._details is not None and self._details.row.id == of:
                self._details = replace(self._details, proof=proof)
                self._refresh_link()
        self._show_sentence(sentence)
