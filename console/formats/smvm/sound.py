"""Sound ledger events as columns, and which of them need more than a row."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from console.formats.json.times import moments
from console.formats.reading.tally import Place
from console.formats.smvm import business, ids
from console.formats.smvm.integrity import State, check_metadata
from console.formats.smvm.quick import KINDS, Quick
from console.formats.smvm.rules import SECOND, SERVICES, Rules
from console.formats.smvm.runs import RANKS
from console.model.event import NO_TIME

_HEX = "0123456789abcdef"
_metadata_of = msgspec.json.Decoder(dict[str, Any]).decode


class Sound:
    """Decoded events that follow each other, with their records. ``decided`` are the rows whose ``data_hash`` is that
    of their metadata, ``flagged`` those of FLAGGED events, ``odd`` those of which there is something to say whatever
    came before."""

    def __init__(self, events: Sequence[Quick], raws: Sequence[bytes]) -> None:
        self.events = events
        self.names = [KINDS[type(event)].name for event in events]
        self.ranks = [RANKS.get(name, 0) for name in self.names]
        self.runs = [event.run_id for event in events]
        self.ids = [event.event_id for event in events]
        self.times, self.zones = moments([event.timestamp for event in events])
        self.decided: set[int] = set()
        self.flagged: list[int] = []
        self.odd = _unlike_ids(self.ids, self.times) | _unlike_hashes([event.data_hash for event in events])
        pairs = [(event.run_id, event.span_id) for event in events]
        self._leave({pair for pair in {*pairs} if not _belongs(*pair)}, pairs)
        services = [event.service for event in events]
        self._leave({*services} - SERVICES, services)
        rows: dict[type, list[int]] = {}
        for row, event in enumerate(events):
            rows.setdefault(type(event), []).append(row)
        for kind, some in rows.items():
            self._check(kind, some, raws)

    def _leave(self, odd: set[Any], values: Sequence[Any]) -> None:
        if odd:
            self.odd.update(row for row, value in enumerate(values) if value in odd)

    def _check(self, kind: type, rows: list[int], raws: Sequence[bytes]) -> None:
        """What the type of these rows asks for."""
        name, events, odd = KINDS[kind].name, self.events, self.odd
        for hint in KINDS[kind].hints:
            values = [hint.get(events[row]) for row in rows]
            unknown = {value for value in {*values} - hint.known if not hint.allow(value)}
            odd.update(row for row, value in zip(rows, values, strict=True) if unknown and value in unknown)
        check = business.CHECKS.get(name)
        if check is not None:
            odd.update(row for row in rows if any(check(events[row].metadata, events[row].provenance)))
        if name == "FLAGGED":
            self.flagged = rows
            self._time_inside(rows, [events[row].provenance.detection_timestamp for row in rows])
        elif name == "INGESTED":
            parts = [events[row].provenance for row in rows]
            odd.update(rows[each] for each in _unlike_hashes([part.source_checksum for part in parts]))
            self._time_inside(rows, [part.ingestion_timestamp for part in parts])
        elif name == "DECIDED":
            self.decided = {row for row in rows if row not in odd and _fits(events[row], raws[row])}
            odd.update(row for row in rows if row not in self.decided)

    def _time_inside(self, rows: list[int], stamps: list[str]) -> None:
        self.odd.update(row for row, time in zip(rows, moments(stamps)[0], strict=True) if time == NO_TIME)

    def notable(self, rules: Rules, place: Callable[[int], Place]) -> list[int]:
        """Rows that may give a finding of their own; ``place`` is a row's."""
        found = set(self.odd)
        lasts: dict[str, int] = {}
        ranks: dict[str, int] = {}
        begins: dict[str, int] = {}
        for row, (run, time, rank) in enumerate(zip(self.runs, self.times, self.ranks, strict=True)):
            if run not in lasts:
                state = rules.state(run, place(row), documented=True)
                lasts[run], ranks[run], begins[run] = state.last, state.rank, state.began - SECOND
            if time == NO_TIME or time > rules.limit:
                found.add(row)
            else:
                if time < lasts[run] or time < begins[run]:
                    found.add(row)
                lasts[run] = time
            if rank:
                if rank < ranks[run]:
                    found.add(row)
                ranks[run] = rank
        return sorted(found)


def _fits(event: Quick, raw: bytes) -> bool:
    """Whether a decision's hash is that of its metadata as it is written."""
    return check_metadata(event.data_hash, _metadata_of(raw)["metadata"]).state is State.VERIFIED


def _belongs(run: str, span: str) -> bool:
    return run != "" and span.startswith(run) and ids.SPAN_TAIL.fullmatch(span, len(run)) is not None


def _unlike_hashes(hashes: list[str]) -> set[int]:
    """Rows whose hash is not one."""
    if {*map(len, hashes)} == {64} and not "".join(hashes).strip(_HEX):
        return set()
    return {row for row, each in enumerate(hashes) if ids.SHA256.fullmatch(each) is None}


def _unlike_ids(names: list[str], times: list[int]) -> set[int]:
    """Rows whose event id is none, or names another second than their time."""
    size = 32
    joined = "".join(names)
    marks = {0: "E", 1: "V", 2: "T", 3: "-", 19: "-"}
    if (
        {*map(len, names)} == {size}
        and all(joined[at::size] == mark * len(names) for at, mark in marks.items())
        and not "".join([name[20:] for name in names]).strip(_HEX)
    ):
        stamps = [name[4:19] for name in names]
        known = {stamp: ids.second(stamp) if ids.STAMP.fullmatch(stamp) else None for stamp in {*stamps}}
        seconds = [known[stamp] for stamp in stamps]
    else:
        matches = [ids.EVENT_ID.fullmatch(name) for name in names]
        seconds = [None if match is None else ids.second(match[1]) for match in matches]
    return {
        row
        for row, (second, time) in enumerate(zip(seconds, times, strict=True))
        if second is None or not 0 <= time - second < 2 * SECOND
    }
