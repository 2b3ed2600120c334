"""What anyone would write in an afternoon: json and hashlib, one event after the other.

``reference_plain.py chains FILE`` verifies a kernel-doc/1 ledger; ``reference_plain.py parse FILE`` only reads the
JSON of every line. Prints one JSON object: events, deals, valid.
"""

import hashlib
import json
import sys
from pathlib import Path


def chains(path: Path) -> dict[str, object]:
    heads: dict[str, tuple[int, str]] = {}
    events = 0
    valid = True
    with path.open(encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            events += 1
            sequence, head = heads.get(event["dealId"], (0, None))
            payload = json.dumps(event["payload"], separators=(",", ":"), ensure_ascii=False)
            text = f"{event['dealId']}{event['sequenceNumber']}{event['type']}{payload}{head or 'null'}"
            stored = event["eventHash"]
            if (
                event["sequenceNumber"] != sequence + 1
                or event["previousEventHash"] != head
                or hashlib.sha256(text.encode()).hexdigest() != stored
            ):
                valid = False
            heads[event["dealId"]] = (event["sequenceNumber"], stored)
    return {"events": events, "deals": len(heads), "valid": valid}


def parse(path: Path) -> dict[str, object]:
    with path.open(encoding="utf-8") as file:
        return {"events": sum(isinstance(json.loads(line), dict) for line in file)}


if __name__ == "__main__":
    print(json.dumps({"chains": chains, "parse": parse}[sys.argv[1]](Path(sys.argv[2]))))
