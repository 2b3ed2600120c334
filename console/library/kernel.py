"""The kernel's ledger: append an event to a deal's chain, and verify it in the words of its endpoint.

The specification's formula (``kernel-doc/1``) is the default; ``kernel-audit/1`` hashes as the real kernel does, with
``createdAt`` as the writer's clock. Source: the document of the kernel's event schemas.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

from console.library.checked_log import CheckedLog
from console.library.errors import LibraryError, RefusedError
from console.library.reading import AnyPath, check_settings
from console.verify.catalogue import finding

__all__ = ["append", "averify", "verify"]

FORMAT = "kernel"
DOC, AUDIT = "kernel-doc/1", "kernel-audit/1"


def append(
    path: AnyPath,
    deal_id: str,
    type: str,
    payload: Mapping[str, Any],
    *,
    actor_id: str | None = None,
    authority_context: Mapping[str, Any] | None = None,
    evidence_refs: Sequence[str] = (),
    id: str | None = None,
    created_at: str | None = None,
    profile: str = DOC,
    sync: bool = False,
) -> dict[str, Any]:
    """Append one event to a deal's chain in a log of lines; the event as it stands there.

    Number, previous hash and hash are made here, under the log's lock. Raises ``RefusedError`` where the kernel's rules
    would find something (a transition that the state does not allow, a gate that is not met), ``LibraryError`` where
    the log cannot be written.

    >>> import tempfile
    >>> log = tempfile.mkdtemp() + "/deals.jsonl"
    >>> deal = "550e8400-e29b-41d4-a716-446655440000"
    >>> event = append(log, deal, "DealCreated", {"name": "Gannet House", "state": "Draft", "stressMode": "SM-0"})
    >>> opened = append(log, deal, "ReviewOpened", {}, authority_context={"role": "GP"})
    >>> opened["sequenceNumber"], opened["previousEventHash"] == event["eventHash"]
    (2, True)
    >>> verify(log)
    {'valid': True, 'issues': [], 'eventsChecked': 2, 'chainIntact': True}
    """
    if profile not in (DOC, AUDIT):
        raise LibraryError(f"Events are hashed by {DOC} or {AUDIT}, not by {profile!r}.")
    log = _log(os.path.realpath(path))

    def make() -> list[dict[str, Any]]:
        sequence, previous = log.heads.get(deal_id, (0, None))
        if id in log.ids:
            raise RefusedError([finding("identity.duplicate-event-id", f"The id {id} stands in the ledger already.")])
        event = {
            "id": id or str(uuid4()),
            "dealId": deal_id,
            "type": type,
            "payload": dict(payload),
            "actorId": actor_id,
            "authorityContext": dict(authority_context or {}),
            "evidenceRefs": list(evidence_refs),
            "sequenceNumber": sequence + 1,
            "previousEventHash": previous,
            "eventHash": None,
            "createdAt": created_at or _now(),
        }
        return [{**event, "eventHash": event_hash(event, profile)}]

    return log.checked.append(make, sync=sync)[0]


def event_hash(event: Mapping[str, Any], profile: str = DOC) -> str:
    """The hash of an event that has all but its hash, by a profile."""
    from console.verify.javascript import stringify

    if profile == DOC:
        parts = (event["dealId"], event["sequenceNumber"], event["type"], stringify(event["payload"]))
        text = "".join(map(str, parts)) + (event["previousEventHash"] or "null")
    else:
        hashed = {name: event[name] for name in ("dealId", "sequenceNumber", "type", "payload")}
        hashed |= {"previousHash": event["previousEventHash"], "timestamp": event["createdAt"]}
        text = stringify(hashed)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def averify(path: AnyPath, deal_id: str | None = None, *, profile: str | None = None) -> dict[str, Any]:
    """``verify`` for programs that must not wait."""
    from console.engine.api import EngineError, Options, answer, verify
    from console.engine.verify.verdict import USUAL

    check_settings()
    options = Options(profile=profile)
    verification = await verify([os.fspath(path)], options, executor="inline", answer=FORMAT)
    try:
        return dict(answer(verification, FORMAT, deal_id, USUAL).body)
    except EngineError as error:
        raise LibraryError(str(error)) from error


def verify(path: AnyPath, deal_id: str | None = None, *, profile: str | None = None) -> dict[str, Any]:
    """Verify a deal's chain (of the only deal, where none is named) as ``GET /deals/:dealId/events/verify`` answers:
    ``valid``, ``issues``, ``eventsChecked``, ``chainIntact``. The ledger may be in any container.

    Each issue has ``eventId``, ``sequenceNumber`` and ``issue``. Raises ``LibraryError`` where the deal is not there.
    """
    return asyncio.run(averify(path, deal_id, profile=profile))


class _DealLog:
    """A log with the last number and hash of each deal, and the ids of all events."""

    def __init__(self, path: str) -> None:
        from console.verify.javascript import stringify

        self.heads: dict[str, tuple[int, str | None]] = {}
        self.ids: set[object] = set()
        self.checked = CheckedLog(
            path, FORMAT, lambda event: stringify(event).encode("utf-8", "surrogatepass"), watch=self._see
        )

    def _see(self, line: bytes | None) -> None:
        from console.formats.json import strict

        if line is None:
            self.heads.clear()
            self.ids.clear()
            return
        event = strict.decode(line).document or {}
        if isinstance(event.get("id"), str):
            self.ids.add(event["id"])
        deal, sequence, hash = event.get("dealId"), event.get("sequenceNumber"), event.get("eventHash")
        if isinstance(deal, str) and isinstance(sequence, int) and sequence > self.heads.get(deal, (0, None))[0]:
            self.heads[deal] = sequence, hash if isinstance(hash, str) else None


@lru_cache(maxsize=32)
def _log(path: str) -> _DealLog:
    return _DealLog(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
