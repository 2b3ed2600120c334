"""What anyone would write to make a table of a log: ``python reference_csv.py LOG OUT``."""

import csv
import json
import sys
from pathlib import Path

COLUMNS = (
    *("event_id", "timestamp", "event_type", "interaction_id", "agent_id", "initiator_id", "counterparty_id"),
    *("epoch", "step", "scenario_id", "replay_k", "seed", "provenance_id", "parent_event_id", "tool_call_id"),
    *("artifact_id", "audit_id", "intervention_id"),
)

with Path(sys.argv[1]).open(encoding="utf-8") as log, Path(sys.argv[2]).open("w", newline="", encoding="utf-8") as out:
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for line in log:
        writer.writerow(json.loads(line))
