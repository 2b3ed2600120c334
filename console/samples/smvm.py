"""SMVM runs: ledger events with their payloads at hand, step events, the memory store; one decision edited."""

import json
from datetime import datetime
from pathlib import Path

from console.samples import story
from console.samples.pen import Dice, Document, after, at, digest, gzipped, lines, micros, write

STAGES = {
    "INGESTED": ("ingestion", "0001-ING", "inputs/market_data.json"),
    "NORMALIZED": ("ingestion", "0001-ING", "inputs/market_data_normalized.json"),
    "SANITIZED": ("ingestion", "0001-ING", "inputs/market_data_sanitized.json"),
    "SYNTHESIZED": ("personas", "0002-PER", "outputs/personas.output.json"),
    "SIMULATED": ("simulation", "0003-SIM", "outputs/simulation.result.json"),
    "FLAGGED": ("overwatch", "0004-OVW", "outputs/flag.output.json"),
    "ANALYZED": ("analysis", "0005-ANA", "outputs/analysis.output.json"),
    "DECIDED": ("analysis", "0006-DEC", "outputs/decision.output.json"),
    "PERSISTED": ("memory", "0007-IDC", "outputs/persisted.output.json"),
}
"""Service, end of the span id, and file of the payload, by event type. Payloads are kept for the story's project."""
ENGINES = {
    "NORMALIZED": "normalization", "SANITIZED": "sanitization", "SYNTHESIZED": "synthesis", "SIMULATED": "simulation",
    "FLAGGED": "detection", "ANALYZED": "analysis", "DECIDED": "decision", "PERSISTED": "storage",
}  # fmt: skip


def write_all(root: Path) -> None:
    """Every SMVM sample, into ``root``."""
    for project, days in (("cedar-mill", (2, 3, 6)), ("north-quay", (7, 8)), (story.PROJECT, (9, 13))):
        for day in days:
            dice = Dice(f"smvm/{project}/{day}")
            start = after(at(f"2025-10-{day:02d} 07:30"), dice.between(0, 20_000))
            run = f"RUN-{start:%Y%m%d-%H%M%S}-{dice.hex(8)}"
            flagged = "medium" if dice.below(2) else ""
            _write_run(root, project, run, start, dice, flagged, archived=project == "cedar-mill" and day < 6)
    _write_run(root, story.PROJECT, story.FLAG_RUN, story.RUN_AT, Dice("smvm/flagged"), "critical")
    for day in (1, 14):
        _write_steps(root, at(f"2025-10-{day:02d} 06:00:09"))
    write(root / "memory" / "events.json", json.dumps(_memory(), indent=2).encode())


def _write_run(
    root: Path, project: str, run: str, start: datetime, dice: Dice, flagged: str, *, archived: bool = False
) -> None:
    folder = root / "runs" / project / "validation" / run
    events: list[Document] = []
    time = start
    for kind, (_, _, payload_file) in STAGES.items():
        if kind == "FLAGGED" and not flagged:
            continue
        time = after(time, dice.between(0, 40_000_000) / 1_000_000)
        metadata = metadata_of(kind, project, flagged, events, dice)
        payload = payload_of(kind, project, metadata, dice)
        if project == story.PROJECT:
            write(folder / payload_file, json.dumps(payload, indent=2).encode())
        if kind == "DECIDED" and run == story.FLAG_RUN:
            metadata = metadata | {"recommended_action": "proceed_as_offered", "confidence_level": 0.86}
        events.append(ledger_event(kind, time, run, metadata, payload, dice))
    ledger = lines(json.dumps(event) for event in events)
    if archived:
        write(folder / "events.jsonl.gz", gzipped(ledger, after(time, 3600)))
    else:
        write(folder / "events.jsonl", ledger)
    meta = {
        "run_id": run,
        "project_id": project,
        "status": "COMPLETED",
        "initiated_at": micros(start),
        "completed_at": micros(time),
        "data_zone": "GREEN",
        "retention_days": 90,
        "execution_mode": "full",
        "total_steps": len(events),
        "completed_steps": len(events),
    }
    write(folder / "meta.json", json.dumps(meta, indent=2).encode())


def ledger_event(kind: str, time: datetime, run: str, metadata: Document, payload: Document, dice: Dice) -> Document:
    """A ledger event of one stage; its data_hash is that of the payload."""
    service, span, _ = STAGES[kind]
    return {
        "event_id": f"EVT-{time:%Y%m%d-%H%M%S}-{dice.hex(12)}",
        "event_type": kind,
        "timestamp": micros(time),
        "run_id": run,
        "span_id": f"{run}-{span}",
        "service": service,
        "agent_id": f"smvm-{service}-01",
        "data_hash": digest(json.dumps(payload, sort_keys=True)),
        "metadata": metadata,
        "provenance": _provenance(kind, time, dice),
    }


