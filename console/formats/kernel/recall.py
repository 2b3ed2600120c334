"""Which hashes of a decoded run hold, each tried first in the way that worked for its like.

A hash that is reproduced here holds under the careful way too (``judge``); what is not reproduced here is for that way
to look at. Of the searches only the cheapest is made: times as stored and a millisecond earlier, known orders of keys.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from console.formats.kernel import clock
from console.formats.kernel.fast import Run
from console.formats.kernel.profiles import ORDERS as _ORDERS
from console.model.trust import Trust
from console.verify.javascript import stringify
from console.verify.judgement import Memory, orders
from console.verify.recover import Template, arrange, moment, template_of

_NOT = 0
_EARLIER = {f".{milli:03d}Z": f".{milli - 1:03d}Z" for milli in range(1, 1000)}
_encode = msgspec.json.Encoder().encode


def documented(run: Run) -> list[int]:
    """Of each event of a run its trust under kernel-doc/1 as far as its hash goes, 0 where it is not reproduced."""
    return [
        Trust.VERIFIED
        if sha256(f"{e.dealId}{e.sequenceNumber}{e.type}{text}{e.previousEventHash}".encode()).hexdigest()
        == e.eventHash
        else _NOT
        for e, text in zip(run.events, run.payloads, strict=True)
    ]


class Recall:
    """Remembers for each type and order of keys how the last hash of its kind was reproduced."""

    def __init__(self) -> None:
        self._ways: dict[tuple[str, ...], tuple[Template, int]] = {}
        """By type and keys: the order in which they were hashed (None: as stored), and 1 for a millisecond earlier."""
        self._quoted: dict[str, str] = {}

    def audited(self, run: Run, times: Sequence[str], memory: Memory) -> list[int]:
        """As ``documented``, under kernel-audit/1. ``times`` are as ``clock.plain`` gives them."""
        return [
            self._trust(event, text, time, memory) if time else _NOT
            for event, text, time in zip(run.events, run.payloads, times, strict=True)
        ]

    def _trust(self, event: Any, text: str, time: str, memory: Memory) -> int:
        payload, stored = event.payload, event.eventHash
        previous = event.previousEventHash
        head = (
            f'{{"dealId":{self._quote(event.dealId)},"sequenceNumber":{event.sequenceNumber},'
            f'"type":{self._quote(event.type)},"payload":'
        )
        middle = (
            ',"previousHash":null,"timestamp":"' if previous is None else f',"previousHash":"{previous}","timestamp":"'
        )
        kind = (event.type, *payload)
        way = self._ways.get(kind)
        if way is not None:
            order, early = way
            start = f"{head}{_text(payload, text, order)}{middle}"
            for step in (early, 1 - early):
                said = _earlier(time) if step else time
                if sha256(f'{start}{said}"}}'.encode()).hexdigest() == stored:
                    if step != early:
                        self._ways[kind] = order, step
                    return Trust.RECOVERED if step or order is not None else Trust.VERIFIED
            del self._ways[kind]
            return _NOT
        for order in (None, *map(template_of, orders(_ORDERS, event.type, payload, memory))):
            start = f"{head}{_text(payload, text, order)}{middle}"
            for step in (0, 1):
                said = _earlier(time) if step else time
                if sha256(f'{start}{said}"}}'.encode()).hexdigest() == stored:
                    if len(self._ways) > 4096:
                        self._ways.clear()
                    self._ways[kind] = order, step
                    return Trust.RECOVERED if step or order is not None else Trust.VERIFIED
        return _NOT

    def _quote(self, text: str) -> str:
        found = self._quoted.get(text)
        if found is None:
            if len(self._quoted) > 65_536:
                self._quoted.clear()
            found = self._quoted[text] = stringify(text)
        return found


def _text(payload: dict[str, Any], text: str, order: Template) -> str:
    """JavaScript's text of the payload in this order; ``text`` is its compact text as stored."""
    if order is None:
        return text if _plain(payload) else stringify(payload)
    value = arrange(payload, order)
    return _encode(value).decode() if _plain(payload) else stringify(value)


def _plain(value: Any) -> bool:
    """Whether any compact writer gives JavaScript's text: no fractions, no keys that look like numbers."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # noqa: SIM110 - a generator costs twice as much, and this is asked of each event
            if (type(item) is not str and not _plain(item)) or key[:1].isdigit():
                return False
        return True
    if kind is list:
        return all(map(_plain, value))
    return kind is not float


def _earlier(time: str) -> str:
    """A millisecond before."""
    milli = _EARLIER.get(time[19:])
    if milli is not None:
        return time[:19] + milli
    return moment((clock.micros(time) or 0) // 1000 - 1).decode()
