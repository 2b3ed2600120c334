"""SWARM logs: simulations in three line shapes, provenance traces, one tampered, and a hash-linked episode."""

import json
from datetime import datetime
from pathlib import Path

from console.library.swarm import (
    EventContext,
    LoggedEvent,
    agent_message_event,
    artifact_created_event,
    audit_event,
    intervention_event,
    tool_call_executed_event,
)
from console.samples import story
from console.samples.pen import Dice, Document, after, at, digest, lines, write

V1 = (
    "event_id", "timestamp", "event_type", "interaction_id", "agent_id", "initiator_id", "counterparty_id", "payload",
    "epoch", "step",
)  # fmt: skip
V2 = (*V1, "scenario_id", "replay_k", "seed")
V3 = (*V2, "provenance_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")
TOOLS = ("query_rent_roll", "read_title_report", "fetch_comparables", "summarise_lease", "compute_noi")


def write_all(root: Path) -> None:
    """Every SWARM sample, into ``root``."""
    simulated: list[Document] = []
    for number, keys in enumerate((V1, V2, V3)):
        simulated += _simulation(keys, at(f"2025-10-{number + 9:02d} 07:00:00"), number)
    write(root / "simulation.jsonl", lines(map(json.dumps, simulated)))
    write(root / "provenance.jsonl", lines(map(json.dumps, _traces("provenance", 30, at("2025-10-13 08:00")))))
    write(root / "harbour-point.jsonl", lines(map(json.dumps, _tampered())))
    episode = _episode()
    write(root / "episode.jsonl", lines(map(_episode_line, episode)))
    vote = next(n for n, event in enumerate(episode) if event["event_type"] == "irreversible_vote")
    episode[vote] = episode[vote] | {"payload": episode[vote]["payload"] | {"approve": True}}
    write(root / "episode-edited.jsonl", lines(map(_episode_line, episode)))


def line(keys: tuple[str, ...], event: Document) -> Document:
    """The line of an event in one of the three shapes: all its keys, null where unset."""
    return {key: event.get(key, {} if key == "payload" else None) for key in keys}


def _simulation(keys: tuple[str, ...], start: datetime, number: int) -> list[Document]:
    dice = Dice(f"swarm/simulation/{number}")
    agents = [f"{kind}_{n}" for kind in ("honest", "opportunistic") for n in (1, 2)]
    common = {"scenario_id": "baseline", "seed": 40 + number}
    time = start
    events: list[Document] = []

    def add(event_type: str, payload: Document, **more: object) -> None:
        nonlocal time
        time = after(time, dice.between(40, 900) / 1_000_000)
        fields = {"event_id": dice.uuid(), "timestamp": time.replace(tzinfo=None).isoformat(), "event_type": event_type}
        events.append(line(keys, fields | common | more | {"payload": payload}))

    add("simulation_started", {"n_epochs": 4, "steps_per_epoch": 6, "n_agents": len(agents), "seed": 40 + number})
    for agent in agents:
        kind = agent.split("_")[0]
        add("agent_created", {"agent_type": kind, "name": agent, "roles": ["worker"]}, agent_id=agent, epoch=0, step=0)
    for epoch in range(4):
        for step in range(6):
            moment = {"epoch": epoch, "step": step}
            first = dice.below(4)
            pair = {"initiator_id": agents[first], "counterparty_id": agents[(first + 1 + dice.below(3)) % 4]}
            deal = {"interaction_id": dice.uuid()}
            v_hat = dice.share(-1, 1)
            add(
                "interaction_proposed",
                {"interaction_type": "trade", "v_hat": v_hat, "p": dice.share()},
                **moment,
                **pair,
                **deal,
            )
            old, delta = dice.share(), dice.share(-0.2, 0.2)
            change = {"old_reputation": old, "new_reputation": round(old + delta, 2), "delta": delta}
            add(
                "reputation_updated",
                change | {"reason": "interaction_outcome"},
                **moment,
                agent_id=pair["initiator_id"],
            )
            payoff = {"payoff_initiator": dice.share(), "payoff_counterparty": dice.share()}
            add("interaction_completed", {"accepted": True} | payoff, **moment, **pair, **deal)
            add("payoff_computed", payoff | {"components": {"p": dice.share(), "tau": 0.0}}, **moment, **pair, **deal)
        add(
            "epoch_completed",
            {"epoch": epoch, "total_interactions": 6, "toxicity_rate": dice.share(0, 0.4)},
            epoch=epoch,
        )
    add("simulation_ended", {"total_epochs": 4})
    return events


