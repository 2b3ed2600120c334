"""Every way of tampering with a deal that the Kernel's description lists, at sequence 16 of a chain of one deal."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta

from tests.support.writers.kernel import Act, Event, audit_hash, doc_hash, iso, unchained, uuid_of

Rehash = Callable[[Event], str]
"""An event's hash as its chain's writer makes it, at the moment that is stored."""


def rehash_doc(event: Event) -> str:
    return doc_hash(event)


def rehash_audit(event: Event) -> str:
    return audit_hash(event, event["createdAt"])


def tampered(events: list[Event], change: str, rehash: Rehash) -> list[Event]:
    """The events after a change; ``rehash`` is for the changes of somebody who knows the recipe."""
    changed = deepcopy(events)
    CHANGES[change](changed, rehash)
    return changed


def _edit(**fields: object) -> Callable[[list[Event], Rehash], None]:
    def change(events: list[Event], _: Rehash) -> None:
        events[15] |= fields

    return change


def _a_day_later(events: list[Event], _: Rehash) -> None:
    created = datetime.fromisoformat(events[15]["createdAt"])
    events[15]["createdAt"] = iso(created + timedelta(days=1))


def _last_hash(events: list[Event], _: Rehash) -> None:
    events[-1]["eventHash"] = "0" * 64


def _times_swapped(events: list[Event], _: Rehash) -> None:
    first, second = events[15], events[16]
    first["createdAt"], second["createdAt"] = second["createdAt"], first["createdAt"]


def _delete(start: int, stop: int) -> Callable[[list[Event], Rehash], None]:
    def change(events: list[Event], _: Rehash) -> None:
        del events[start:stop]

    return change


def _cut_off(events: list[Event], _: Rehash) -> None:
    del events[-5:]


def _swap_sequences(events: list[Event], _: Rehash) -> None:
    first, second = events[15], events[16]
    first["sequenceNumber"], second["sequenceNumber"] = second["sequenceNumber"], first["sequenceNumber"]


def _one_rehashed(events: list[Event], rehash: Rehash) -> None:
    events[15]["payload"] = {"edited": True}
    events[15]["eventHash"] = rehash(events[15])


def _all_rehashed(events: list[Event], rehash: Rehash) -> None:
    events[15]["payload"] = {"edited": True}
    for at in range(15, len(events)):
        events[at]["previousEventHash"] = events[at - 1]["eventHash"]
        events[at]["eventHash"] = rehash(events[at])


def _duplicate(events: list[Event], _: Rehash) -> None:
    events.insert(16, events[15] | {"id": uuid_of("a copy"), "payload": {"copied": True}})


def _renumber(events: list[Event], start: int) -> None:
    for event in events[start:]:
        event["sequenceNumber"] += 1


def _forge(events: list[Event], rehash: Rehash) -> None:
    target = events[15]
    forged = target | {
        "id": uuid_of("a forgery"),
        "payload": {"forged": True},
        "previousEventHash": target["eventHash"],
    }
    forged["sequenceNumber"] = 17
    forged["eventHash"] = rehash(forged)
    _renumber(events, 16)
    events.insert(16, forged)


def _insert_unchained(events: list[Event], _: Rehash) -> None:
    created = datetime.fromisoformat(events[15]["createdAt"])
    events.insert(16, unchained(Act("DataDisputed", "auditor", {"field": "rent"}), events[0]["dealId"], created))


CHANGES: dict[str, Callable[[list[Event], Rehash], None]] = {
    "nothing": lambda events, _: None,
    "payload edited": _edit(payload={"edited": True}),
    "type edited": _edit(type="DataDisputed"),
    "createdAt one day later": _a_day_later,
    "last event's hash edited": _last_hash,
    "actor edited": _edit(actorId=uuid_of("partner")),
    "authority edited": _edit(authorityContext={"role": "COURT"}),
    "evidence edited": _edit(evidenceRefs=["forged"]),
    "createdAt of neighbours swapped": _times_swapped,
    "tail cut off": _cut_off,
    "all later hashes recomputed": _all_rehashed,
    "event deleted": _delete(15, 16),
    "genesis deleted": _delete(0, 1),
    "two sequences swapped": _swap_sequences,
    "one hash recomputed after an edit": _one_rehashed,
    "previousEventHash edited": _edit(previousEventHash="1" * 64),
    "eventHash edited": _edit(eventHash="1" * 64),
    "eventHash set null": _edit(eventHash=None),
    "duplicate sequence": _duplicate,
    "renumbered from 17 on": lambda events, _: _renumber(events, 16),
    "forged event inserted": _forge,
    "unchained event inserted": _insert_unchained,
}
