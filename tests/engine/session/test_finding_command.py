"""The operator's command for findings: one at a time, each with its object, and nothing left of it."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console.engine.session import finding_command
from console.engine.session.finding_command import FindingCommand
from tests.support.engine_cases import PATIENCE

HOSTILE = "$(touch owned) `id` ; rm -rf / \x1b]0;x\x07 \ud83d"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)


def script(tmp_path: Path, body: str) -> list[str]:
    """A command of one argument that it must get as it is, and a file to write to."""
    path = tmp_path / "command.py"
    path.write_text(f"import os, sys, time\nout = {str(tmp_path / 'out')!r}\n{body}\n")
    return [sys.executable, str(path), "$HOME; a b"]


def lines(tmp_path: Path) -> list[str]:
    path = tmp_path / "out"
    return path.read_text().splitlines() if path.exists() else []


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_each_object_on_standard_input_one_after_the_other(tmp_path: Path) -> None:
    body = "open(out, 'a').write(f'begin {sys.argv[1]}\\n')\ntext = sys.stdin.read()\nopen(out, 'a').write(text)"
    heard: list[str] = []
    command = FindingCommand(script(tmp_path, body), heard.append, rest=0)
    for number in range(3):
        command.hand_over({"number": number, "message": HOSTILE})
    await until(lambda: len(lines(tmp_path)) == 6)
    await command.close()
    found = lines(tmp_path)
    assert found[::2] == ["begin $HOME; a b"] * 3, "no shell, and no foreign text among the arguments"
    assert [json.loads(line) for line in found[1::2]] == [{"number": at, "message": HOSTILE} for at in range(3)]
    assert heard == []


@pytest.mark.parametrize(
    ("body", "words"),
    [("sys.exit(3)", "failed with exit code 3"), ("os.abort()", "failed by SIGABRT")],
)
async def test_a_failure_is_reported_once(body: str, words: str, tmp_path: Path) -> None:
    heard: list[str] = []
    command = FindingCommand(script(tmp_path, f"open(out, 'a').write('x\\n')\n{body}"), heard.append, rest=0)
    for _ in range(3):
        command.hand_over({})
    await until(lambda: len(lines(tmp_path)) == 3)
    await command.close()
    assert heard == [f"{sys.executable} {words}"]


async def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    heard: list[str] = []
    command = FindingCommand([str(tmp_path / "nothing")], heard.append, rest=0)
    command.hand_over({})
    await until(lambda: bool(heard))
    await command.close()
    assert "cannot be started: No such file" in heard[0]


async def test_one_that_hangs_is_ended_and_the_next_has_its_turn(tmp_path: Path) -> None:
    say = "open(out, 'a').write(f'{os.getpid()}\\n')"
    body = f"{say}\nif os.fork() == 0:\n    {say}\ntime.sleep(600)"
    heard: list[str] = []
    command = FindingCommand(script(tmp_path, body), heard.append, rest=0, patience=1.0)
    command.hand_over({})
    command.hand_over({})
    await until(lambda: len(lines(tmp_path)) == 4)
    await command.close()
    assert heard[:1] == [f"{sys.executable} did not end within 1 s, and was ended"]
    await until(lambda: not any(running(int(process)) for process in lines(tmp_path)))


async def test_too_many_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    command = FindingCommand(script(tmp_path, "time.sleep(600)"), heard.append)
    for _ in range(finding_command.LIMIT + 10):
        command.hand_over({})
    assert len(heard) == 1
    assert "too slow" in heard[0]
    await command.close()
