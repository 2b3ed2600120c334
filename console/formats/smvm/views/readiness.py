"""Which runs can be replayed: what a replay needs of a run's folder, and what of it is missing or differs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.protocol import DIGEST
from console.formats.reading.findings import Place
from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.formats.smvm.hashes.companions import EventHashes, event_hashes, file_findings, listed, read_json, run_of
from console.formats.smvm.record import LEDGER
from console.formats.smvm.rules.runs import STAGES
from console.model.event import Event
from console.model.finding import Finding
from console.model.trust import Severity
from console.model.words import count

_METADATA = ("metadata.json", "meta.json")
NEEDED = ("metadata", "seeds", "hashes", "artifacts", "events")
COLUMNS = (
    ReportColumn("run", "run"),
    ReportColumn("ready", "ready", "flag"),
    *(ReportColumn(name, name, "flag") for name in NEEDED),
    ReportColumn("stages", "stages", "number"),
    ReportColumn("missing", "missing"),
)


@dataclass(slots=True)
class _RunFolder:
    """What is known of one ledger's folder."""

    ledger: str
    companions: Mapping[str, bytes]
    hashes: EventHashes | None
    runs: Counter[str] = field(default_factory=Counter)
    stages: set[str] = field(default_factory=set)
    seeds: dict[str, None] = field(default_factory=dict)
    """Random seeds that events name."""


class ReadinessFold:
    """See ``console.formats.report.ReportFold``. Only the specification's ledgers can be replayed."""

    def __init__(self) -> None:
        self._folders: dict[str, _RunFolder] = {}

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._folders.pop(ledger, None)
        if shape == LEDGER:
            self._folders[ledger] = _RunFolder(ledger, companions, event_hashes(companions))

    def take(self, ledger: str, event: Event) -> None:
        folder = self._folders.get(ledger)
        if folder is None:
            return
        if folder.hashes is not None:
            raw = json.dumps(event.document).encode()
            folder.hashes.add(raw, Place(event.ordinal, event.offset, event.length))
        folder.stages.add(event.type)
        folder.runs.update(each.key for each in event.streams)
        provenance = event.document.get("provenance")
        if isinstance(provenance, dict) and "random_seed" in provenance:
            folder.seeds[f"{event.type} has random_seed {provenance['random_seed']}"] = None

    def table(self, now: int) -> ReportTable:
        """One row for each ledger."""
        rows = [_row(folder) for folder in self._folders.values()]
        ready = sum(row.values["ready"] is True for row in rows)
        return ReportTable(rows, {"runs": len(rows), "ready": ready})


def _row(folder: _RunFolder) -> ReportRow:
    companions = folder.companions
    files = file_findings(companions)
    wrong = {each.field: each for each in files}
    holds: dict[str, bool | None] = {
        "metadata": _there("metadata", companions) and wrong.keys().isdisjoint(_METADATA),
        "seeds": "seeds.json" in companions and "seeds.json" not in wrong,
        "hashes": isinstance(read_json(companions.get("hashes.json", b"")), dict),
    }
    artifacts = [path for path in listed(companions) if path not in (*_METADATA, "seeds.json")]
    seen = [path for path in artifacts if path in companions or f"{DIGEST}{path}" in companions]
    if any(path in wrong for path in artifacts):
        holds["artifacts"] = False
    else:
        holds["artifacts"] = True if artifacts and len(seen) == len(artifacts) else None
    events = [*_events(folder)]
    holds["events"] = not events
    reasons = [*(each.message for each in files), *events]
    reasons += [f"There is no {name}.json." for name in ("metadata", "seeds", "hashes") if not _there(name, companions)]
    if holds["artifacts"] is None and artifacts:
        reasons.append(f"{count(len(artifacts) - len(seen), 'artifact')} could not be looked at.")
    missing = [name for name in NEEDED if holds[name] is False]
    ready = False if missing else None if holds["artifacts"] is None else True
    run = run_of(companions) or (folder.runs.most_common(1)[0][0] if folder.runs else "")
    values: dict[str, Any] = {"run": run, "ready": ready, **holds, "missing": ", ".join(missing)}
    values["stages"] = sum(name in folder.stages for name in STAGES)
    details = tuple(reasons) + (() if holds["seeds"] else tuple(folder.seeds))
    return ReportRow(values, Severity.WARNING if missing else Severity.NONE, folder.ledger, None, details)


def _there(name: str, companions: Mapping[str, bytes]) -> bool:
    return f"{name}.json" in companions or (name == "metadata" and "meta.json" in companions)


def _events(folder: _RunFolder) -> Iterator[str]:
    """Why the ledger's events do not suffice."""
    if not folder.runs:
        yield "There are no events."
    elif len(folder.runs) > 1:
        yield f"The ledger holds {len(folder.runs)} runs."
    absent = [name for name in ("INGESTED", "DECIDED", "PERSISTED") if name not in folder.stages]
    if folder.runs and absent:
        yield f"No {', '.join(absent)}: the run is not whole."
    found: list[Finding] = folder.hashes.standing() if folder.hashes is not None else []
    yield from (each.message for each in found if each.code == "data.hash-mismatch")


READINESS = Report(
    "readiness",
    "Readiness for a replay",
    "What a replay of each run needs in its folder, and what of it is missing.",
    COLUMNS,
    ReadinessFold,
)
