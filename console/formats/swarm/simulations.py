"""Which simulation a line belongs to: from one ``simulation_started`` to the next, a re-run appends to the same file.

Agents are created before the start is logged: what comes before the first start belongs to it, and an agent that is
created after an end opens the next simulation.
"""

import msgspec

from console.model.event import NO_TIME

BORDERS = frozenset(("simulation_started", "agent_created", "simulation_ended"))
"""Types after which a line may belong to another simulation, or its simulation may be in another state."""


class Simulation(msgspec.Struct, array_like=True):
    """The present simulation, and what its stream shows."""

    number: int = 1
    started: bool = False
    ended: bool = False
    last: int = NO_TIME
    """The last line's instant; with ``zoned``, for only like can be compared."""
    zoned: bool = False
    scenario: str = ""
    epoch: int = -1

    @property
    def key(self) -> str:
        return f"sim-{self.number}"

    @property
    def facts(self) -> dict[str, str]:
        state = {"state": "ended" if self.ended else "running" if self.started else "not started"}
        if self.scenario:
            state["scenario"] = self.scenario
        if self.epoch >= 0:
            state["epoch"] = str(self.epoch)
        return state


def enter(now: Simulation, kind: str) -> Simulation:
    """The simulation that a line of this type belongs to: ``now``, or the next one."""
    if kind == "simulation_started":
        if now.started:
            now = Simulation(now.number + 1)
        now.started = True
    elif kind == "agent_created" and now.ended:
        return Simulation(now.number + 1)
    elif kind == "simulation_ended":
        now.ended = True
    return now
