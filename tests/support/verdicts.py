"""What the console's commands say of a ledger: the verdict, its findings, and the trust of each event."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from console.cli.main import main

NOW = "2026-11-20T00:00:00Z"
"""The clock of the checks: later than every ledger of the tests."""


def run(*arguments: str) -> tuple[int, str]:
    """A command's exit code and what it printed, by what stands in the bytes now, whatever stood there before."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            main([*arguments, "--no-memory"])
        except SystemExit as ended:
            code = int(ended.code or 0)
    out.seek(0)
    return code, out.read()


@dataclass(frozen=True)
class Verdict:
    """A report of ``verify``."""

    path: Path
    code: int
    report: dict[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.report["findings"]
        return found

    @property
    def codes(self) -> list[str]:
        return [each["code"] for each in self.findings]

    def at(self, key: str, *families: str) -> list[tuple[str, Any]]:
        """Findings of these families (of all, if none is named) as code and place: ``record``, ``sequence`` …"""
        return sorted(
            (each["code"], each[key])
            for each in self.findings
            if not families or each["code"].partition(".")[0] in families
        )

    @property
    def trusts(self) -> dict[str, int]:
        """How many events there are of each trust."""
        return {word: count for word, count in self.report["totals"]["trust"].items() if count}

    @property
    def profiles(self) -> list[str | None]:
        return [each["profile"] for each in self.report["ledgers"]]

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """The state of each stream, by its key."""
        return {each["key"]: each["state"] for ledger in self.report["ledgers"] for each in ledger["streams"]}

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """All events as ``events`` lists them, in the ledger's order."""
        _, text = run("events", str(self.path), "--format", "jsonl", "--index", ":memory:")
        return sorted((json.loads(line) for line in text.splitlines()), key=lambda each: int(each["record"]))

    def broken(self, key: str = "record") -> list[Any]:
        """Where events are broken."""
        return [each[key] for each in self.events if each["trust"] == "broken"]


def judge(path: Path, *options: str) -> Verdict:
    """Verify a path from its raw bytes."""
    code, text = run("verify", str(path), "--format", "json", "--now", NOW, *options)
    return Verdict(path, code, json.loads(text))
