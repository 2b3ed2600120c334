"""SWARM's stateful rules: which simulation a line belongs to, and the walk along the episode log's chain. Pure.

A simulation goes from one ``simulation_started`` to the next: a re-run appends to the same file. Agents are created
before the start is logged: what comes before the first start belongs to it, and an agent that is created after an end
opens the next simulation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.formats.swarm.profiles import link_digest
from console.formats.swarm.record import EPISODE
from console.model.event import NO_TIME
from console.model.trust import Trust
from console.verify.judgement import HASH

BORDERS = frozenset(("simulation_started", "agent_created", "simulation_ended"))
"""Types after which a line may belong to another simulation, or its simulation may be in another state."""


UNZONED = "Times without a zone: the writer's local clock, read as UTC."


_FORMED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


def no_time_code(stamp: str) -> str:
    """The code for a text that names no instant: it has the form of a date and a time, or it has not."""
    return "schema.impossible-date" if _FORMED.fullmatch(stamp) else "schema.bad-pattern"


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


class EpisodeTip(msgspec.Struct, array_like=True):
    """Where the walk stands in its episode: how many entries it has, the last one's hash as written (``stored``) and as
    it should be (``computed``), the hash that it names (``before``), and the hash of the ``first`` one. ``hole`` is the
    ordinal of a record behind it that cannot be read, 0 for none. ``intact``: no link was broken, and all are known."""

    number: int = 1
    count: int = 0
    stored: str | None = None
    computed: str | None = None
    before: str | None = None
    first: str | None = None
    hole: int = 0
    intact: bool = True

    @property
    def key(self) -> str:
        """The key of its episode's stream."""
        return EPISODE.key if self.number == 1 else f"{EPISODE.key}-{self.number}"

    def fits(self, parent: object) -> bool:
        """True if an entry with this parent may come next. After a break both hashes of the last entry do, so that one
        change is one break."""
        if not self.count:
            return parent is None
        return parent is not None and parent in (self.stored, self.computed)


@dataclass(frozen=True, slots=True)
class EpisodeLink:
    """What was found of one entry. ``code`` is '' if all is well; ``expected`` and ``actual`` belong to ``field``."""

    trust: Trust
    computed: str
    code: str = ""
    message: str = ""
    field: str = ""
    expected: str | None = None
    actual: str | None = None


def walk(tip: EpisodeTip, entry: Mapping[str, Any]) -> EpisodeLink:
    """Check one entry against itself and the one before, and move the tip."""
    link = _check(tip, entry)
    if link.code == "chain.restarted":
        tip.number, tip.count, tip.intact = tip.number + 1, 0, True
    stored, parent = entry.get("event_hash"), entry.get("parent_event_hash")
    tip.before = parent if isinstance(parent, str) else None
    tip.stored = stored if isinstance(stored, str) else None
    tip.computed = link.computed
    tip.first = tip.first if tip.count else tip.stored
    tip.count += 1
    tip.hole = 0
    tip.intact = tip.intact and link.trust is Trust.VERIFIED
    return link


def _check(tip: EpisodeTip, entry: Mapping[str, Any]) -> EpisodeLink:
    computed, stored, parent = link_digest(entry), entry.get("event_hash"), entry.get("parent_event_hash")

    def broken(code: str, message: str, field: str, expected: str | None, actual: object) -> EpisodeLink:
        shown = actual[:200] if isinstance(actual, str) else None
        return EpisodeLink(Trust.BROKEN, computed, code, message, field, expected, shown)

    fits = tip.fits(parent)
    wanted = tip.stored or tip.computed
    if not isinstance(stored, str) or not stored:
        return broken("chain.hash-missing", "The entry has no event_hash.", "event_hash", computed, None)
    if stored != computed:
        if not fits and stored in (
            link_digest({**entry, "parent_event_hash": each}) for each in (tip.stored, tip.computed)
        ):
            message = "parent_event_hash was changed: event_hash fits the parent that belongs here."
            return broken("chain.previous-mismatch", message, "parent_event_hash", wanted, parent)
        message = "event_hash is not the hash of this entry."
        return broken("chain.hash-mismatch", message, "event_hash", computed, stored)
    known = isinstance(parent, str) and HASH.fullmatch(parent) is not None
    if parent is None and tip.count and stored == tip.first:
        message = "A copy of the entry that began this episode."
        return broken("chain.fork", message, "event_hash", wanted, stored)
    if not fits and parent is not None and not (known and (tip.hole or not tip.count)):
        if parent == tip.before:
            message = "This entry and the one before it both name the same entry as the one before them."
            return broken("chain.fork", message, "parent_event_hash", wanted, parent)
        message = "parent_event_hash is not the hash of the entry before."
        return broken("chain.previous-mismatch", message, "parent_event_hash", wanted, parent)
    if entry.get("provenance_id") != stored[:12]:
        message = "provenance_id is not the beginning of event_hash."
        actual = entry.get("provenance_id")
        return broken("provenance.id-mismatch", message, "provenance_id", stored[:12], actual)
    if fits:
        return EpisodeLink(Trust.VERIFIED, computed)
    if parent is None:
        message = "The entry names none before it, though it is not the first of this log: a new episode begins."
        return EpisodeLink(Trust.VERIFIED, computed, "chain.restarted", message, "parent_event_hash", wanted)
    if tip.hole:
        code = "chain.link-unknown"
        message = f"Record {tip.hole:,} cannot be read: it stands before this entry, whose link is therefore not known."
    else:
        code, message = "chain.begins-later", _LATER.format(parent)
    return EpisodeLink(Trust.UNCHECKED, computed, code, message, "parent_event_hash", wanted, parent)


_LATER = (
    "The log begins with an entry that names one before it, which is not at hand. Look for the part of the log that"
    " ends with the hash {}: a volume beside it (plain.TIME.jsonl, NAME.1, NAME.2.gz), an archive, or a backup."
)
