"""Hostile text, real ledgers that are full of it, and the real console in a terminal."""

import copy
import gzip
import json
import os
import re
import sqlite3
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support import terminal
from tests.support.places import ROOT, SAMPLES

NASTY = (
    "\x1b]0;owned\x07",
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]8;;http://x.invalid\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1b[2J\x1b[H\x1b[31m",
    "\x9b31m\x9d0;c1\x9c\x90",
    "a\rb\nc\bd\x00e\x7f",
    "\u202egpj.exe\u202c\u200b\u2066\ufeff",
    "[/x][/][@click=app.quit]quit[/] [link=http://x.invalid]l[/link]",
    "[bold red",
    "\u2028\u0085\x0b\x0c",
    "\ud800half",
    "é" * 3 + "e" + "\u0301" * 40,
    "=1+1",
)
ALL = " ".join(NASTY)

_OWN = re.compile(
    r"\x1b\[[0-9;:<=>?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)"  # the shape of the mouse pointer
)
"""Everything that Textual itself sends."""
_PAYLOADS = (
    "\x1b]0;",
    "\x1b]8;",
    "\x1b]52;c;cHdu",
    "\x1bP",
    "\x9b",
    "\x9d",
    "\u202e",
    "\u200b",
    "\x1b[2J\x1b[H\x1b[31m",
)


def leaked(raw: bytes, *, terminal: bool = True) -> set[str]:
    """Characters and sequences that no ledger may get through. ``terminal``: Textual's own sequences are taken out."""
    text = raw.decode("utf-8")
    found = {payload for payload in _PAYLOADS if payload in text}
    rest = _OWN.sub("", text) if terminal else text
    return found | {char for char in rest if not char.isprintable()} - {"\n", "\r" if terminal else "\n"}


def poisoned(value: Any, text: str) -> Any:
    """The same shape, with hostile text in every string, key and place for one; numbers stay."""
    if isinstance(value, str):
        return value + text
    if isinstance(value, list):
        return [poisoned(each, text) for each in value] or [text]
    if isinstance(value, dict):
        return {key: poisoned(each, text) for key, each in value.items()} | {text: text}
    return value


def spoiled(events: list[dict[str, Any]]) -> list[bytes]:
    """Each event as it is; then with one field hostile; then all of it."""
    lines = [json.dumps(each).encode() for each in events]
    base = events[-1]
    for number, (name, value) in enumerate(base.items()):
        one = copy.deepcopy(base)
        one[name] = poisoned(value, NASTY[number % len(NASTY)]) if value is not None else ALL
        lines.append(json.dumps(one).encode())
    lines += [json.dumps(poisoned(base, text)).encode() for text in (*NASTY, ALL)]
    lines += [b"\xff\x1b]0;x\x07", ALL.encode("utf-8", "replace"), b"{", b'{"a":1,"a":2,"\\u001b[2J":NaN}', b""]
    return lines


def sample_events(name: str, count: int = 3) -> list[dict[str, Any]]:
    data = (SAMPLES / name).read_bytes()
    found = json.loads(data) if name.endswith(".json") else [json.loads(line) for line in data.splitlines()]
    return list(found[:count])


def hostile_folder(folder: Path) -> Path:
    """Ledgers of every system and container, hostile all through, under hostile names."""
    folder = folder / "\x1b]0;dir\x07\u202e[bold"
    folder.mkdir()
    smvm = min((SAMPLES / "smvm/runs").rglob("events.jsonl")).relative_to(SAMPLES)
    for name in ("kernel/audit.jsonl", "swarm/provenance.jsonl", "zakops/agent_events.jsonl", str(smvm)):
        lines = spoiled(sample_events(name))
        (folder / f"{Path(name).parts[0]}\x1b[31m\x07\x9b.jsonl").write_bytes(b"\n".join(lines) + b"\ntail\x1b")
    objects = [each for each in spoiled(sample_events("maysano/structural-events.json")) if each.endswith(b"}")]
    (folder / "maysano [@click=app.quit].json").write_bytes(b"[" + b",".join(objects) + b"] \x1b]0;x\x07")
    lines = spoiled(sample_events("swarm/episode.jsonl"))
    (folder / "episode\r\n.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines) + b"\n") + b"\x1b]0;x\x07")
    sse = (SAMPLES / "maysano/batch-setup.sse").read_bytes()
    nasty = ALL.encode("utf-8", "replace")
    (folder / "stream\u200b.sse").write_bytes(sse + b"event: " + nasty + b'\ndata: {"phase":"\\u001b[2J"}\n\n')
    _database(folder / "portal\x7f.db")
    with zipfile.ZipFile(SAMPLES / "kernel/evidence-pack.zip") as pack:
        manifest, ledger = json.loads(pack.read("manifest.json")), pack.read("event_ledger.jsonl")
    with zipfile.ZipFile(folder / "pack[bold.zip", "w") as pack:
        pack.writestr("manifest.json", json.dumps(poisoned(manifest, NASTY[0])))
        pack.writestr(
            "event_ledger.jsonl", ledger + json.dumps(poisoned(json.loads(ledger.splitlines()[0]), ALL)).encode()
        )
    (folder / "no\x1b]0;x\x07.jsonl").symlink_to("no\x1bwhere")
    os.mkfifo(folder / "fifo\x1b[31m.jsonl")
    (folder / "empty\x9b.jsonl").write_bytes(b"")
    return folder


def _database(path: Path) -> None:
    path.write_bytes((SAMPLES / "kernel/portal.db").read_bytes())
    with closing(sqlite3.connect(path)) as db:
        names = [row[1] for row in db.execute('PRAGMA table_info("DealEvent")')]
        texts = [each for each in names if each != "sequenceNumber"]
        for number, text in enumerate(NASTY[:-3], 2):
            # Text as bytes, so that a NUL and bytes that are not UTF-8 get in as well.
            value = text.encode("utf-8", "surrogatepass")
            changed = ", ".join(f'"{each}" = CAST("{each}" || ? AS TEXT)' for each in texts)
            db.execute(f'UPDATE "DealEvent" SET {changed} WHERE rowid = ?', (*[value] * len(texts), number))
        db.commit()


ALONE = 0.25
"""Seconds after which ESC is a key of its own, not the start of another one."""


class Console(terminal.Terminal):
    """The real console on real files in a terminal; see ``Terminal``."""

    def __init__(self, columns: int, lines: int, home: Path, *args: str) -> None:
        places = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
        command = (sys.executable, "-m", "console")
        super().__init__(columns, lines, *args, command=command, PYTHONPATH=str(ROOT), **places)

    def step(self, *keys: str) -> str:
        """Press keys one by one, each seen to have been taken."""
        for key in keys:
            self.press(key)
            while self.read(ALONE if key == "escape" else 0.05):
                pass
        return self.text
