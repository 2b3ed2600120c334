"""``console.api``: what it offers, what that costs, and that every example in a docstring is true."""

import ast
import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import console.api
from console.api import LibraryError, RefusedError
from tests.support.places import ROOT

MODULES = ["console.api", *(f"console.library.{path.stem}" for path in (ROOT / "console/library").glob("[a-z]*.py"))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert doctest.testmod(import_module(name)).failed == 0


def test_everything_declared_is_there_typed_and_documented() -> None:
    names = console.api.declared()
    assert {*names} == {*dir(console.api)} == {*console.api.__all__}
    for name in names:
        each = getattr(console.api, name)
        assert each.__doc__ and (not callable(each) or isinstance(each, type) or each.__annotations__), name
    with pytest.raises(AttributeError, match="no 'nothing'"):
        _ = console.api.nothing  # type: ignore[attr-defined]
    assert issubclass(RefusedError, LibraryError)


def test_the_stub_says_what_is_declared() -> None:
    stub = ast.parse((ROOT / "console/api.pyi").read_text(encoding="utf-8"))
    listed = {
        alias.asname: node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert listed == {name: module.__name__ for name, module in console.api.declared().items()}


def test_the_documents_functions_are_among_them() -> None:
    assert {
        "get_events_by_run",
        "get_event_chain",
        "validate_event_integrity",
        "EventLog",
        "generate_deterministic_id",
        "tool_call_executed_event",
        "artifact_created_event",
        "audit_event",
        "intervention_event",
        "agent_message_event",
        "append",
        "verify",
        "record_audit",
        "emit_event",
        "process_once",
        "structural_events",
        "product_activities",
        "objective_history",
        "aget_events_by_run",
        "aget_event_chain",
        "averify",
    } <= {*console.api.declared()}


def test_it_is_loaded_when_it_is_asked_for() -> None:
    script = "import sys, console.api; print(*sys.modules); console.api.EventLog; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    before, after = (set(line.split()) for line in done.stdout.splitlines())
    assert not {name for name in before if name.startswith(("console.library", "console.formats", "console.engine"))}
    assert not {name for name in after if name.startswith(("textual", "rich", "click", "pydantic", "console.engine"))}
