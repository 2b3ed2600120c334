"""What each stage says about a run, in words of its metadata (``m``), provenance (``p``) and envelope (``e``)."""

_STEP = "{e.step_name}[: {e.message}]"

SUMMARIES = {
    "INGESTED": "{m.record_count} records[ by {m.source_type}][ from {m.source_url}][, quality {m.quality_score}]",
    "NORMALIZED": "{m.original_schema} → {m.target_schema}[, {m.field_mapping_count} fields]",
    "SANITIZED": "{p.fields_redacted} fields redacted[: {m.pii_fields_detected}][, {m.sensitivity_level}]",
    "SYNTHESIZED": "{m.target_count} {m.synthesis_type}[, seed {p.random_seed}][, validated: {p.validation_passed}]",
    "SIMULATED": "{m.scenario_type}[ over {m.time_horizon}][, converged: {m.convergence_achieved}]",
    "FLAGGED": "{m.severity_level} {m.flag_type}[ by {m.detection_method}][, escalate: {m.escalation_required}]",
    "ANALYZED": "{m.analysis_type}[ of {m.analysis_scope}][: {m.key_findings}]",
    "DECIDED": "{m.recommended_action}[ ({m.decision_type})][, confidence {m.confidence_level}]",
    "PERSISTED": "to {m.storage_type}[ {m.storage_location}][, replication {p.replication_status}]",
    "entity_stored": "{e.entity_type}[ {e.entity_id}]",
    **dict.fromkeys(
        (
            *("STEP_START", "STEP_PROGRESS", "STEP_SUCCESS", "STEP_FAILURE", "STEP_RETRY", "RESOURCE_USAGE"),
            *("VALIDATION_ERROR", "CIRCUIT_BREAKER", "PIPELINE_COMPLETE"),
            *("COMMAND_START", "COMMAND_SUCCESS", "COMMAND_FAILURE"),
        ),
        _STEP,
    ),
}