def metadata_of(kind: str, project: str, flagged: str, before: list[Document], dice: Dice) -> Document:
    """The metadata that the specification defines for this type."""
    match kind:
        case "INGESTED":
            source = f"https://data.example/markets/{project}"
            return {"source_type": "api", "source_url": source, "record_count": dice.between(120, 900),
                    "data_format": "json", "ingestion_method": "batch", "quality_score": dice.share(0.8, 0.98),
                    "estimated_size_bytes": dice.between(20_000, 900_000)}  # fmt: skip
        case "NORMALIZED":
            return {"original_schema": "raw_api_response", "target_schema": "idea.input",
                    "field_mapping_count": dice.between(6, 20),
                    "transformation_rules_applied": ["currency_conversion", "field_renaming"],
                    "data_quality_improved": True, "validation_errors_resolved": dice.below(5)}  # fmt: skip
        case "SANITIZED":
            return {"sensitivity_level": "internal", "pii_fields_detected": ["tenant_name", "tenant_email"],
                    "redaction_rules_applied": ["hash_identifiers"], "data_utility_preserved": dice.share(0.9, 0.99),
                    "compliance_requirements": ["GDPR"]}  # fmt: skip
        case "SYNTHESIZED":
            return {"synthesis_type": "personas", "target_count": dice.between(20, 80),
                    "generation_parameters": {"segments": 4}, "bias_controls_applied": ["demographic_balancing"],
                    "diversity_targets": {"age_groups": 0.7},
                    "statistical_properties": {"margin_of_error": 0.05}}  # fmt: skip
        case "SIMULATED":
            return {"scenario_type": "pricing", "simulation_parameters": {"iterations": 10000},
                    "time_horizon": "36_months", "assumptions_made": ["stable_rates", "no_new_supply"],
                    "convergence_achieved": True, "statistical_significance": dice.share(0.9, 0.99)}  # fmt: skip
        case "FLAGGED":
            critical = flagged == "critical"
            actions = ["stop_the_offer", "call_the_investment_committee"] if critical else ["review_data_quality"]
            return {"flag_type": "risk" if critical else "anomaly", "severity_level": flagged,
                    "detection_method": "rule-based" if critical else "statistical",
                    "affected_entities": [before[0]["event_id"], before[-1]["event_id"]],
                    "recommended_actions": actions, "escalation_required": critical}  # fmt: skip
        case "ANALYZED":
            finding = "offer_above_supported_range" if flagged == "critical" else "offer_within_supported_range"
            return {"analysis_type": "wtp", "analysis_scope": "market",
                    "methodology_used": ["econometric_modeling", "comparable_sales"],
                    "key_findings": [finding, "stable_occupancy"],
                    "confidence_levels": {"price": dice.share(0.8, 0.95)},
                    "recommendations_generated": dice.between(2, 6)}  # fmt: skip
        case "DECIDED":
            critical = flagged == "critical"
            return {"decision_type": "pricing",
                    "decision_options": ["proceed_as_offered", "renegotiate_price", "withdraw"],
                    "evaluation_criteria": ["supported_price", "financial_returns", "risk_profile"],
                    "decision_logic": "weighted_criteria_analysis",
                    "recommended_action": "renegotiate_price" if critical else "proceed_as_offered",
                    "confidence_level": 0.91 if critical else dice.share(0.7, 0.9),
                    "alternative_considerations": [f"ceiling_{story.APPROVED}"] if critical else []}  # fmt: skip
        case _:
            return {"storage_type": "file", "data_classification": "green", "retention_policy": "365_days",
                    "artifact_types": ["report", "data"], "storage_location": f"runs/{project}/validation/",
                    "backup_strategy": "cross_region_replication"}  # fmt: skip


