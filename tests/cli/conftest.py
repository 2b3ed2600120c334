"""Commands called in this process, or started as processes of their own; all they keep is in a temporary folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT

FOLDERS = {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data"}


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the console keeps its things in this test; the working folder is another one."""
    folder = tmp_path / "home"
    for name, below in FOLDERS.items():
        monkeypatch.setenv(name, str(folder / below))
    for name in [name for name in os.environ if name.startswith("AUDIT_CONSOLE_") or name == "NO_COLOR"]:
        monkeypatch.delenv(name)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    yield folder


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command in this process."""
    from console.cli.main import main

    def called(*arguments: str | Path) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, out, err)

    return called


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """For processes of their own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start a command as a process."""
    started: list[subprocess.Popen[bytes]] = []

    def starting(*arguments: str | Path, **options: object) -> "subprocess.Popen[bytes]":
        settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment, **options}
        # Where the tests run in the background of a shell, an interrupt is ignored, and children would inherit that.
        settings["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        command = [sys.executable, "-m", "console", *map(str, arguments)]
        process: subprocess.Popen[bytes] = subprocess.Popen(command, **settings)
        started.append(process)
        return process

    yield starting
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
