"""What holds of a ledger as of now by SMVM's rules: one finding per cause, with a count."""

from collections.abc import Callable, Iterator
from typing import Any

from console.formats.reading.findings import Place, capped
from console.formats.smvm.rules.ledger_rules import Rules
from console.formats.smvm.rules.runs import names_of
from console.model.finding import Finding
from console.model.trust import Confidence, Severity
from console.verify.catalogue import finding

LISTED = 100
"""Runs that get a finding of their own, per cause."""


def standing(rules: Rules, elsewhere: Callable[[str], bool]) -> list[Finding]:
    """All standing findings of the rules; ``elsewhere`` knows what is in other ledgers."""
    return [*_run_ids(rules), *_mixed_runs(rules), *_stages(rules), *_references(rules, elsewhere)]


def _finding(code: str, message: str, place: Place, run: str | None, count: int, **more: Any) -> Finding:
    return finding(
        code,
        message,
        stream=run,
        record=place.ordinal,
        offset=place.offset,
        length=place.length,
        count=count,
        standing=True,
        **more,
    )


def _run_ids(rules: Rules) -> list[Finding]:
    def listed() -> Iterator[Finding]:
        for run in rules.bad_runs:
            state = rules.runs[run]
            if state.bad == "schema.impossible-date":
                message = "run_id names a date that does not exist."
            else:
                message = "run_id is not RUN-YYYYMMDD-HHMMSS-<8 hex>" + (
                    " (real writers do this)." if state.known else "."
                )
            yield _finding(
                state.bad,
                message,
                state.place,
                run,
                state.events,
                field="run_id",
                actual=run,
                event_id=state.event_id or None,
            )

    def rest(more: int) -> Finding:
        return finding("schema.bad-pattern", f"{more} further runs have such an id.", count=more, standing=True)

    return capped(listed(), LISTED, rest)


def _mixed_runs(rules: Rules) -> Iterator[Finding]:
    """The specification has one file a run; a log of steps may hold several, unless its folder belongs to one."""
    runs = rules.runs if rules.own_run else rules.documented
    own = rules.own_run or next(iter(runs), "")
    first = next((run for run in runs if run != own), None)
    if first is None:
        return
    if rules.own_run is not None:
        message = f"The folder belongs to run {own}, but the ledger holds {first}."
    else:
        message = f"The ledger holds {len(runs)} runs: the specification has one file a run, real writers append."
    events = rules.events if rules.own_run else rules.documented_events
    count = events - (rules.runs[own].events if own in runs else 0)
    place = rules.runs[first].place
    yield _finding(
        "identity.mixed-runs",
        message,
        place,
        first,
        count,
        field="run_id",
        expected=own,
        actual=first,
        event_id=rules.runs[first].event_id or None,
    )


def _stages(rules: Rules) -> list[Finding]:
    code, gaps = "order.stage-missing", rules.gaps()

    def undecided() -> Iterator[Finding]:
        for run in gaps.undecided:
            state = rules.runs[run]
            yield _finding(
                code,
                "DECIDED without ANALYZED.",
                state.decided or state.place,
                run,
                1,
                field="event_type",
                severity=Severity.ERROR,
                event_id=state.decided_id or None,
            )

    def rest(more: int) -> Finding:
        message = f"{more} further runs have DECIDED without ANALYZED."
        return finding(code, message, severity=Severity.ERROR, count=more, standing=True)

    found = capped(undecided(), LISTED, rest)
    for missing, runs in gaps.by_gaps.items():
        if runs:
            first = gaps.first(missing)
            only = len(runs) == 1
            message = f"No {names_of(missing)}" + ("." if only else f" in {len(runs)} runs.")
            found.append(_finding(code, message, rules.runs[first].place, first if only else None, len(runs)))
    return found


def _references(rules: Rules, elsewhere: Callable[[str], bool]) -> Iterator[Finding]:
    for entity, by in rules.references.pending.items():
        if elsewhere(entity):
            continue
        yield _finding(
            "reference.unresolved",
            f"affected_entities names {entity}, which is not in this ledger.",
            by.place,
            by.run,
            1,
            field="metadata.affected_entities",
            actual=entity,
            event_id=by.event_id,
            confidence=Confidence.HEURISTIC,
        )