def _provenance(kind: str, time: datetime, dice: Dice) -> Document:
    """The provenance that the specification defines for this type."""
    duration = dice.between(200, 45_000)
    match kind:
        case "INGESTED":
            return {"source_checksum": dice.hex(64), "ingestion_timestamp": micros(time),
                    "ingestion_duration_ms": duration, "bytes_processed": dice.between(20_000, 900_000),
                    "records_filtered": dice.below(10), "error_count": 0}  # fmt: skip
        case "FLAGGED":
            return {"detection_engine_version": "2.3.0", "detection_timestamp": micros(time),
                    "confidence_score": dice.share(0.8, 0.97), "false_positive_probability": dice.share(0.01, 0.1),
                    "historical_precedence": False, "automated_response_taken": False}  # fmt: skip
    rest: dict[str, Document] = {
        "NORMALIZED": {"transformation_duration_ms": duration, "fields_normalized": dice.between(6, 20),
                       "default_values_applied": dice.below(3), "data_loss_percentage": 0.0,
                       "schema_compliance_score": dice.share(0.95, 1)},
        "SANITIZED": {"redaction_duration_ms": duration, "fields_redacted": 2, "hashing_algorithm": "SHA-256",
                      "audit_trail_preserved": True, "reversibility_status": "irreversible"},
        "SYNTHESIZED": {"generation_duration_ms": duration, "random_seed": dice.below(100_000),
                        "bias_assessment_score": dice.share(0.05, 0.2), "diversity_score": dice.share(0.7, 0.95),
                        "validation_passed": True},
        "SIMULATED": {"execution_duration_ms": duration, "iterations_completed": 10000,
                      "random_seed": dice.below(100_000), "numerical_stability": dice.share(0.9, 0.99),
                      "result_confidence": dice.share(0.85, 0.97)},
        "ANALYZED": {"analysis_duration_ms": duration, "data_points_processed": dice.between(500, 4000),
                     "statistical_tests_passed": dice.between(5, 12), "model_accuracy_score": dice.share(0.8, 0.95),
                     "insight_quality_score": dice.share(0.7, 0.9)},
        "DECIDED": {"decision_duration_ms": duration, "criteria_weighted": True,
                    "sensitivity_analysis_performed": True, "stakeholder_alignment": dice.share(0.7, 0.95),
                    "decision_traceability": True},
        "PERSISTED": {"persistence_duration_ms": duration, "data_volume_bytes": dice.between(100_000, 4_000_000),
                      "compression_ratio": dice.share(0.4, 0.8), "integrity_check_passed": True,
                      "replication_status": "completed"},
    }  # fmt: skip
    return {f"{ENGINES[kind]}_engine_version": "2.3.0"} | rest[kind]


def payload_of(kind: str, project: str, metadata: Document, dice: Dice) -> Document:
    """What the stage produced. A decision is its own metadata."""
    if kind == "DECIDED":
        return metadata
    return {
        "stage": kind.lower(),
        "project": project,
        "rows": [
            {"segment": f"segment_{n}", "weight": dice.share(), "value": dice.between(900, 4200)} for n in range(4)
        ],
        "summary": {name: value for name, value in metadata.items() if isinstance(value, int | float | str)},
    }


def _write_steps(root: Path, start: datetime) -> None:
    """Step events of the pipeline that runs a validation, in a log of their own."""
    dice = Dice(f"smvm/steps/{start.day}")
    run = f"RUN-{start:%Y%m%d-%H%M%S}-{dice.hex(8)}"
    context = {"user_id": "nightly", "correlation_id": dice.uuid(), "session_id": dice.hex(12)}
    events: list[str] = []
    time = start

    def add(step: str, kind: str, message: str, metadata: Document, level: str = "INFO") -> None:
        nonlocal time
        time = after(time, dice.between(1, 9_000_000) / 1_000_000)
        event = {"timestamp": micros(time), "run_id": run, "step_name": step, "event_type": kind, "level": level}
        events.append(json.dumps(event | {"message": message, "metadata": metadata, "context": context}))

    for step in ("validate_idea", "ingest_data", "synthesize_personas", "run_simulation", "analyze_results", "report"):
        add(step, "STEP_START", f"Starting {step}", {})
        for share in (0.25, 0.5, 0.75):
            add(step, "STEP_PROGRESS", f"{step} at {share:.0%}", {"progress": share})
        if step == "ingest_data":
            add(step, "STEP_RETRY", "Source answered 503, trying again", {"attempt": 2}, "WARNING")
        add(
            step,
            "RESOURCE_USAGE",
            "Memory and tokens",
            {"memory_mb": dice.between(180, 600), "tokens": dice.between(200, 3000)},
        )
        add(step, "STEP_SUCCESS", f"{step} completed", {"execution_time": dice.share(0.5, 40)})
    add("pipeline", "PIPELINE_COMPLETE", "All steps completed", {"steps": 6})
    write(root / "runs" / "nightly" / run / "events.jsonl", lines(events))


def _memory() -> list[Document]:
    dice = Dice("smvm/memory")
    time = at("2025-10-01 05:00:00")
    events: list[Document] = []
    for number in range(40):
        time = after(time, dice.between(600_000_000, 20_000_000_000) / 1_000_000)
        kind = dice.pick(("persona", "competitor", "simulation", "decision"))
        entity = {"name": f"{kind}_{number:03d}", "weight": dice.share()}
        events.append(
            {
                "id": f"evt_{dice.hex(12)}",
                "timestamp": micros(time),
                "event_type": "entity_stored",
                "entity_type": kind,
                "entity_id": entity["name"],
                "data_hash": digest(json.dumps(entity, sort_keys=True)),
                "stored_at": micros(after(time, 0.004)),
            }
        )
    return events
