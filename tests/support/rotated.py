"""Ledgers of every system, cut into files as programs that rotate logs name them."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.writers import kernel, maysano, smvm, swarm, zakops

NAME = "ledger.jsonl"
Scheme = Callable[[int], str]
"""The name of a file that is so many rotations old, from 1."""

SCHEMES: dict[str, Scheme] = {
    "numbered": lambda age: f"{NAME}.{age}",
    "dated": lambda age: f"{NAME}-{20260328 - age}",
    "dated with a point": lambda age: f"{NAME}.{20260328 - age}",
    "stamped": lambda age: f"ledger.{20260328 - age}_120000.jsonl",
    "cleared": lambda age: f"ledger.cleared_{20260328 - age}_120000.jsonl",
    "numbered before the ending": lambda age: f"ledger.{age}.jsonl",
    "the wrong way": lambda age: f"{NAME}.{99 - age}",
}

LEDGERS: dict[str, Callable[[], bytes]] = {
    "kernel-doc": lambda: kernel.jsonl(kernel.doc()),
    "kernel-audit": lambda: kernel.jsonl(kernel.audit()),
    "kernel, two deals": lambda: b"".join(
        one + b"\n" + other + b"\n"
        for one, other in zip(
            kernel.jsonl(kernel.doc()).splitlines(),
            kernel.jsonl(kernel.doc(deal="5d4e2a07-9a43-4d7b-9c10-2f6f3b2f0a11")).splitlines(),
            strict=True,
        )
    ),
    "smvm": lambda: smvm.jsonl(smvm.events()),
    "swarm": lambda: swarm.jsonl(swarm.simulation()),
    "swarm, episode": lambda: swarm.episode_jsonl(swarm.episode()),
    "zakops": lambda: zakops.jsonl(zakops.agent_rows()),
    "maysano": lambda: maysano.jsonl(maysano.history()),
}


def lines_of(system: str) -> list[bytes]:
    """The records of a generated ledger, each with its LF."""
    return LEDGERS[system]().splitlines(keepends=True)


def write_volumes(folder: Path, parts: Sequence[bytes], scheme: Scheme, packed: Sequence[bool] = ()) -> list[Path]:
    """Write the parts of a ledger, the oldest first, the last one under its own name. Their paths in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, part in enumerate(parts):
        age = len(parts) - 1 - number
        zipped = age > 0 and any(packed[number : number + 1])
        path = folder / ((scheme(age) if age else NAME) + (".gz" if zipped else ""))
        path.write_bytes(gzip.compress(part) if zipped else part)
        paths.append(path)
    return paths
