"""Batches and a sound ledger for SMVM's tests."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.json.times import parse
from console.formats.protocol import Context
from console.formats.smvm import FORMAT
from console.formats.smvm.hashes.integrity import digest
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch

NOW = parse("2026-01-01T00:00:00Z").micros  # type: ignore[union-attr]  # the text is a time
RUN = "RUN-20250909-183116-e634645d"
PAYLOAD = {"companies": 3, "source": "api"}


def event(
    kind: str, second: int, span: str, service: str, metadata: Any, provenance: Any, **more: Any
) -> dict[str, Any]:
    stamp = f"2025-09-09T18:31:{second:02}"
    return {
        "event_id": f"EVT-20250909-1831{second:02}-{second:012x}",
        "event_type": kind,
        "timestamp": f"{stamp}.406740Z",
        "run_id": RUN,
        "span_id": f"{RUN}-{span}",
        "service": service,
        "agent_id": f"smvm-{service}-01",
        "data_hash": digest(metadata if kind == "DECIDED" else PAYLOAD),
        "metadata": metadata,
        "provenance": provenance,
    } | more


def ledger() -> list[dict[str, Any]]:
    """A sound run of four events, every value within its vocabulary."""
    return [
        event(
            "INGESTED",
            16,
            "0001-ING",
            "ingestion",
            {
                "source_type": "api",
                "source_url": "https://example.com/v2",
                "record_count": 3,
                "data_format": "json",
                "ingestion_method": "batch",
                "quality_score": 0.89,
                "estimated_size_bytes": 2048,
            },
            {
                "source_checksum": digest("source"),
                "ingestion_timestamp": "2025-09-09T18:31:16.405739Z",
                "ingestion_duration_ms": 2340,
                "bytes_processed": 2048,
                "records_filtered": 0,
                "error_count": 0,
            },
        ),
        event(
            "FLAGGED",
            17,
            "0003-COM",
            "competitors",
            {
                "flag_type": "anomaly",
                "severity_level": "medium",
                "detection_method": "statistical",
                "affected_entities": ["COMP-001"],
                "recommended_actions": ["validate_source"],
                "escalation_required": False,
            },
            {
                "detection_engine_version": "1.0.0",
                "detection_timestamp": "2025-09-09T18:31:17Z",
                "confidence_score": 0.78,
                "false_positive_probability": 0.15,
                "historical_precedence": True,
                "automated_response_taken": False,
            },
        ),
        event(
            "ANALYZED",
            18,
            "0005-ANA",
            "analysis",
            {
                "analysis_type": "roi",
                "analysis_scope": "market",
                "methodology_used": ["survey"],
                "key_findings": ["elastic"],
                "confidence_levels": {"elasticity": 0.89},
                "recommendations_generated": 5,
            },
            {
                "analysis_engine_version": "1.0.0",
                "analysis_duration_ms": 15200,
                "data_points_processed": 2500,
                "statistical_tests_passed": 8,
                "model_accuracy_score": 0.84,
                "insight_quality_score": 0.79,
            },
        ),
        event(
            "DECIDED",
            19,
            "0006-DEC",
            "analysis",
            {
                "decision_type": "go_no_go",
                "decision_options": ["proceed", "cancel"],
                "evaluation_criteria": ["returns"],
                "decision_logic": "weighted",
                "recommended_action": "proceed",
                "confidence_level": 0.82,
                "alternative_considerations": ["wait"],
            },
            {
                "decision_engine_version": "1.0.0",
                "decision_duration_ms": 890,
                "criteria_weighted": True,
                "sensitivity_analysis_performed": True,
                "stakeholder_alignment": 0.91,
                "decision_traceability": True,
            },
        ),
    ]


def lines(events: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [json.dumps(each).encode() for each in events]


def batch(raws: Sequence[bytes], first: int = 1, offset: int = 0) -> RecordBatch:
    offsets, at = [], offset
    for raw in raws:
        offsets.append(at)
        at += len(raw) + 1
    return RecordBatch(first, offsets, [len(raw) for raw in raws], list(raws), Cursor(first + len(raws), at))


def context(companions: Mapping[str, bytes] | None = None, shape: str = "ledger", now: int = NOW) -> Context:
    return Context(shape, now, companions=companions or {})


def read(raws: Sequence[bytes], companions: Mapping[str, bytes] | None = None) -> tuple[EventBatch, list[Finding]]:
    """One pass: the rows, and all findings, standing ones included."""
    reader = FORMAT.reader(context(companions))
    out = reader.read(batch(raws))
    return out, [*out.findings, *reader.standing()]


def told(found: Sequence[Finding]) -> set[tuple[str, str | None]]:
    """Codes with their fields."""
    return {(each.code, each.field) for each in found}


def own(found: Sequence[Finding]) -> set[str]:
    """Codes, without what stands against the sound ledger too: payloads and stages that are not there."""
    return {each.code for each in found} - {"data.hash-unverifiable", "order.stage-missing"}
