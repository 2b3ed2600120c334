"""Batches of kernel lines, readers over them, and small ledgers made for tests."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from console.formats.kernel import FORMAT, profiles
from console.formats.kernel.reader import KernelReader
from console.formats.protocol import Context
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch
from console.model.trust import Trust
from console.verify.javascript import stringify

DOC, AUDIT = profiles.DOC.name, profiles.AUDIT.name
NOW = 1_795_200_000_000_000


def context(shape: str = "api", profile: str | None = None, **companions: bytes) -> Context:
    return Context(shape, NOW, profile, {name.replace("__", "."): data for name, data in companions.items()})


def batch_of(raws: Sequence[bytes], first: int = 1, offset: int = 0, *, lines: bool = True) -> RecordBatch:
    offsets = []
    for raw in raws:
        offsets.append(offset)
        offset += len(raw) + 1
    whole = b"\n".join(raws) + b"\n" if lines and raws else None
    return RecordBatch(
        first, offsets, [len(raw) for raw in raws], list(raws), Cursor(first + len(raws), offset), lines=whole
    )


def batches_of(raws: Sequence[bytes], cuts: Iterable[int] = (), *, lines: bool = True) -> list[RecordBatch]:
    """Batches cut before the given positions."""
    edges = sorted({cut for cut in cuts if 0 < cut < len(raws)})
    result, offset, start = [], 0, 0
    for end in (*edges, len(raws)):
        batch = batch_of(raws[start:end], start + 1, offset, lines=lines)
        result.append(batch)
        offset, start = batch.next.offset, end
    return result


@dataclass
class Outcome:
    """What a whole ledger came to."""

    trust: dict[int, Trust]
    findings: list[Finding]
    reader: KernelReader

    def codes(self, family: str = "chain") -> set[tuple[str, int | None]]:
        return {(each.code, each.sequence) for each in self.findings if each.family == family}

    def at(self, code: str) -> list[Finding]:
        return [each for each in self.findings if each.code == code]


def outcome(
    raws: Sequence[bytes],
    *,
    shape: str = "api",
    profile: str | None = None,
    cuts: Iterable[int] = (),
    reload_at: Iterable[int] = (),
    lines: bool = True,
    bulk: bool | None = None,
    companions: dict[str, bytes] | None = None,
) -> Outcome:
    """Read a ledger as the engine does: batches, then walks of what was irregular, then what stands.

    ``bulk``: False reads every record the careful way; by default that is done where the records are not ``lines``.
    """
    place = Context(shape, NOW, profile, companions or {})

    def start() -> KernelReader:
        reader = FORMAT.reader(place)
        reader.bulk &= lines if bulk is None else bulk
        return reader

    reader = start()
    kept: dict[str | StreamKey, bytes] = {}
    trust: dict[int, Trust] = {}
    findings: list[Finding] = []
    reloads = set(reload_at)
    for at, batch in enumerate(batches_of(raws, cuts, lines=lines)):
        out = reader.read(batch)
        assert len(out) == len(batch)
        trust.update((out.first + row, Trust(level)) for row, level in enumerate(out.trust))
        findings += out.findings
        if at in reloads:
            kept.update(reader.take_state())
            reader = start()
            reader.load_state(list(kept.items()))
    for stream in reader.irregular():
        keyed = []
        offset = 0
        for ordinal, raw in enumerate(raws, 1):
            key = reader.link_key(raw)
            if key is not None and key[0] == stream:
                keyed.append((key[1], ordinal, Record(ordinal, offset, len(raw), raw)))
            offset += len(raw) + 1
        walk = reader.rewalk(stream, [record for _, _, record in sorted(keyed, key=lambda each: each[:2])])
        trust.update(walk.trust)
        findings = [each for each in findings if not (each.family == "chain" and each.stream == stream.key)]
        findings += walk.findings
    return Outcome(trust, findings + reader.standing(), reader)


def encode(event: dict[str, Any]) -> bytes:
    return stringify(event).encode()


def hash_of(event: dict[str, Any], profile: str, timestamp: str | None = None) -> str:
    """An independent rendering of the two recipes."""
    previous = event["previousEventHash"]
    if profile == DOC:
        text = (
            str(event["dealId"])
            + str(event["sequenceNumber"])
            + event["type"]
            + stringify(event["payload"])
            + (previous or "null")
        )
    else:
        text = stringify(
            {
                "dealId": event["dealId"],
                "sequenceNumber": event["sequenceNumber"],
                "type": event["type"],
                "payload": event["payload"],
                "previousHash": previous,
                "timestamp": timestamp or event["createdAt"],
            }
        )
    return hashlib.sha256(text.encode()).hexdigest()


TYPES = ("ReviewOpened", "ApprovalGranted", "DealApproved", "DataDisputed", "ClosingReadinessAttested", "FreezeImposed")


def ledger(count: int, *, deals: int = 1, profile: str = DOC, start: int = 0) -> list[dict[str, Any]]:
    """``count`` chained events over interleaved deals."""
    events: list[dict[str, Any]] = []
    tips: dict[int, tuple[int, str | None]] = {}
    for at in range(start, start + count):
        deal = at % deals
        sequence, previous = tips.get(deal, (0, None))
        event: dict[str, Any] = {
            "id": f"{at:08x}-0000-4000-8000-000000000000",
            "dealId": f"acc674a4-0000-4000-8000-{deal:012x}",
            "type": TYPES[at % len(TYPES)],
            "payload": {"note": f"event {at}", "amount": at, "action": "APPROVE_DEAL"},
            "actorId": "ae72070a-9d23-453d-91c5-1a87e32653cb",
            "authorityContext": {"role": "GP"},
            "evidenceRefs": [],
            "sequenceNumber": sequence + 1,
            "previousEventHash": previous,
            "eventHash": None,
            "createdAt": f"2026-03-01T00:{at // 60 % 60:02d}:{at % 60:02d}.{at % 1000:03d}Z",
        }
        event["eventHash"] = hash_of(event, profile)
        tips[deal] = (sequence + 1, event["eventHash"])
        events.append(event)
    return events


def raws_of(events: Iterable[dict[str, Any]]) -> list[bytes]:
    return [encode(event) for event in events]


def rows(path: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


__all__ = ["AUDIT", "DOC"]
