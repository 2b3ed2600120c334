"""Gates judged from the ledger alone: each answer right, wrong, and not to be known; each way of reading the same."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.formats.kernel import FORMAT
from console.formats.kernel.authority.table import RulesError, rules_of
from console.formats.kernel.relations import relations
from console.model.finding import Finding
from console.model.record import Record
from console.model.trust import Severity
from console.sources.companions import RULES_FILE
from tests.formats.kernel.test_rules_fields import both_ways, chained
from tests.support.kernel_cases import context, outcome
from tests.support.places import ROOT
from tests.support.verdicts import judge, run
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import ACTORS, Act, Event, doc, jsonl, story, uuid_of

Change = Callable[[list[Act]], list[Act]]
ROLE, THRESHOLD, DISTINCT = (
    "authority.role-not-permitted",
    "authority.threshold-not-met",
    "authority.approvals-not-distinct",
)
MISSING, TRUTH = "authority.material-missing", "authority.truth-insufficient"
OVERRIDE, UNVERIFIABLE = "authority.override-used", "authority.unverifiable"


def found(events: list[Event], least: Severity = Severity.WARNING) -> list[Finding]:
    return [each for each in both_ways(events).findings if each.family == "authority" and each.severity >= least]


def of(acts: list[Act], type: str) -> int:
    return next(at for at, act in enumerate(acts) if act.type == type)


def without(left_out: str, **payload: Any) -> Change:
    """Acts of a type that have this in their payload are left out."""
    return lambda acts: [act for act in acts if not (act.type == left_out and payload.items() <= act.payload.items())]


def by(type: str, actor: str) -> Change:
    return lambda acts: [act._replace(actor=actor) if act.type == type else act for act in acts]


def granted_by(action: str, *actors: str) -> Change:
    def change(acts: list[Act]) -> list[Act]:
        left = list(actors)
        return [
            act._replace(actor=left.pop(0))
            if act.type == "ApprovalGranted" and act.payload["action"] == action
            else act
            for act in acts
        ]

    return change


def truth(material: str, old: str, new: str) -> Change:
    def change(acts: list[Act]) -> list[Act]:
        return [
            act._replace(payload={**act.payload, "truthClass": new})
            if act.type == "MaterialCreated" and act.payload["type"] == material and act.payload["truthClass"] == old
            else act
            for act in acts
        ]

    return change


def overridden(action: str) -> Change:
    def change(acts: list[Act]) -> list[Act]:
        gate = next(gate for gate in rules_of().actions.values() if gate.action == action)
        at = of(acts, gate.event)
        return [*acts[:at], Act("OverrideAttested", "gp", {"action": action, "reason": "Committee met"}), *acts[at:]]

    return change


def both(*changes: Change) -> Change:
    def change(acts: list[Act]) -> list[Act]:
        for each in changes:
            acts = each(acts)
        return acts

    return change


CHANGES: dict[str, tuple[Change, str, list[str]]] = {
    "as it was": (lambda acts: acts, "", []),
    "another role that is permitted": (by("ClosingReadinessAttested", "gp"), "", []),
    "a role that is not": (by("DealApproved", "lender"), "DealApproved", [ROLE]),
    "a court alone lifts": (by("FreezeLifted", "gp"), "FreezeLifted", [ROLE]),
    "disputed by an operator": (by("DataDisputed", "operator"), "DataDisputed", [ROLE]),
    "approved by who may not": (granted_by("APPROVE_DEAL", "auditor"), "", [ROLE, THRESHOLD]),
    "no approval": (without("ApprovalGranted", action="APPROVE_DEAL"), "DealApproved", [THRESHOLD]),
    "two of three": (without("ApprovalGranted", comment="escrow: fine"), "ClosingFinalized", [THRESHOLD]),
    "one twice": (granted_by("ATTEST_READY_TO_CLOSE", "gp", "gp"), "ClosingReadinessAttested", [DISTINCT]),
    "two of three, one twice": (granted_by("FINALIZE_CLOSING", "gp", "lender", "gp"), "ClosingFinalized", [DISTINCT]),
    "no material": (without("MaterialCreated", type="UnderwritingSummary"), "DealApproved", [MISSING]),
    "one of two materials": (without("MaterialCreated", type="WireConfirmation"), "ClosingFinalized", [MISSING]),
    "truth too low": (truth("UnderwritingSummary", "HUMAN", "AI"), "DealApproved", [TRUTH]),
    "truth higher": (truth("UnderwritingSummary", "HUMAN", "DOC"), "", []),
    "never raised": (without("MaterialUpdated"), "ClosingReadinessAttested", [TRUTH]),
    "an override without need": (overridden("APPROVE_DEAL"), "DealApproved", [OVERRIDE]),
    "an override of approvals": (
        both(without("ApprovalGranted", action="APPROVE_DEAL"), overridden("APPROVE_DEAL")),
        "DealApproved",
        [OVERRIDE],
    ),
    "an override of materials": (
        both(without("MaterialCreated", type="WireConfirmation"), overridden("FINALIZE_CLOSING")),
        "ClosingFinalized",
        [OVERRIDE],
    ),
    "an override of another gate": (
        both(without("ApprovalGranted", action="APPROVE_DEAL"), overridden("FINALIZE_CLOSING")),
        "",
        [THRESHOLD, OVERRIDE],
    ),
    "an override lifts no role": (
        both(by("DealApproved", "lender"), overridden("APPROVE_DEAL")),
        "DealApproved",
        [ROLE, OVERRIDE],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_gates(name: str) -> None:
    change, type, codes = CHANGES[name]
    acts = change(story())
    findings = found(doc(acts))
    assert [each.code for each in findings] == codes
    assert not type or {each.record for each in findings} == {of(acts, type) + 1}


def test_each_action_has_its_roles() -> None:
    """One event of each action, by every role, with nothing else in the ledger that says who its actor is."""
    for gate in rules_of().actions.values():
        payload = {"action": "OPEN_REVIEW", "reason": "so"} if gate.action == "OVERRIDE" else {}
        for actor, role in ACTORS.items():
            findings = [each.code for each in found(doc([Act(gate.event, actor, payload)])) if each.code == ROLE]
            assert findings == ([] if role in gate.roles else [ROLE]), (gate.action, role)
            granted = doc([Act("ApprovalGranted", actor, {"action": gate.action})])
            assert [each.code for each in found(granted)] == ([] if role in gate.roles else [ROLE])


def test_what_was_registered_counts_beside_what_is_claimed() -> None:
    acts = story()
    at = of(acts, "DealApproved")
    events = doc(acts)
    events[at]["actorId"] = uuid_of("lender")  # who still claims to be the GP
    assert [(each.code, each.record, each.field) for each in found(events)] == [(ROLE, at + 1, "actorId")]
    events[at]["actorId"], events[at]["authorityContext"] = uuid_of("gp"), {}
    assert found(events) == []


def test_nobody_is_accused_of_what_the_ledger_cannot_show() -> None:
    bare = [act for act in story() if act.type in ("ReviewOpened", "DealApproved")]
    events = chained([event | {"authorityContext": {}} for event in doc(bare)])
    notes = found(events, Severity.NOTE)
    assert {each.code for each in notes} == {UNVERIFIABLE} and len(notes) == 3
    claimed = doc(bare)
    assert {each.code for each in found(claimed, Severity.NOTE)} == {UNVERIFIABLE}


def test_an_approval_by_nobody_may_be_anybodys() -> None:
    events = doc(granted_by("ATTEST_READY_TO_CLOSE", "gp", "gp")(story()))
    second = [at for at, event in enumerate(events) if event["payload"].get("action") == "ATTEST_READY_TO_CLOSE"][1]
    events[second]["actorId"] = None
    assert [each.code for each in found(events, Severity.NOTE)] == [UNVERIFIABLE]


def test_a_ledger_that_begins_later_accuses_nobody_of_what_is_not_there() -> None:
    events = doc()[24:]
    assert found(events) == []


def test_a_claim_of_an_override_that_is_not_there() -> None:
    events = doc()
    at = of(story(), "DealApproved")
    events[at]["authorityContext"] |= {"overrideUsed": True, "overrideAction": "APPROVE_DEAL"}
    assert [(each.code, each.record) for each in found(events)] == [(OVERRIDE, at + 1)]


def test_an_override_is_used_once() -> None:
    acts = without("ApprovalGranted", action="APPROVE_DEAL")(story())
    acts = overridden("APPROVE_DEAL")(acts)
    at = of(acts, "DealApproved")
    twice = [*acts[: at + 1], acts[at], *acts[at + 1 :]]
    assert [(each.code, each.record) for each in found(doc(twice))] == [(OVERRIDE, at + 1), (THRESHOLD, at + 2)]


def test_times_put_what_counts_in_order() -> None:
    """A ledger that lists the approval behind its gate, though it came before."""
    acts = story()
    events = doc(acts)
    for event in events:
        event |= {"sequenceNumber": 0, "previousEventHash": None, "eventHash": None}
    at = of(acts, "ApprovalGranted")
    assert acts[at + 1].type == "DealApproved"
    events[at], events[at + 1] = events[at + 1], events[at]
    assert found(events) == []


def test_the_live_deal_names_all_its_overrides(real: Path) -> None:
    events = json.loads((real / "kernel/live_capture/events.json").read_bytes())
    overrides = [event["id"] for event in events if event["type"] == "OverrideAttested"]
    gates = {event["type"] for event in events if event["authorityContext"].get("overrideUsed")}
    findings = found(events)
    assert len(overrides) == 15 and len(gates) == 4
    assert [each.code for each in findings] == [OVERRIDE] * 4
    used = "".join(each.message for each in findings)
    assert all(event in used for event in overrides)


@pytest.mark.parametrize("change", ["original", "reordered", "tail_truncated", "unchained_inserted"])
def test_no_real_ledger_is_accused(real: Path, change: str) -> None:
    raws = (real / "kernel/B_chain30" / change / "events.jsonl").read_bytes().splitlines()
    findings = [each for each in outcome(raws).findings if each.family in ("authority", "schema", "identity")]
    assert max(each.severity for each in findings) < Severity.ERROR


RULES = {
    "truth": ["AI", "DOC"],
    "actions": {
        "APPROVE_DEAL": {"event": "DealApproved", "roles": ["BOARD"], "approvals": 2, "materials": {"Minutes": "DOC"}}
    },
}


def test_an_operators_own_rules() -> None:
    own = rules_of(json.dumps(RULES))
    assert own.by_event["DealApproved"].approvals == 2 and own.materials == {"Minutes"} and own.roles == {"BOARD"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"truth": []}, "truth should be a list of names"),
        ({"actions": {"A": {"roles": ["GP"]}}}, "A: event"),
        ({"actions": {"A": {"event": "B", "roles": []}}}, "A: roles"),
        ({"actions": {"A": {"event": "B", "roles": ["GP"], "approvals": -1}}}, "A: approvals"),
        ({"actions": {"A": {"event": "B", "roles": ["GP"], "materials": {"M": "GOSPEL"}}}}, "GOSPEL"),
        ({"actions": {"A": {"event": "B", "roles": ["GP"], "more": 1}}}, "more is not known"),
        ({"actions": {name: {"event": "B", "roles": ["GP"]} for name in "AC"}}, "same event"),
        ({"actions": 7}, "actions should be an object"),
    ],
)
def test_rules_that_cannot_be_used(change: dict[str, Any], says: str) -> None:
    with pytest.raises(RulesError, match=says):
        rules_of(json.dumps(RULES | change))
    with pytest.raises(RulesError, match="not JSON"):
        rules_of("{")


def test_the_rules_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RULES_FILE, "")
    ledger, rules, config = tmp_path / "deals.jsonl", tmp_path / "rules.json", tmp_path / "config.toml"
    ledger.write_bytes(jsonl(doc()))
    config.write_text(f'rules_file = "{rules}"\n')
    own = json.loads((ROOT / "console/formats/kernel/authority/gates.json").read_bytes())
    rules.write_text(json.dumps(own))
    assert judge(ledger, "--config", str(config)).code == 0
    own["actions"]["APPROVE_DEAL"] |= {"approvals": 2, "materials": {"UnderwritingSummary": "DOC"}}
    own["actions"]["FINALIZE_EXIT"]["roles"] = ["LENDER"]
    rules.write_text(json.dumps(own))
    assert {*judge(ledger, "--config", str(config)).codes} == {THRESHOLD, TRUTH, ROLE}
    _, text = run("gates", str(ledger), "--config", str(config), "--format", "json")
    rows = [row["values"] for row in json.loads(text)["rows"]]
    assert [row["event"] for row in rows if row["passes"] is False] == ["DealApproved"]


def test_the_report_of_gates(tmp_path: Path) -> None:
    acts = overridden("APPROVE_DEAL")(without("ApprovalGranted", action="APPROVE_DEAL")(story()))
    acts = granted_by("ATTEST_READY_TO_CLOSE", "gp", "gp")(acts)
    (tmp_path / "deals.jsonl").write_bytes(jsonl(doc(acts)))
    _, text = run("gates", str(tmp_path), "--format", "json")
    answer = json.loads(text)
    rows = {row["values"]["event"]: row["values"] for row in answer["rows"]}
    assert len(answer["rows"]) == 6 and answer["summary"]["gates"] == 5
    approved, attested = rows["DealApproved"], rows["ClosingReadinessAttested"]
    assert (approved["passes"], approved["approvals"], approved["override"]) == (
        True,
        "0 of 1 (lifted by an override)",
        "1 attested",
    )
    assert (attested["passes"], attested["approvals"]) == (False, "✗ 1 of 2 (2 granted)")
    assert attested["materials"] == "✓ FinalUnderwriting DOC of DOC, ✓ SourcesAndUses DOC of DOC"
    assert rows["OverrideAttested"]["override"] == "reason: Committee met"
    assert rows["DistressResolved"]["passes"] is True and rows["ClosingFinalized"]["roles"] == "ESCROW"


def test_what_satisfies_a_gate_answers_to_the_names_that_the_gate_gives() -> None:
    events = [FORMAT.decode(record, context()) for record in records(doc())]
    gate = next(each for each in events if each.type == "ClosingFinalized")
    causes = {name for how, name in relations(gate).causes}
    behind = {each.event_id for each in events for name in relations(each).ids if name in causes}
    wanted = [each for each in events if each.document["payload"].get("action") == "FINALIZE_CLOSING"]
    kinds = ("WireConfirmation", "EntityFormationDocs")
    wanted += [each for each in events if each.document["payload"].get("type") in kinds]
    assert behind == {each.event_id for each in wanted} and len(wanted) == 5
    approved = next(each for each in events if each.type == "DealApproved")
    assert {name for how, name in relations(approved).causes if how == "evidence"} == {"a-1", "a-2"}
    fields = {field.name: field.value for panel in FORMAT.panels(gate, context()) for field in panel.fields}
    assert (fields["rule"], fields["approvals"], fields["permitted roles"]) == (
        "FINALIZE_CLOSING",
        "3",
        "GP or LENDER or ESCROW",
    )


def tab(acts: list[Act], type: str) -> dict[str, tuple[str, str]]:
    """The Authority tab of the first event of a type: value and note by name, events under what they satisfy."""
    events = [FORMAT.decode(record, context()) for record in records(doc(acts))]
    gate = next(each for each in events if each.type == type)
    wanted = FORMAT.judged_by(gate, context())
    stream = [each for each in events if each is events[0] or each.type in wanted]
    panel = next(each for each in FORMAT.panels_in(gate, stream, context()) if each.title == "Authority")
    found: dict[str, tuple[str, str]] = {}
    above = ""
    for field in panel.fields:
        if field.name == "  by event":
            ids = found.get(f"{above} by", ("", ""))[0]
            found[f"{above} by"] = f"{ids} {field.value}".strip(), ""
        else:
            above = field.name
            found[above] = field.value, field.note
    return found


def test_the_tab_of_a_gate_judges_each_condition() -> None:
    fine = tab(story(), "ClosingReadinessAttested")
    assert fine["approvals"] == ("✓ 2 of 2", "2 by distinct actors") and fine["permitted role"][0].startswith("✓ ")
    assert fine["material FinalUnderwriting"] == ("✓ DOC", "at least DOC")
    assert fine["approvals by"][0].count(" ") == 1 and "material SourcesAndUses by" in fine
    twice = tab(granted_by("ATTEST_READY_TO_CLOSE", "gp", "gp")(story()), "ClosingReadinessAttested")
    assert twice["approvals"][0] == "✗ 1 of 2 (2 granted)"
    none = tab(without("MaterialCreated", type="UnderwritingSummary")(story()), "DealApproved")
    assert none["material UnderwritingSummary"][0] == "✗ none" and "material UnderwritingSummary by" not in none
    lifted = overridden("APPROVE_DEAL")(without("ApprovalGranted", action="APPROVE_DEAL")(story()))
    shown = tab(lifted, "DealApproved")
    assert shown["approvals"][0] == "0 of 1 (lifted by an override)" and shown["override"][0] == "1 attested"
    assert len(shown["override by"][0]) == 36
    assert tab(by("DealApproved", "lender")(story()), "DealApproved")["permitted role"][0].startswith("✗ ")


def test_the_tab_of_a_ledger_that_shows_little() -> None:
    acts = [act for act in story() if act.type in ("DealCreated", "DealApproved", "ReviewOpened")]
    shown = tab(acts, "DealApproved")
    assert shown["approvals"][0] == "? 0 of 1: the ledger cannot show it"
    assert shown["material UnderwritingSummary"][0] == "? none: the ledger cannot show it"
    assert tab(acts, "ReviewOpened")["permitted role"][0].startswith("✓ ")


def test_more_of_a_kind_are_counted_in_a_sentence() -> None:
    events = doc([act for act in story() if act.type not in ("ActorAdded", "RoleAssigned")])
    for each in events:
        each["authorityContext"] = {**each["authorityContext"], "role": None}
    words = [each.message for each in found(events, Severity.NOTE) if "role of who acted" in each.message]
    assert len(words) == 1 and " The same is true of " in words[0] and words[0].endswith(" more events.")


def records(events: list[Event]) -> Iterator[Record]:
    offset = 0
    for number, event in enumerate(events, 1):
        raw = stringify(event).encode()
        yield Record(number, offset, len(raw), raw)
        offset += len(raw) + 1
