"""What each type of event says about a simulation, in words of its payload."""

SUMMARIES = {
    "simulation_started": "{n_agents} agents[, {n_epochs} epochs][ of {steps_per_epoch} steps][, seed {seed}]",
    "simulation_ended": "after {total_epochs} epochs",
    "agent_created": "{name}[, {agent_type}][: {roles}]",
    "interaction_proposed": "{interaction_type}[, p {p}]",
    "interaction_completed": "[accepted: {accepted}, ]payoff {payoff_initiator} / {payoff_counterparty}",
    "payoff_computed": "payoff {payoff_initiator} / {payoff_counterparty}",
    "reputation_updated": "reputation {old_reputation} → {new_reputation}[: {reason}]",
    "epoch_completed": "epoch {epoch}[, {total_interactions} interactions][, toxicity {toxicity_rate}]",
    "awm_tool_call_executed": "tool {tool_name}[, success: {success}]",
    "memory_written": "{artifact_type}[: {artifact_data}]",
    "council_audit": "{audit_type} audit[: {audit_result}]",
    "governance_cost_applied": (
        "{intervention_type}[ {intervention_action}][ of {affected_agents}][: {intervention_reason}]"
    ),
    "agent_state_updated": "{message_role}: {message_content}",
    "api_call": "{domain}.{endpoint}[({params})][, cost {cost}]",
    "irreversible_proposed": "proposes {endpoint}[({params})][, {request_id}]",
    "irreversible_vote": "{request_id}[, approve: {approve}]",
}
