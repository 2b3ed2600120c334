"""What decoding and checking one event costs: why msgspec decodes, and pydantic checks where a schema applies."""

import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import msgspec
import pydantic

from tests.benchmarks.generate import ledger
from tests.benchmarks.measure import rate, ratio, table


class Envelope(pydantic.BaseModel):
    """A kernel event, all of it."""

    id: str
    dealId: str  # noqa: N815 - the ledger's names
    type: str
    payload: dict[str, Any]
    actorId: str | None = None  # noqa: N815
    authorityContext: dict[str, Any]  # noqa: N815
    evidenceRefs: list[str]  # noqa: N815
    sequenceNumber: int  # noqa: N815
    previousEventHash: str | None = None  # noqa: N815
    eventHash: str | None = None  # noqa: N815
    createdAt: str  # noqa: N815


class Link(msgspec.Struct):
    """What verifying and indexing need of it; the payload stays bytes."""

    id: str
    dealId: str  # noqa: N815
    type: str
    payload: msgspec.Raw
    actorId: str | None  # noqa: N815
    sequenceNumber: int  # noqa: N815
    previousEventHash: str | None  # noqa: N815
    eventHash: str | None  # noqa: N815
    createdAt: str  # noqa: N815


class Normalized(pydantic.BaseModel):
    """Metadata of one SMVM event type, as its specification has it."""

    model_config = pydantic.ConfigDict(strict=True, extra="forbid")

    original_schema: str
    target_schema: str
    field_mapping_count: int
    transformation_rules_applied: list[Any]
    data_quality_improved: bool
    validation_errors_resolved: int


class Run(msgspec.Struct):
    """The envelope of an SMVM event."""

    event_id: str
    event_type: str
    timestamp: str
    run_id: str
    span_id: str
    service: str
    agent_id: str
    data_hash: str
    metadata: dict[str, Any]
    provenance: dict[str, Any]


class RunModel(pydantic.BaseModel):
    """The same, by pydantic alone."""

    event_id: str
    event_type: str
    timestamp: str
    run_id: str
    span_id: str
    service: str
    agent_id: str
    data_hash: str
    metadata: Normalized
    provenance: dict[str, Any]


def decoders(events: int, rounds: int) -> None:
    """decoding and schema checks, per event"""
    count = min(events, 50_000)
    kernel = ledger("kernel-doc", count).read_bytes().splitlines()
    link = msgspec.json.Decoder(Link)
    _compare("one kernel event", kernel, rounds, {
        "json.loads": json.loads,
        "json.loads, then pydantic": lambda raw: Envelope.model_validate(json.loads(raw)),
        "pydantic model_validate_json": Envelope.model_validate_json,
        "msgspec to dict": msgspec.json.Decoder().decode,
        "msgspec Struct, payload raw": link.decode,
    })  # fmt: skip
    _lines("kernel events, 256 KiB at a time", kernel, rounds, link)
    smvm = [line for line in ledger("smvm", count).read_bytes().splitlines() if b'"NORMALIZED"' in line]
    run, check = msgspec.json.Decoder(Run), Normalized.__pydantic_validator__.validate_python
    _compare("one SMVM event with the schema of its metadata", smvm, rounds, {
        "json.loads, no schema": json.loads,
        "pydantic model_validate_json": RunModel.model_validate_json,
        "msgspec, then pydantic on metadata": lambda raw: check(run.decode(raw).metadata),
    })  # fmt: skip


def _compare(title: str, raws: list[bytes], rounds: int, ways: dict[str, Callable[[bytes], object]]) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            for raw in raws:
                way(raw)
            seconds[name].append(time.perf_counter() - start)
    first = median(next(iter(seconds.values())))
    rows = [[name, rate(len(raws), median(each)), ratio(first, median(each))] for name, each in seconds.items()]
    table(f"decode: {title}", ["", "events/s", f"to {next(iter(ways))}"], rows)


def _lines(title: str, raws: list[bytes], rounds: int, decoder: "msgspec.json.Decoder[Link]") -> None:
    each = 256 * 1024 // len(raws[0])
    chunks = [b"\n".join(raws[i : i + each]) for i in range(0, len(raws), each)]
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for chunk in chunks:
            decoder.decode_lines(chunk)
        seconds.append(time.perf_counter() - start)
    table(f"decode: {title}", ["", "events/s"], [["msgspec Struct, decode_lines", rate(len(raws), median(seconds))]])
