from types import ModuleType

from console.library.errors import LibraryError as LibraryError
from console.library.errors import RefusedError as RefusedError
from console.library.kernel import append as append
from console.library.kernel import averify as averify
from console.library.kernel import verify as verify
from console.library.maysano import aobjective_history as aobjective_history
from console.library.maysano import aproduct_activities as aproduct_activities
from console.library.maysano import astructural_events as astructural_events
from console.library.maysano import objective_history as objective_history
from console.library.maysano import product_activities as product_activities
from console.library.maysano import structural_events as structural_events
from console.library.smvm import IntegrityVerdict as IntegrityVerdict
from console.library.smvm import aget_event_chain as aget_event_chain
from console.library.smvm import aget_events_by_run as aget_events_by_run
from console.library.smvm import get_event_chain as get_event_chain
from console.library.smvm import get_events_by_run as get_events_by_run
from console.library.smvm import validate_event_integrity as validate_event_integrity
from console.library.swarm import EventLog as EventLog
from console.library.swarm import LoggedEvent as LoggedEvent
from console.library.swarm import agent_message_event as agent_message_event
from console.library.swarm import artifact_created_event as artifact_created_event
from console.library.swarm import audit_event as audit_event
from console.library.swarm import generate_deterministic_id as generate_deterministic_id
from console.library.swarm import intervention_event as intervention_event
from console.library.swarm import tool_call_executed_event as tool_call_executed_event
from console.library.zakops import emit_event as emit_event
from console.library.zakops import process_once as process_once
from console.library.zakops import record_audit as record_audit

__all__: list[str]

def declared() -> dict[str, ModuleType]: ...
