"""The graph of causes: edges by ids, orphans shown, foreign text kept inside of its quotes, and Graphviz draws it."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from console.export.dot import DOT
from console.formats.export_record import ExportRecord
from console.formats.kernel import FORMAT as KERNEL
from console.formats.protocol import Context
from console.formats.swarm import FORMAT
from tests.support.swarm_cases import NOW, line
from tests.support.writers import kernel


def drawn(*events: dict[str, Any], **chosen: bool) -> str:
    raws = [json.dumps(each).encode() for each in events]
    context = Context("event", NOW)
    records = (ExportRecord("log", raw, (at, 0, len(raw)), (FORMAT, context)) for at, raw in enumerate(raws, 1))
    return b"".join(DOT.write(records, chosen)).decode()


HOSTILE = 'x"]; evil [label="\\'
EVENTS = [
    line(1, provenance_id="aaaaaaaaaaaa", agent_id=HOSTILE),
    line(2, provenance_id="bbbbbbbbbbbb", parent_event_id="aaaaaaaaaaaa", agent_id="\x1b[2J\n<b>"),
    line(3, parent_event_id="cccccccccccc"),
    line(4),
]


def test_edges_orphans_and_lone_events() -> None:
    text = drawn(*EVENTS)
    assert "e0 -> e1;" in text and "m0 -> e2;" in text and "not in this export" in text
    assert "e3 [" not in text and "e3 [" in drawn(*EVENTS, all=True)
    assert "\x1b" not in text and "evil" in text


def test_names_that_a_system_made_up_are_not_missed() -> None:
    """A gate rests on every approval before it; an override that was never used is no orphan."""
    raws = kernel.jsonl(kernel.doc()).splitlines()
    context = Context("api", NOW)
    records = (ExportRecord("deals", raw, (at, 0, len(raw)), (KERNEL, context)) for at, raw in enumerate(raws, 1))
    text = b"".join(DOT.write(records, {})).decode()
    assert "approval" in text
    assert " override " not in text


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_it_without_warnings() -> None:
    for text in (drawn(), drawn(*EVENTS, all=True)):
        done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
        assert not done.stderr
    assert sum(each.startswith("edge") for each in done.stdout.splitlines()) == 2
    assert sum(each.startswith("node") for each in done.stdout.splitlines()) == 5
