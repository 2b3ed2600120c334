"""The report ``gates``: every gate of every deal with what it asked for, and what the ledger shows of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from console.formats.kernel.authority.judge import OVERRIDE, Act, Authority, Judge, Ruling, act_of
from console.formats.kernel.authority.table import rules_of
from console.formats.kernel.authority.words import Condition, approvals, conditions, material, named
from console.formats.kernel.record import PACK, PROOF, TABLE
from console.formats.protocol import RULES
from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.model.event import NO_TIME, Event
from console.model.trust import Severity
from console.verify.catalogue import CATALOGUE

COLUMNS = (
    ReportColumn("deal", "deal"),
    ReportColumn("time", "time", "time"),
    ReportColumn("event", "event"),
    ReportColumn("action", "action"),
    ReportColumn("passes", "kept", "flag"),
    ReportColumn("role", "role", "flag"),
    ReportColumn("roles", "acted as"),
    ReportColumn("approvals", "approvals"),
    ReportColumn("materials", "materials"),
    ReportColumn("override", "override"),
    ReportColumn("actor", "actor"),
    ReportColumn("event_id", "id"),
)


class _Taken(NamedTuple):
    """What is kept of an event, in the order of comparison."""

    time: int
    ordinal: int
    act: Act
    sequence: int | None


class GatesFold:
    """See ``console.formats.report.ReportFold``."""

    def __init__(self) -> None:
        self._ledgers: dict[str, dict[str, list[_Taken]]] = {}
        self._later: dict[str, set[str]] = {}
        self._judges: dict[str, Judge] = {}
        self._portal: set[str] = set()

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._ledgers[ledger], self._later[ledger] = {}, set()
        self._judges[ledger] = Judge(rules_of(companions.get(RULES, b"").decode("utf-8", "replace")))
        (self._portal.add if shape in (TABLE, PACK, PROOF) else self._portal.discard)(ledger)

    def take(self, ledger: str, event: Event) -> None:
        if ledger in self._portal or not event.streams:
            return
        deal, deals = event.streams[0].key, self._ledgers[ledger]
        if deal not in deals:
            deals[deal] = []
            if (event.sequence or 0) > 1 and event.previous_hash:
                self._later[ledger].add(deal)
        if event.type in self._judges[ledger].types:
            context, payload = event.document.get("authorityContext"), event.document.get("payload")
            act = act_of(event.type, event.event_id or "", event.actor or "", context, payload)
            time = NO_TIME if event.instant is None else event.instant.micros
            deals[deal].append(_Taken(time, event.ordinal, act, event.sequence))

    def table(self, now: int) -> ReportTable:
        rows: list[ReportRow] = []
        for ledger, deals in self._ledgers.items():
            for deal, taken in deals.items():
                rows += self._rows(ledger, deal, taken)
        gates = [row for row in rows if row.values["event"] != OVERRIDE]
        kept = [row.values["passes"] for row in gates]
        summary = {
            "gates": len(gates),
            "kept": kept.count(True),
            "broken": kept.count(False),
            "unknown": kept.count(None),
            "overridden": sum(bool(row.values["override"]) for row in gates),
            "overrides": len(rows) - len(gates),
        }
        notes = ("A ? is what the ledger cannot show: it speaks against nobody.",) if None in kept else ()
        return ReportTable(rows, summary, notes)

    def _rows(self, ledger: str, deal: str, taken: list[_Taken]) -> list[ReportRow]:
        judge, authority = self._judges[ledger], Authority()
        whole, rows = deal not in self._later[ledger], []
        for each in sorted(taken):
            ruling, remarks = judge.take(authority, each.act, whole=whole)
            override = each.act.type == OVERRIDE
            gated = ruling is not None and ruling.gate.approvals is not None and each.act.type == ruling.gate.event
            if not gated and not override:
                continue
            worst = [CATALOGUE[one.code].severity if one.severity is None else one.severity for one in remarks]
            details: tuple[str, ...] = ()
            if ruling is not None and gated:
                values, details = _judged(each.act, ruling), tuple(_detail(each) for each in conditions(ruling))
            else:
                values = _attested(each.act, True if ruling is None else ruling.role)
            values |= {"deal": deal, "time": None if each.time == NO_TIME else each.time, "event_id": each.act.event_id}
            rows.append(ReportRow(values, max(worst, default=Severity.NONE), ledger, each.ordinal, details))
        return rows


def _attested(act: Act, role: bool | None) -> dict[str, Any]:
    """An override: listed, if a gate uses it or not."""
    names = {"event": act.type, "action": act.subject, "actor": act.actor, "roles": act.claim}
    return {
        **names,
        "passes": role,
        "role": role,
        "override": f"reason: {act.value}" if act.value else "without a reason",
    }


def _judged(act: Act, ruling: Ruling) -> dict[str, Any]:
    override = f"{len(ruling.overrides)} attested" if ruling.overrides else "claimed, not there" if ruling.used else ""
    return {
        "event": act.type,
        "action": ruling.gate.action,
        "passes": ruling.passes,
        "role": ruling.role,
        "roles": ", ".join(ruling.roles),
        "approvals": approvals(ruling),
        "materials": ", ".join(material(ruling, each) for each in ruling.materials),
        "override": override,
        "actor": act.actor,
    }


def _detail(one: Condition) -> str:
    by = f" ({named(one.events)})" if one.events else ""
    return f"{one.about}, {one.asked}: {one.answer}{by}"


GATES = Report(
    "gates",
    "Gates",
    "Every gate with its role, approvals, materials and overrides, judged from the ledger.",
    COLUMNS,
    GatesFold,
)
