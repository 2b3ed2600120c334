"""A run against its replay, stage by stage: what is the same, and which values are not.

Ids, times and durations differ in every replay, and say nothing of what was computed; they are not compared.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.formats.smvm.record import LEDGER, RUN_ID, text
from console.formats.smvm.rules.runs import STAGES
from console.formats.smvm.views.replay import in_time
from console.model.event import Event
from console.model.trust import Severity
from console.model.words import count

COLUMNS = (
    ReportColumn("stage", "stage"),
    ReportColumn("run", "run"),
    ReportColumn("replay", "replay"),
    ReportColumn("same", "same", "flag"),
    ReportColumn("hash", "same payload", "flag"),
    ReportColumn("fields", "fields that differ", "number"),
    ReportColumn("differs", "what differs"),
)
LIMIT = 5000
"""Events of one run that are compared."""
_OWN = ("event_id", "timestamp", "run_id", "span_id", "data_hash")
_VALUE = 120
"""Characters of a value."""


@dataclass(slots=True)
class _ComparedRun:
    """Events of one run: their order in time, and what is compared of them."""

    ledger: str
    events: list[tuple[tuple[int, int], str, dict[str, Any]]] = field(default_factory=list)
    left_out: int = 0


class RunDiffFold:
    """See ``console.formats.report.ReportFold``. Keeps the events of ``LIMIT`` places a run."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, _ComparedRun]] = {}
        """By ledger, then by run."""

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._runs.pop(ledger, None)
        if shape == LEDGER:
            self._runs[ledger] = {}

    def take(self, ledger: str, event: Event) -> None:
        run = text(event.document, "run_id")
        if not run or ledger not in self._runs:
            return
        one = self._runs[ledger].setdefault(run, _ComparedRun(ledger))
        if len(one.events) < LIMIT:
            one.events.append((in_time(event), event.type, dict(event.document)))
        else:
            one.left_out += 1

    def table(self, now: int) -> ReportTable:
        """One row for each event of a stage, the stages in their order."""
        runs: dict[str, _ComparedRun] = {}
        for some in self._runs.values():
            for name, run in some.items():
                runs.setdefault(name, _ComparedRun(run.ledger)).events.extend(run.events)
                runs[name].left_out += run.left_out
        pairs = [*_pairs([*runs])]
        rows = [row for pair in pairs for row in _compared(*pair, runs)]
        if not pairs:
            words = f"{count(len(runs), 'run')} and no replay among them: name the ledgers of a run and of its replay."
            return ReportTable((), {"pairs": 0}, (words,))
        differ = sum(row.values["same"] is False for row in rows)
        notes = [f"Of {name} only the first {LIMIT:,} events were compared." for name in runs if runs[name].left_out]
        return ReportTable(rows, {"pairs": len(pairs), "stages": len(rows), "differ": differ}, tuple(notes))


def _pairs(runs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Runs and their replays by name; two runs that are alone count as such."""
    found = False
    for replay in runs:
        original, mark, _ = replay.rpartition("-replay-")
        if not mark and (match := RUN_ID.match(replay)) and match.end() < len(replay):
            original = match[0]
        if original in runs and original != replay:
            found = True
            yield original, replay
    if not found and len(runs) == 2:
        yield runs[0], runs[1]


def _compared(run: str, replay: str, runs: Mapping[str, _ComparedRun]) -> Iterator[ReportRow]:
    left, right = _by_type(runs[run]), _by_type(runs[replay])
    kinds = [*STAGES, *(kind for kind in dict.fromkeys((*left, *right)) if kind not in STAGES)]
    for kind in kinds:
        pairs = [*zip_longest(left.get(kind, ()), right.get(kind, ()))]
        for number, (one, other) in enumerate(pairs, 1):
            stage = kind if len(pairs) == 1 else f"{kind} {number}"
            yield _row(stage, (run, replay), one, other, runs[run if one else replay].ledger)


def _by_type(run: _ComparedRun) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for (_, ordinal), kind, document in sorted(run.events, key=lambda each: each[0]):
        found.setdefault(kind, []).append((ordinal, document))
    return found


def _row(
    stage: str,
    names: tuple[str, str],
    one: tuple[int, dict[str, Any]] | None,
    other: tuple[int, dict[str, Any]] | None,
    ledger: str,
) -> ReportRow:
    values: dict[str, Any] = {"stage": stage, "run": names[0], "replay": names[1]}
    if one is None or other is None:
        only = "the replay" if one is None else "the run"
        values |= {"same": False, "hash": None, "fields": None, "differs": f"only in {only}"}
        return ReportRow(values, Severity.WARNING, ledger, (one or other or (0,))[0] or None)
    a, b = _flat(one[1], names[0]), _flat(other[1], names[1])
    fields = [name for name in dict.fromkeys((*a, *b)) if a.get(name) != b.get(name)]
    hash_same = one[1].get("data_hash") == other[1].get("data_hash")
    groups = Counter(name.split(".")[0] for name in fields)
    words = [f"{groups[part]} in {part}" if part in ("metadata", "provenance") else part for part in groups]
    same = not fields and hash_same
    values |= {"same": same, "hash": hash_same, "fields": len(fields)}
    values["differs"] = ", ".join([*([] if hash_same else ["data_hash"]), *words])
    details = tuple(f"{name}: {a.get(name, 'absent')} → {b.get(name, 'absent')}" for name in fields)
    return ReportRow(values, Severity.NONE if same else Severity.WARNING, ledger, one[0], details)


def _flat(document: Mapping[str, Any], run: str) -> dict[str, str]:
    """What is compared of an event: values as text, by path; of its span the part behind the run."""
    found = {"span": text(document, "span_id").removeprefix(run)}
    for name, value in document.items():
        if name in _OWN:
            continue
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for key, part in parts:
            if not key.endswith(("_ms", "_timestamp")):
                found[f"{name}.{key}" if key else name] = _text(part).replace(run, "<run>")
    return found


def _text(value: object) -> str:
    words = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return words if len(words) <= _VALUE else words[:_VALUE] + "…"


RUN_DIFF = Report("rundiff", "Run and replay", "A run and its replay compared, stage by stage.", COLUMNS, RunDiffFold)
