"""What each type of event says about deals, actions, runs, jobs and messages, in words of its payload or details."""

_TOOL_CALLED = "tool {tool_name}"
_TOOL_ENDED = "tool {tool_name}[, success: {success}][ in {duration_ms} ms][: {error}]"

SUMMARIES = {
    "created": "[{type}][ by {source}][, {capability_id}]",
    "approved": "approved",
    "started": "by {owner_id}",
    "completed": "{status}[, {error_code}]",
    "failed": "{status}[, {error_code}]",
    "retry_scheduled": "retry {retry_count}[ at {next_attempt_at}][: {error_code}]",
    "unstuck": "{reason}",
    "requeued": "{reason}[, after {previous_error}]",
    "cancelled": "{reason}",
    "step_approved": "{step_name}",
    "deal.stage_changed": "stage {from_stage} → {to_stage}[: {reason}]",
    "deal.updated": "{field}[: {old} → {new}]",
    "deal.scored": "score {score}[: {reason}]",
    "deal.created": "created[ {name}][, stage {stage}]",
    "run.started": "{agent}[: {goal}]",
    "run.tool_called": _TOOL_CALLED,
    "run.tool_completed": _TOOL_ENDED,
    "agent.tool_called": _TOOL_CALLED,
    "agent.tool_completed": _TOOL_ENDED,
    "tool_call_started": _TOOL_CALLED,
    "tool_call_completed": _TOOL_ENDED,
}
