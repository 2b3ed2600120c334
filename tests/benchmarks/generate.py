"""Healthy ledgers of any size for the benchmarks, streamed to files that are kept for the next run.

Events live the legal lives of ``console.samples``, so that a verifier that finds anything in them is wrong.
"""

import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from console.samples import kernel, lifecycle, maysano, smvm, swarm, zakops
from console.samples.pen import Dice, after, compact, digest, micros

DEALS = 200
START = datetime(2025, 1, 1, tzinfo=UTC)
SOURCES = (
    Path(__file__),
    *(Path(str(module.__file__)) for module in (kernel, lifecycle, maysano, smvm, swarm, zakops)),
)
FOLDER = Path(tempfile.gettempdir()) / "audit-console-benchmarks"


class Clock:
    """Rising times, one for each event, ``pause`` milliseconds apart on average."""

    def __init__(self, pause: int) -> None:
        self._random = random.Random("clock")
        self._pause = pause * 2
        self._millis = 0
        self._minute = -1
        self._prefix = ""

    def __iter__(self) -> "Clock":
        return self

    def __next__(self) -> str:
        """The next time, as JavaScript's toISOString writes it."""
        self._millis += 1 + int(self._random.random() * self._pause)
        return self.text(self._millis)

    def text(self, at: int) -> str:
        minute, rest = divmod(at, 60_000)
        if minute != self._minute:
            self._minute = minute
            self._prefix = (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:")
        return f"{self._prefix}{rest // 1000:02d}.{rest % 1000:03d}Z"

    def pair(self) -> tuple[str, str]:
        """The time at which a kernel hashes, and createdAt, which follows it by 0 or 1 ms."""
        written = next(self)
        return written, self.text(self._millis + (self._random.random() < 0.5))


def _deals() -> Iterator[tuple[kernel.SampleDeal, lifecycle.DealStep]]:
    """Steps of interleaved deals, without end."""
    deals = [kernel.SampleDeal.of("benchmark", f"Deal {number:03d}") for number in range(DEALS)]
    people = {role: f"{role.title()} of the fund" for role in lifecycle.ROLES}
    lives = [
        chain(lifecycle.opening(d.dice, d.name, people, d.actors, 9_000_000), lifecycle.operating(d.dice))
        for d in deals
    ]
    pick = random.Random("interleave").random
    while True:
        number = int(pick() * DEALS)
        yield deals[number], next(lives[number])


def _kernel(*, audit: bool) -> Iterator[str]:
    write = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
    heads: dict[str, tuple[int, str]] = {}
    clock = Clock(2000)
    for deal, step in _deals():
        sequence, head = heads.get(deal.id, (0, ""))
        sequence += 1
        previous = f'"{head}"' if head else "null"
        payload = stored = write(step.payload)
        if audit:
            hashed_at, created = clock.pair()
            stored = write(kernel.jsonb(step.payload))
            text = (
                f'{{"dealId":"{deal.id}","sequenceNumber":{sequence},"type":"{step.type}","payload":{payload},'
                f'"previousHash":{previous},"timestamp":"{hashed_at}"}}'
            )
        else:
            created = next(clock)
            text = f"{deal.id}{sequence}{step.type}{payload}{head or 'null'}"
        hashed = hashlib.sha256(text.encode()).hexdigest()
        heads[deal.id] = (sequence, hashed)
        evidence = '","'.join([*step.evidence, f"archive-{deal.dice.hex(28)}"])
        yield (
            f'{{"id":"{deal.dice.uuid()}","dealId":"{deal.id}","type":"{step.type}","payload":{stored},'
            f'"actorId":"{deal.actors[step.role]}",'
            f'"authorityContext":{{"role":"{step.role}","rulesVersion":"2025-01","overrideReason":null}},'
            f'"evidenceRefs":["{evidence}"],"sequenceNumber":{sequence},"previousEventHash":{previous},'
            f'"eventHash":"{hashed}","createdAt":"{created}"}}\n'
        )


def kernel_doc(events: int) -> Iterator[str]:
    """kernel-doc/1 over 200 interleaved deals."""
    return islice(_kernel(audit=False), events)


def kernel_audit(events: int) -> Iterator[str]:
    """kernel-audit/1 as PostgreSQL gives it back: payload keys reordered, createdAt 0 or 1 ms after the hashed time."""
    return islice(_kernel(audit=True), events)


def swarm_v3(events: int) -> Iterator[str]:
    """Provenance chains in the newest line shape."""
    return islice(_swarm(), events)


def _swarm() -> Iterator[str]:
    trace = swarm.TraceWriter("benchmark", START)
    number = 0
    while True:
        swarm.add_chain(trace, number)
        number += 1
        yield from (json.dumps(event) + "\n" for event in trace.events)
        trace.events.clear()


def smvm_run(events: int) -> Iterator[str]:
    """One long run in the order of its stages."""
    dice = Dice("smvm/benchmark")
    run = f"RUN-{START:%Y%m%d-%H%M%S}-{dice.hex(8)}"
    time = START
    before: list[dict[str, object]] = []
    for place in range(events):
        kind = list(smvm.STAGES)[place * len(smvm.STAGES) // events]
        time = after(time, dice.between(1, 1_000_000) / 1_000_000)
        metadata = smvm.metadata_of(kind, "benchmark", "medium", before, dice)
        event = smvm.ledger_event(kind, time, run, metadata, smvm.payload_of(kind, "benchmark", metadata, dice), dice)
        before = before or [event]
        yield json.dumps(event) + "\n"


def zakops_events(events: int) -> Iterator[str]:
    """Agent events of overlapping runs, by time."""
    return islice(_zakops(), events)


def _zakops() -> Iterator[str]:
    dice = Dice("zakops/benchmark")
    deals = [dice.uuid() for _ in range(DEALS)]
    waiting: list[dict[str, object]] = []
    start = START
    while True:
        for _ in range(500):
            start = after(start, dice.between(1, 60))
            waiting += zakops.review(dice, dice.pick(deals), start)
        waiting.sort(key=lambda event: str(event["created_at"]))
        sure = micros(start)
        ready = sum(str(event["created_at"]) < sure for event in waiting)
        yield from (compact(event) + "\n" for event in waiting[:ready])
        del waiting[:ready]


def maysano_structural(events: int) -> Iterator[str]:
    """Structural events of 500 entities, each change of status from where the last one left."""
    return islice(_maysano(), events)


def _maysano() -> Iterator[str]:
    clock = Clock(5000)
    lives = []
    for number in range(500):
        dice, kind = Dice(f"maysano/benchmark/{number}"), ("product", "kpi", "objective", "sla_profile")[number % 4]
        lives.append(maysano.entity_life(dice, kind, f"{kind}-{number}", f"Entity {number}", clock))
    pick = random.Random("maysano").random
    while True:
        yield compact(next(lives[int(pick() * len(lives))])) + "\n"


KINDS = {
    "kernel-doc": kernel_doc,
    "kernel-audit": kernel_audit,
    "swarm": swarm_v3,
    "smvm": smvm_run,
    "zakops": zakops_events,
    "maysano": maysano_structural,
}


def ledger(kind: str, events: int) -> Path:
    """The path of a ledger of this kind and size; made now, or by an earlier run of the same generator."""
    version = digest("".join(path.read_text(encoding="utf-8") for path in SOURCES))[:12]
    path = FOLDER / f"{kind}-{events}-{version}.jsonl"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        print(f"making {path.name} …", file=sys.stderr)
        for outdated in FOLDER.glob(f"{kind}-{events}-*.jsonl"):
            outdated.unlink()
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("w", encoding="utf-8", buffering=1 << 20) as file:
            file.writelines(KINDS[kind](events))
        unfinished.replace(path)
    return path


if __name__ == "__main__":
    print(ledger(sys.argv[1], int(sys.argv[2].replace("_", ""))))
