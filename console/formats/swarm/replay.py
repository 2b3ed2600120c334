"""The state of a SWARM stream, event by event: where a simulation stands, who acts in it, and what was done so far.

An agent's and a scenario's streams are replayed in the same way: their events are the same. The episode log is another
one: what its calls cost, and how each irreversible request was voted on.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from console.formats.replayer import Replayer
from console.formats.swarm.profiles import recipe_of
from console.formats.swarm.record import text
from console.formats.swarm.rules import Simulation, enter
from console.model.event import Event

_AGENTS = 100
"""Agents that are shown one by one."""
_DONE = {
    "interaction_proposed": "interactions proposed",
    "interaction_accepted": "interactions accepted",
    "interaction_rejected": "interactions rejected",
    "interaction_completed": "interactions completed",
    "epoch_completed": "epochs completed",
}


class SimulationReplay(Replayer):
    """See ``Replayer``; for the streams of the event log. ``whole``: it is a simulation's, not one agent's."""

    def __init__(self, whole: bool) -> None:
        self._whole = whole
        self._now = Simulation()
        self._step: int | None = None
        self._agents: dict[str, str] = {}
        """What is known of each: its type, and its reputation."""
        self._types: dict[str, str] = {}
        self._done: Counter[str] = Counter()

    def take(self, event: Event) -> str:
        document = event.document
        before = self._now
        self._now = enter(before, event.type)
        for name in ("epoch", "step"):
            value = document.get(name)
            if type(value) is int:
                if name == "epoch":
                    self._now.epoch = max(self._now.epoch, value)
                else:
                    self._step = value
        scenario = next((each.key for each in event.streams if each.kind == "scenario"), "")
        self._now.scenario = scenario or self._now.scenario
        recipe = recipe_of(document)
        done = f"{recipe.name}s" if recipe is not None else _DONE.get(event.type)
        if done is not None:
            self._done[done] += 1
        return self._agent(event.type, text(document, "agent_id"), document.get("payload"))

    def _agent(self, kind: str, agent: str, payload: Any) -> str:
        payload = payload if isinstance(payload, dict) else {}
        if not agent:
            return ""
        if kind == "agent_created":
            known = agent in self._types
            self._types[agent] = text(payload, "agent_type")
            if known and self._whole:
                return "the agent was created before"
        self._agents.setdefault(agent, "")
        if kind == "reputation_updated" and "new_reputation" in payload:
            self._agents[agent] = f"{payload['new_reputation']}"
        return ""

    def state(self) -> Mapping[str, str]:
        found = self._now.facts if self._whole else {}
        if self._step is not None:
            found["step"] = str(self._step)
        found |= {name: f"{number:,}" for name, number in self._done.items()}
        agents = {**dict.fromkeys(self._types, ""), **self._agents}
        found["agents"] = f"{len(agents):,}"
        for agent, reputation in [*agents.items()][:_AGENTS]:
            words = [self._types.get(agent, ""), f"reputation {reputation}" if reputation else ""]
            found[f"agent {agent}"] = ", ".join(filter(None, words)) or "seen"
        return found


class EpisodeReplay(Replayer):
    """See ``Replayer``; for the hash-linked log of simulated APIs."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._cost = 0.0
        self._requests: dict[str, tuple[str, set[str], set[str]]] = {}
        """By a request's id, its endpoint, and the agents that voted for and against it."""

    def take(self, event: Event) -> str:
        payload = event.document.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        self._counts[event.type] += 1
        request = text(payload, "request_id")
        if event.type == "api_call":
            cost = payload.get("cost")
            self._cost += cost if isinstance(cost, int | float) else 0
        elif event.type == "irreversible_proposed":
            if request in self._requests:
                return "the request was proposed before"
            self._requests[request] = text(payload, "endpoint"), set(), set()
        elif event.type == "irreversible_vote":
            if request not in self._requests:
                return "nothing was proposed under this request"
            _, approved, refused = self._requests[request]
            yes = payload.get("approve") is True
            (approved if yes else refused).add(event.actor or "")
            (refused if yes else approved).discard(event.actor or "")
        return ""

    def state(self) -> Mapping[str, str]:
        found = {f"{kind} entries": f"{number:,}" for kind, number in self._counts.items()}
        found["cost"] = f"{self._cost:g}"
        for request, (endpoint, approved, refused) in self._requests.items():
            found[f"request {request}"] = f"{endpoint}: {len(approved)} for, {len(refused)} against"
        return found


def replayer(kind: str) -> Replayer | None:
    """The replayer of streams of this kind."""
    if kind == "episode":
        return EpisodeReplay()
    return SimulationReplay(kind == "simulation") if kind in ("simulation", "agent", "scenario") else None
