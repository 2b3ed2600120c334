"""Deals of the kernel: chains whose hashes hold, and links that do not."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path

from console.library import kernel as library
from console.library.log_file import locked
from console.samples import story
from console.samples.drill.planted import Planted, edited
from console.samples.kernel import SampleDeal
from console.samples.lifecycle import DealStep, opening, operating
from console.samples.pen import Dice, Document, compact, millis

NAMES = ("Gannet House", "Ferry Wharf", "Heron Place")


class DealsDrill:
    """Three deals from their creation on, in one log."""

    def __init__(self, root: Path, dice: Dice, clock: Callable[[], datetime]) -> None:
        self._name = "kernel/deals.jsonl"
        self._path = root / self._name
        self._path.parent.mkdir(parents=True)
        self._dice, self._clock = dice, clock
        self._deals = [SampleDeal.of(dice.hex(8), name, dice.uuid()) for name in NAMES]
        self._steps: list[Iterator[DealStep]] = [
            chain(opening(deal.dice, deal.name, story.PEOPLE, deal.actors, 7_500_000), operating(deal.dice))
            for deal in self._deals
        ]
        self._heads: dict[str, tuple[int, str | None]] = {}
        self._records = 0

    def healthy(self) -> None:
        number = self._dice.below(len(self._deals))
        deal, step = self._deals[number], next(self._steps[number])
        event = library.append(
            self._path,
            deal.id,
            step.type,
            step.payload,
            actor_id=deal.actors[step.role],
            authority_context={"role": step.role, "overrideReason": None},
            evidence_refs=step.evidence,
            id=self._dice.uuid(),
            created_at=millis(self._clock()),
        )
        self._took(event)

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        return {
            "payload": self._changed_payload,
            "gap": self._gap,
            "link": self._broken_link,
            "order": self._out_of_order,
            "past": self._edited_past,
        }

    def _changed_payload(self) -> Planted:
        event = self._next("DataDisputed", {"field": "noi", "reason": "Statement differs from the bank's"})
        event["payload"] = {"field": "noi", "reason": "Statement agrees with the bank's"}
        return self._plant(event, "chain.hash-mismatch", "the payload was changed after it was hashed")

    def _gap(self) -> Planted:
        event = self._next("DataDisputed", {"field": "rent", "reason": "Two rolls"}, skip=1)
        return self._plant(event, "chain.sequence-gap", "an event before it was left out")

    def _broken_link(self) -> Planted:
        event = self._next("DataDisputed", {"field": "area", "reason": "Survey"}, previous="0" * 64)
        return self._plant(event, "chain.previous-mismatch", "its link names another event than the one before")

    def _out_of_order(self) -> Planted:
        event = self._next("ChangeReconciled", {"resolution": "accepted"}, deal=self._deals[-1], role="LEGAL")
        return self._plant(event, "lifecycle.illegal-transition", "a change was reconciled that nobody reported")

    def _edited_past(self) -> Planted:
        actor = self._deals[0].actors["GP"].encode()
        other = actor[:-1] + (b"0" if actor[-1:] != b"0" else b"1")
        what = "who acted was changed afterwards; no hash covers it"
        return edited(self._path, self._name, b'"actorId":"' + actor, b'"actorId":"' + other, what)

    def _next(
        self,
        type: str,
        payload: Document,
        *,
        deal: SampleDeal | None = None,
        role: str = "GP",
        skip: int = 0,
        previous: str | None = None,
    ) -> Document:
        deal = deal or self._dice.pick([each for each in self._deals if each.id in self._heads])
        sequence, head = self._heads.get(deal.id, (0, None))
        event: Document = {
            "id": self._dice.uuid(),
            "dealId": deal.id,
            "type": type,
            "payload": payload,
            "actorId": deal.actors[role],
            "authorityContext": {"role": role, "overrideReason": None},
            "evidenceRefs": [],
            "sequenceNumber": sequence + 1 + skip,
            "previousEventHash": previous or head,
            "createdAt": millis(self._clock()),
        }
        return event | {"eventHash": library.event_hash(event)}

    def _plant(self, event: Document, code: str, what: str) -> Planted:
        with locked(self._path) as log:
            log.append([compact(event).encode()], sync=False)
        self._took(event)
        return Planted(self._name, self._records, code, what)

    def _took(self, event: Document) -> None:
        self._heads[event["dealId"]] = event["sequenceNumber"], event["eventHash"]
        self._records += 1
