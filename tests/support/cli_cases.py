"""Small kernel ledgers with a right chain, to be spoiled."""

import hashlib
import json
from pathlib import Path
from typing import Any

DEAL = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"


ACTOR = "ae72070a-9d23-453d-91c5-1a87e32653cb"


def events(count: int, deal: str = DEAL, *, first: int = 1, previous: str | None = None) -> list[dict[str, Any]]:
    """Events of one deal under ``kernel-doc/1``."""
    made = []
    for sequence in range(first, first + count):
        kind = "DealCreated" if sequence == 1 else "DataDisputed"
        payload = (
            {"name": "Quay", "state": "Draft", "stressMode": "SM-0"} if sequence == 1 else {"reason": f"no {sequence}"}
        )
        text = f"{deal}{sequence}{kind}{json.dumps(payload, separators=(',', ':'))}{previous or 'null'}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        made.append(
            {
                "id": f"{deal[:8]}-0000-4000-8000-{sequence:012d}",
                "dealId": deal,
                "type": kind,
                "payload": payload,
                "actorId": ACTOR,
                "authorityContext": {"role": "GP"},
                "evidenceRefs": [],
                "sequenceNumber": sequence,
                "previousEventHash": previous,
                "eventHash": digest,
                "createdAt": f"2025-03-01T10:{sequence // 60:02d}:{sequence % 60:02d}.000Z",
            }
        )
        previous = digest
    return made


def lines(made: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in made)


def intact(path: Path, count: int = 5) -> Path:
    path.write_bytes(lines(events(count)))
    return path


def broken(path: Path, count: int = 5, deal: str = DEAL) -> Path:
    """The third event's payload was edited."""
    made = events(count, deal)
    made[2]["payload"] = {"reason": "edited"}
    path.write_bytes(lines(made))
    return path
