"""What the specification says an SMVM event holds: one model per event type, a union by ``event_type``.

Written as the document is, table by table, so that both can be read side by side.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from console.formats.smvm.schema.hints import units, words

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0)]
Items = list[Any]
Table = dict[str, Any]


class Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)


class IngestedMetadata(Part):
    source_type: Annotated[str, words("api", "file", "database")]
    source_url: Text
    record_count: Count
    data_format: Annotated[str, words("json", "csv", "xml")]
    ingestion_method: Annotated[str, words("batch", "stream")]
    quality_score: Share
    estimated_size_bytes: Count


class IngestedProvenance(Part):
    source_checksum: str
    ingestion_timestamp: str
    ingestion_duration_ms: Count
    bytes_processed: Count
    records_filtered: Count
    error_count: Count


class NormalizedMetadata(Part):
    original_schema: Text
    target_schema: Text
    field_mapping_count: Count
    transformation_rules_applied: Items
    data_quality_improved: bool
    validation_errors_resolved: Count


class NormalizedProvenance(Part):
    normalization_engine_version: Text
    transformation_duration_ms: Count
    fields_normalized: Count
    default_values_applied: Count
    data_loss_percentage: Share
    schema_compliance_score: Share


class SanitizedMetadata(Part):
    sensitivity_level: Annotated[str, words("public", "internal", "confidential")]
    pii_fields_detected: Items
    redaction_rules_applied: Items
    data_utility_preserved: Share
    compliance_requirements: Items


class SanitizedProvenance(Part):
    sanitization_engine_version: Text
    redaction_duration_ms: Count
    fields_redacted: Count
    hashing_algorithm: Annotated[str, words("SHA-256", "SHA-3")]
    audit_trail_preserved: bool
    reversibility_status: Annotated[str, words("reversible", "irreversible")]


class SynthesizedMetadata(Part):
    synthesis_type: Annotated[str, words("personas", "market_data", "scenarios")]
    target_count: Count
    generation_parameters: Table
    bias_controls_applied: Items
    diversity_targets: Table
    statistical_properties: Table


class SynthesizedProvenance(Part):
    synthesis_engine_version: Text
    generation_duration_ms: Count
    random_seed: int
    bias_assessment_score: Share
    diversity_score: Share
    validation_passed: bool


class SimulatedMetadata(Part):
    scenario_type: Annotated[str, words("market_growth", "competition", "pricing")]
    simulation_parameters: Table
    time_horizon: Annotated[str, units("months", "years")]
    assumptions_made: Items
    convergence_achieved: bool
    statistical_significance: Share


class SimulatedProvenance(Part):
    simulation_engine_version: Text
    execution_duration_ms: Count
    iterations_completed: Count
    random_seed: int
    numerical_stability: Share
    result_confidence: Share


class FlaggedMetadata(Part):
    flag_type: Annotated[str, words("anomaly", "risk", "quality", "bias")]
    severity_level: Annotated[str, words("low", "medium", "high", "critical")]
    detection_method: Annotated[str, words("statistical", "rule-based", "ml")]
    affected_entities: Items
    recommended_actions: Items
    escalation_required: bool


class FlaggedProvenance(Part):
    detection_engine_version: Text
    detection_timestamp: str
    confidence_score: Share
    false_positive_probability: Share
    historical_precedence: bool
    automated_response_taken: bool


class AnalyzedMetadata(Part):
    analysis_type: Annotated[str, words("elasticity", "wtp", "roi", "decision_matrix")]
    analysis_scope: Annotated[str, words("market", "segment", "product")]
    methodology_used: Items
    key_findings: Items
    confidence_levels: Table
    recommendations_generated: Count


class AnalyzedProvenance(Part):
    analysis_engine_version: Text
    analysis_duration_ms: Count
    data_points_processed: Count
    statistical_tests_passed: Count
    model_accuracy_score: Share
    insight_quality_score: Share


class DecidedMetadata(Part):
    decision_type: Annotated[str, words("go_no_go", "market_entry", "pricing")]
    decision_options: Items
    evaluation_criteria: Items
    decision_logic: Text
    recommended_action: Text
    confidence_level: Share
    alternative_considerations: Items


class DecidedProvenance(Part):
    decision_engine_version: Text
    decision_duration_ms: Count
    criteria_weighted: bool
    sensitivity_analysis_performed: bool
    stakeholder_alignment: Share
    decision_traceability: bool


class PersistedMetadata(Part):
    storage_type: Annotated[str, words("database", "file", "memory")]
    data_classification: Annotated[str, words("green", "amber")]
    retention_policy: Annotated[str, units("days", "months", "years")]
    artifact_types: Items
    storage_location: Text
    backup_strategy: Text


class PersistedProvenance(Part):
    storage_engine_version: Text
    persistence_duration_ms: Count
    data_volume_bytes: Count
    compression_ratio: Ratio
    integrity_check_passed: bool
    replication_status: Annotated[str, words("completed", "pending", "failed")]


class LedgerEvent(Part):
    """The envelope; patterns, dates and hashes are checked by the rules, not by the model."""

    event_id: Text
    timestamp: Text
    run_id: Text
    span_id: Text
    service: Text
    agent_id: Text
    data_hash: str


class Ingested(LedgerEvent):
    event_type: Literal["INGESTED"]
    metadata: IngestedMetadata
    provenance: IngestedProvenance


class Normalized(LedgerEvent):
    event_type: Literal["NORMALIZED"]
    metadata: NormalizedMetadata
    provenance: NormalizedProvenance


class Sanitized(LedgerEvent):
    event_type: Literal["SANITIZED"]
    metadata: SanitizedMetadata
    provenance: SanitizedProvenance


class Synthesized(LedgerEvent):
    event_type: Literal["SYNTHESIZED"]
    metadata: SynthesizedMetadata
    provenance: SynthesizedProvenance


class Simulated(LedgerEvent):
    event_type: Literal["SIMULATED"]
    metadata: SimulatedMetadata
    provenance: SimulatedProvenance


class Flagged(LedgerEvent):
    event_type: Literal["FLAGGED"]
    metadata: FlaggedMetadata
    provenance: FlaggedProvenance


class Analyzed(LedgerEvent):
    event_type: Literal["ANALYZED"]
    metadata: AnalyzedMetadata
    provenance: AnalyzedProvenance


class Decided(LedgerEvent):
    event_type: Literal["DECIDED"]
    metadata: DecidedMetadata
    provenance: DecidedProvenance


class Persisted(LedgerEvent):
    event_type: Literal["PERSISTED"]
    metadata: PersistedMetadata
    provenance: PersistedProvenance


MODELS: dict[str, type[LedgerEvent]] = {
    "INGESTED": Ingested,
    "NORMALIZED": Normalized,
    "SANITIZED": Sanitized,
    "SYNTHESIZED": Synthesized,
    "SIMULATED": Simulated,
    "FLAGGED": Flagged,
    "ANALYZED": Analyzed,
    "DECIDED": Decided,
    "PERSISTED": Persisted,
}


class UntypedEvent(LedgerEvent):
    """An event whose type the specification does not know: the envelope alone."""

    event_type: str
    metadata: Table
    provenance: Table


class StepContext(Part):
    model_config = ConfigDict(extra="allow")

    user_id: str | None = None
    correlation_id: str | None = None
    session_id: str | None = None


class StepEvent(Part):
    """A step of a run, as the real command line writes it. Not in the specification."""

    timestamp: Text
    run_id: Text
    step_name: str | None
    event_type: str
    level: str
    message: str
    metadata: Table
    context: StepContext | None = None


class StoredEvent(Part):
    """An entry of the memory service's event store. Not in the specification."""

    id: Text
    timestamp: Text
    event_type: str
    entity_type: Text
    entity_id: Text
    data_hash: str
    stored_at: Text
