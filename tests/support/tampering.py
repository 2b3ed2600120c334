"""Ledgers of all systems as their writers leave them, and what happens to ledgers: edits, cuts, damage."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from tests.support.writers import kernel, maysano, smvm, swarm, zakops

SOUND: dict[str, bytes] = {
    "kernel-doc": kernel.jsonl(kernel.doc()[:12]),
    "kernel-audit": kernel.jsonl(kernel.audit()[:12]),
    "kernel-mixed": kernel.jsonl([*kernel.doc()[:6], kernel.unchained(kernel.story()[6])]),
    "smvm": smvm.jsonl(smvm.events()),
    "swarm": swarm.jsonl(swarm.simulation()),
    "swarm-ids": swarm.jsonl(swarm.trace()),
    "swarm-episode": swarm.episode_jsonl(swarm.episode()),
    "maysano": maysano.jsonl(maysano.structural_events()),
    "zakops": zakops.jsonl(zakops.agent_rows()),
}
"""One JSON object a line."""
UNEXPLAINABLE = (
    b'"zz":null,',
    b'"zz":0.12345678901234567,',
    b'"zz":9007199254740993,',
    b'"z1":1,"z2":2,"z3":3,"z4":4,"z5":5,"z6":6,"z7":7,"z8":8,',
)
"""Additions to a payload after which no search for the hashed text can be complete."""


def unexplainable(data: bytes, line: int, addition: bytes) -> bytes:
    """The payload of a line with more in it; a line without one stays."""
    lines = data.splitlines(keepends=True)
    lines[line] = lines[line].replace(b'"payload":{', b'"payload":{' + addition, 1)
    return b"".join(lines)


@st.composite
def changed(draw: st.DrawFn, data: bytes) -> bytes:
    """A ledger after one change."""
    lines = data.splitlines(keepends=True)
    at = draw(st.integers(0, len(lines) - 1))
    byte = draw(st.integers(0, len(data) - 1))
    match draw(
        st.sampled_from(["none", "flip", "edit", "delete", "double", "swap", "cut", "tear", "gap", "nuls", "add"])
    ):
        case "flip":
            return data[:byte] + bytes((data[byte] ^ 1 << draw(st.integers(0, 7)),)) + data[byte + 1 :]
        case "edit":
            found = [place for place, each in enumerate(data) if chr(each).isalnum() and each < 128]
            place = draw(st.sampled_from(found))
            return data[:place] + (b"8" if data[place : place + 1] != b"8" else b"7") + data[place + 1 :]
        case "delete":
            return b"".join(lines[:at] + lines[at + 1 :])
        case "double":
            return b"".join(lines[: at + 1] + lines[at:])
        case "swap":
            return b"".join([*lines[:at], *lines[at : at + 2][::-1], *lines[at + 2 :]])
        case "cut":
            return b"".join(lines[:at])
        case "tear":
            return data[:byte]
        case "gap":
            return data[:byte] + bytes(draw(st.integers(1, 60))) + data[byte:]
        case "nuls":
            return data + bytes(64)
        case "add":
            return unexplainable(data, at, draw(st.sampled_from(UNEXPLAINABLE)))
        case _:
            return data


def _array(data: bytes) -> bytes:
    lines = [line for line in data.split(b"\n") if line]
    for line in lines:
        json.loads(line)
    return b"[" + b",\n".join(lines) + b"]"


def _whole(data: bytes) -> list[bytes]:
    """Lines of a ledger whose last one is whole: what is packed away has an end."""
    if not data.endswith(b"\n"):
        raise ValueError("the last line has no end")
    return data[:-1].split(b"\n")


def _objects(data: bytes) -> list[bytes]:
    """Lines that are whole objects: a damaged one is found in a log that wraps it, but not cut into pieces."""
    lines = _whole(data)
    for line in lines:
        if not isinstance(json.loads(line), dict) or not line.startswith(b"{"):
            raise ValueError("no object")
    return lines


def _tar(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("ledger.jsonl")
        member.size = len(b"\n".join(_whole(data))) + 1
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _docker(data: bytes) -> bytes:
    time = "2026-03-01T10:00:01.123456789Z"
    logged = [{"log": line.decode() + "\n", "stream": "stdout", "time": time} for line in _objects(data)]
    return b"".join(json.dumps(each).encode() + b"\n" for each in logged)


def _cri(data: bytes) -> bytes:
    return b"".join(b"2026-03-01T10:00:01.123456789Z stdout F " + line + b"\n" for line in _objects(data))


def _commas(data: bytes) -> bytes:
    return b",\n".join(_objects(data)) + b"\n"


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "ledger.jsonl": bytes,
    "ledger.jsonl.gz": lambda data: gzip.compress(data, mtime=0),
    "ledger.json": _array,
    "ledger.tar": _tar,
    "ledger.tar.gz": lambda data: gzip.compress(_tar(data), mtime=0),
    "docker-json.log": _docker,
    "cri.log": _cri,
    "commas.jsonl": _commas,
    "wrapped.json": lambda data: b'{"events": ' + _array(data) + b', "count": 1}',
}
"""File names, and how lines are put there; ``ValueError`` for lines that do not fit."""


def put(folder: Path, name: str, data: bytes) -> Path:
    """The ledger in a container; as lines where it does not fit another."""
    for each in CONTAINERS:
        (folder / each).unlink(missing_ok=True)
    try:
        packed = CONTAINERS[name](data)
    except ValueError:
        name, packed = "ledger.jsonl", data
    (folder / name).write_bytes(packed)
    return folder / name