class TraceWriter:
    """A log of provenance events, each with the ids that the factories give it."""

    def __init__(self, seed: str, start: datetime) -> None:
        self.dice = Dice(f"swarm/{seed}")
        self.time = start
        self.step = 0
        self.events: list[Document] = []

    def message(self, agent: str, content: str) -> Document:
        return self._add(agent_message_event(agent, "assistant", content, **self._context()))

    def tool(self, agent: str, name: str, arguments: Document, result: Document, parent: Document) -> Document:
        above = parent["provenance_id"]
        return self._add(tool_call_executed_event(agent, name, arguments, result, True, above, **self._context()))

    def artifact(self, agent: str, artifact: str, kind: str, data: Document, parent: Document) -> Document:
        above = parent["provenance_id"]
        return self._add(artifact_created_event(agent, artifact, kind, data, above, **self._context()))

    def audit(self, kind: str, result: Document, audited: Document) -> Document:
        of, above = audited["event_id"], audited["provenance_id"]
        return self._add(audit_event("auditor", kind, result, of, above, **self._context()))

    def intervention(self, kind: str, action: str, reason: str, affected: list[str], parent: Document) -> Document:
        above = parent["provenance_id"]
        return self._add(intervention_event("governance", kind, action, reason, affected, above, **self._context()))

    def _context(self) -> EventContext:
        self.time = after(self.time, self.dice.between(900, 8_000_000) / 1_000_000)
        self.step += 1
        return {
            "timestamp": self.time.replace(tzinfo=None),
            "event_id": self.dice.uuid(),
            "epoch": 0,
            "step": self.step,
            "scenario_id": "acquisition_desk",
            "seed": 7,
        }

    def _add(self, event: LoggedEvent) -> Document:
        self.events.append(event.to_dict())
        return self.events[-1]


def add_chain(trace: TraceWriter, number: int) -> None:
    """Append a chain to a trace: message, tool call, artifact, audit and, now and then, intervention."""
    agent = trace.dice.pick((story.ASSISTANT, "research_assistant", "closing_assistant"))
    asked = trace.message(agent, f"Looking into question {number + 1}")
    called = trace.tool(agent, trace.dice.pick(TOOLS), {"question": number + 1}, {"rows": trace.dice.below(40)}, asked)
    kept = trace.artifact(agent, f"note_{trace.dice.hex(6)}", "memory", {"title": f"Answer {number + 1}"}, called)
    risk = trace.dice.share()
    checked = trace.audit("safety", {"decision": "review" if risk > 0.7 else "approve", "risk": risk}, kept)
    if risk > 0.7:
        trace.intervention("throttle", "limit_tools", "risk above 0.7", [agent], checked)


def _traces(seed: str, count: int, start: datetime) -> list[Document]:
    trace = TraceWriter(seed, start)
    for number in range(count):
        add_chain(trace, number)
    return trace.events


def _tampered() -> list[Document]:
    """The desk's log of the evening: one tool's name changed after the fact, and the audit of it taken out."""
    trace = TraceWriter("harbour-point", story.EDITED_AT)
    agent = story.ASSISTANT
    asked = trace.message(agent, f"{story.DEAL_NAME}: bring the approved amount in line with the signed papers")
    read = trace.tool(agent, "read_title_report", {"deal": story.DEAL_ID}, {"pages": 41}, asked)
    arguments = {"deal": story.DEAL_ID, "approvedAmount": story.CLAIMED}
    update = trace.tool(agent, "update_deal_amount", arguments, {"status": "written"}, read)
    kept = trace.artifact(agent, "memo_amount", "memory", {"title": "Amount in line with papers"}, update)
    audit = trace.audit("ledger_write", {"decision": "reject", "risk": 0.97}, kept)
    trace.intervention("freeze", "freeze_agent", "wrote to a closed deal", [agent], audit)
    trace.message("closing_assistant", "Desk closed for today")
    update["payload"] = update["payload"] | {"tool_name": "verify_deal_amount"}
    trace.events.remove(audit)
    return trace.events


def _episode() -> list[Document]:
    """A hash-linked episode of the simulated API: each event binds its payload and the one before it."""
    dice = Dice("swarm/episode")
    time = at("2025-10-13 10:00:00")
    events: list[Document] = []

    def add(agent: str, kind: str, payload: Document) -> str:
        nonlocal time
        time = after(time, dice.between(200, 900_000) / 1_000_000)
        previous = events[-1]["event_hash"] if events else None
        event = {"agent_id": agent, "event_type": kind, "parent_event_hash": previous, "payload": payload}
        event["timestamp"] = time.isoformat()
        hashed = digest(_episode_line(event))
        events.append(event | {"event_hash": hashed, "provenance_id": hashed[:12]})
        return hashed[:12]

    for number in range(1, 7):
        user, request = f"svc_{number}", f"req_{number}"
        call: Document = {"endpoint": "create_user", "params": {"name": user}, "domain": "desk", "cost": 2}
        call |= {"high_cost": False, "irreversible": False, "response": {"user_id": user}}
        called = add("desk_1", "api_call", call)
        grant = {"endpoint": "grant_permission", "params": {"user_id": user, "perm": "write:deals"}}
        add("desk_1", "irreversible_proposed", grant | {"request_id": request})
        for member in (1, 2):
            vote = {"approve": member == 1 and number > 1, "evidence_ids": [called], "request_id": request}
            add(f"council_{member}", "irreversible_vote", vote)
    return events


def _episode_line(event: Document) -> str:
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
