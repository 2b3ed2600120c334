"""``verify --executor``: the same text and JSON from all of them, and words where there is nobody to verify."""

from collections.abc import Callable

import pytest

from console.engine.run import cluster as cluster_module
from tests.cli.conftest import Result
from tests.support.places import SAMPLES

Call = Callable[..., Result]
CLOCK = ("--now", "2026-11-20")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_the_same_report_from_all(call: Call, cluster: str, form: str) -> None:
    command = ("verify", SAMPLES, *CLOCK, "--no-memory", "--format", form, "--executor")
    inline = call(*command, "inline")
    assert (inline.code, inline.err) == (1, "")
    assert call(*command, "processes") == inline
    assert call(*command, "processes", "--jobs", "4") == inline
    assert call(*command, f"dask://{cluster}") == inline


@pytest.mark.parametrize(
    "name",
    ["threads", "dask", "dask://", "dask://host", "dask://host:0", "dask://host:99999", "tcp://host:1", "dask://a b:1"],
)
def test_a_name_that_is_none(call: Call, name: str) -> None:
    result = call("verify", ".", "--executor", name)
    assert result.code == 2
    assert "known are processes, inline and dask://HOST:PORT" in result.err


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed")  # of distributed, where it gives up
def test_a_cluster_that_is_not_there(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.3)
    result = call("verify", SAMPLES, "--executor", "dask://127.0.0.1:1")
    assert (result.code, result.out) == (3, "")
    (words,) = result.err.splitlines()
    assert words.startswith("audit-console: No Dask scheduler can be reached at dask://127.0.0.1:1: ")
