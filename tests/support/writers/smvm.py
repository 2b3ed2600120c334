"""SMVM's ledgers: a run's folder with its events and their payloads, step logs, the memory store.

``data_hash`` covers a stage's payload, not the event: ``sha256(json.dumps(payload, sort_keys=True))``; a text is hashed
as it is. Only DECIDED repeats its payload, in ``metadata``; the others' lie in files beside the ledger, if at all.
"""

import gzip
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

Event = dict[str, Any]
START = datetime(2026, 2, 3, 10, 15, 30, 406_740, tzinfo=UTC)
RUN = "RUN-20260203-101530-5ea1ab1e"
STAGES: tuple[tuple[str, str, str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "INGESTED",
        "0001-ING",
        "ingestion",
        {
            "source_type": "api",
            "source_url": "https://example.com/v2/companies",
            "record_count": 3,
            "data_format": "json",
            "ingestion_method": "batch",
            "quality_score": 0.89,
            "estimated_size_bytes": 2048,
        },
        {
            "source_checksum": sha256(b"companies").hexdigest(),
            "ingestion_timestamp": "2026-02-03T10:15:30.405739Z",
            "ingestion_duration_ms": 2340,
            "bytes_processed": 2048,
            "records_filtered": 0,
            "error_count": 0,
        },
    ),
    (
        "NORMALIZED",
        "0001-ING",
        "ingestion",
        {
            "original_schema": "raw_api_response",
            "target_schema": "idea.input",
            "field_mapping_count": 8,
            "transformation_rules_applied": ["currency_conversion", "field_renaming"],
            "data_quality_improved": True,
            "validation_errors_resolved": 2,
        },
        {
            "normalization_engine_version": "1.0.0",
            "transformation_duration_ms": 450,
            "fields_normalized": 8,
            "default_values_applied": 1,
            "data_loss_percentage": 0.0,
            "schema_compliance_score": 0.95,
        },
    ),
    (
        "SANITIZED",
        "0002-VAL",
        "ingestion",
        {
            "sensitivity_level": "internal",
            "pii_fields_detected": ["contact"],
            "redaction_rules_applied": ["hash_contact"],
            "data_utility_preserved": 0.97,
            "compliance_requirements": ["GDPR"],
        },
        {
            "sanitization_engine_version": "1.0.0",
            "redaction_duration_ms": 120,
            "fields_redacted": 1,
            "hashing_algorithm": "SHA-256",
            "audit_trail_preserved": True,
            "reversibility_status": "irreversible",
        },
    ),
    (
        "SYNTHESIZED",
        "0003-PER",
        "personas",
        {
            "synthesis_type": "personas",
            "target_count": 2,
            "generation_parameters": {"diversity_target": 0.8},
            "bias_controls_applied": ["demographic_balancing"],
            "diversity_targets": {"gender": 0.5},
            "statistical_properties": {"margin_of_error": 0.05},
        },
        {
            "synthesis_engine_version": "1.0.0",
            "generation_duration_ms": 3200,
            "random_seed": 12345,
            "bias_assessment_score": 0.12,
            "diversity_score": 0.87,
            "validation_passed": True,
        },
    ),
    (
        "SIMULATED",
        "0004-SIM",
        "simulation",
        {
            "scenario_type": "market_growth",
            "simulation_parameters": {"iterations": 10000},
            "time_horizon": "36_months",
            "assumptions_made": ["moderate_volatility"],
            "convergence_achieved": True,
            "statistical_significance": 0.98,
        },
        {
            "simulation_engine_version": "1.0.0",
            "execution_duration_ms": 45000,
            "iterations_completed": 10000,
            "random_seed": 12345,
            "numerical_stability": 0.96,
            "result_confidence": 0.92,
        },
    ),
    (
        "FLAGGED",
        "0005-OVW",
        "overwatch",
        {
            "flag_type": "anomaly",
            "severity_level": "medium",
            "detection_method": "statistical",
            "affected_entities": ["COMP-001"],
            "recommended_actions": ["review_data_quality"],
            "escalation_required": False,
        },
        {
            "detection_engine_version": "1.0.0",
            "detection_timestamp": "2026-02-03T10:15:32.900000Z",
            "confidence_score": 0.78,
            "false_positive_probability": 0.15,
            "historical_precedence": True,
            "automated_response_taken": False,
        },
    ),
    (
        "ANALYZED",
        "0006-ANA",
        "analysis",
        {
            "analysis_type": "roi",
            "analysis_scope": "segment",
            "methodology_used": ["survey_analysis"],
            "key_findings": ["premium – naïve"],
            "confidence_levels": {"wtp": 0.76},
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
    (
        "DECIDED",
        "0007-DEC",
        "analysis",
        {
            "decision_type": "go_no_go",
            "decision_options": ["proceed – après examen", "cancel"],
            "evaluation_criteria": ["returns", "risk"],
            "decision_logic": "weighted_criteria",
            "recommended_action": "proceed – après examen",
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
    (
        "PERSISTED",
        "0007-DEC",
        "memory",
        {
            "storage_type": "database",
            "data_classification": "amber",
            "retention_policy": "365_days",
            "artifact_types": ["report"],
            "storage_location": "s3://runs/",
            "backup_strategy": "cross_region",
        },
        {
            "storage_engine_version": "1.0.0",
            "persistence_duration_ms": 2340,
            "data_volume_bytes": 5242880,
            "compression_ratio": 0.75,
            "integrity_check_passed": True,
            "replication_status": "completed",
        },
    ),
)
"""Type, span, service, metadata and provenance of each stage."""
PAYLOADS: dict[str, Any] = {
    "INGESTED": {"market_data": [{"company": "Aurelia", "revenue": 1.5e6}], "source": "api"},
    "NORMALIZED": {"schema": "idea.input", "rows": [{"é": 1, "b": None}]},
    "SANITIZED": {"rows": [], "redacted": ["contact"]},
    "SYNTHESIZED": {"personas": [{"name": "Ada", "weight": 0.5}]},
    "SIMULATED": {"runs": 10000, "mean": 0.1},
    "FLAGGED": "outlier in COMP-001",
    "ANALYZED": {"wtp": {"median": 42, "p90": 77.5}},
    "PERSISTED": {"artifacts": ["report.pdf"]},
}
"""What each stage hashed; DECIDED's stands in its metadata. FLAGGED's is a text, hashed as it is."""
FILES = {
    "INGESTED": "inputs/market_data.json",
    "NORMALIZED": "inputs/normalized.json",
    "SANITIZED": "inputs/sanitized.json",
    "SYNTHESIZED": "outputs/personas.output.json",
    "SIMULATED": "outputs/simulation.result.json",
    "FLAGGED": "outputs/flag.json",
    "ANALYZED": "outputs/analysis.output.json",
    "PERSISTED": "outputs/persisted.json",
}


def canonical(value: Any) -> str:
    """What is hashed of a payload."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def data_hash(payload: Any) -> str:
    return sha256(canonical(payload).encode()).hexdigest()


def iso(moment: datetime) -> str:
    """A moment as the writer gives it: at microsecond 0 without a fraction."""
    return moment.replace(tzinfo=None).isoformat() + "Z"


def events(run: str = RUN, start: datetime = START) -> list[Event]:
    """A whole run, one event for each stage; the second has the time of the first."""
    found = []
    for at, (kind, span, service, metadata, provenance) in enumerate(STAGES):
        moment = start + timedelta(microseconds=0 if at < 2 else 503_260 * (at - 1))
        found.append(
            {
                "event_id": f"EVT-{moment:%Y%m%d-%H%M%S}-{at + 1:012x}",
                "event_type": kind,
                "timestamp": iso(moment),
                "run_id": run,
                "span_id": f"{run}-{span}",
                "service": service,
                "agent_id": f"smvm-{service}-01",
                "data_hash": data_hash(metadata if kind == "DECIDED" else PAYLOADS[kind]),
                "metadata": metadata,
                "provenance": provenance,
            }
        )
    return found


def jsonl(records: Iterable[Event], end: str = "\n") -> bytes:
    """Lines as ``json.dumps`` writes them; ``end`` may be CR LF."""
    return "".join(json.dumps(record) + end for record in records).encode()


def run_folder(
    root: Path, run: Sequence[Event] | None = None, *, payloads: bool = True, packed: bool = False, hashes: bool = False
) -> Path:
    """``root/runs/{project}/validation/{run_id}``: the events, what was hashed, and what else belongs to a run.

    ``packed`` is how a ledger looks after an hour, ``hashes`` adds the list of the events' hashes. The ledger's path.
    """
    found = list(run or events())
    run_id: str = found[0]["run_id"]
    folder = root / "runs" / "juniper" / "validation" / run_id
    folder.mkdir(parents=True)
    meta = {"run_id": run_id, "project_id": "juniper", "status": "COMPLETED", "retention_days": 90}
    (folder / "meta.json").write_text(json.dumps(meta, indent=2))
    for kind, name in FILES.items():
        if payloads:
            (folder / name).parent.mkdir(exist_ok=True)
            payload = PAYLOADS[kind]
            (folder / name).write_text(payload if isinstance(payload, str) else json.dumps(payload, indent=2))
    if hashes:
        listed = {"events": [sha256(canonical(each).encode()).hexdigest() for each in found]}
        (folder / "hashes.json").write_text(json.dumps(listed))
    path = folder / ("events.jsonl.gz" if packed else "events.jsonl")
    path.write_bytes(gzip.compress(jsonl(found)) if packed else jsonl(found))
    return path


def steps(run: str = "dry_run_001", start: datetime = START) -> list[Event]:
    """A log of steps; its run ids do not have the documented form."""
    found: list[Event] = []
    for name in ("validate_idea", "ingest_data", "synthesize_personas"):
        for kind, message in (("STEP_START", f"Starting {name}"), ("STEP_SUCCESS", f"{name} completed")):
            moment = start + timedelta(milliseconds=len(found) // 2)
            found.append(
                {
                    "timestamp": iso(moment),
                    "run_id": run,
                    "step_name": name,
                    "event_type": kind,
                    "level": "INFO",
                    "message": message,
                    "metadata": {"execution_time": 2.3},
                }
            )
    return found


def memory_store(count: int = 4) -> bytes:
    """The memory store's file: one array, written anew each time."""
    found = []
    for at in range(count):
        moment = START + timedelta(seconds=at)
        found.append(
            {
                "id": f"evt_{at:012x}",
                "timestamp": iso(moment),
                "event_type": "entity_stored",
                "entity_type": "persona",
                "entity_id": f"persona-{at}",
                "data_hash": data_hash({"persona": at}),
                "stored_at": iso(moment),
            }
        )
    return json.dumps(found, indent=2).encode()
