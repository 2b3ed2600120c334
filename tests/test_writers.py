"""The writers of ledgers stand on their own: what they share with the console is the systems' documents."""

import ast
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from console.formats.protocol import Sample
from console.formats.registry import all_formats
from console.sources.discover import discover, sample
from console.sources.protocol import Skipped
from console.verify.javascript import parse, stringify
from tests.support.data import facts
from tests.support.places import ROOT
from tests.support.writers import javascript, kernel, maysano, smvm, swarm, zakops

VECTORS: list[dict[str, str]] = facts("javascript")


@pytest.mark.parametrize("path", sorted((ROOT / "tests/support/writers").glob("*.py")), ids=lambda path: path.stem)
def test_they_import_nothing_of_the_console(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert not name.startswith(("console", "tests")) or name.startswith("tests.support.writers"), name


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each["json"][:30])
def test_javascript_by_both(vector: dict[str, str]) -> None:
    assert javascript.stringify(json.loads(vector["json"])) == vector["javascript"]
    assert stringify(parse(vector["json"])) == vector["javascript"]


def test_javascript_by_its_own_engine() -> None:
    node = shutil.which("node")
    if node is None:
        return  # the vectors hold what it answered
    script = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(text => JSON.stringify(JSON.parse(text)))))"
    command = [node, "-e", script, json.dumps([each["json"] for each in VECTORS])]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer == [each["javascript"] for each in VECTORS]


def every_ledger(root: Path) -> dict[str, str]:
    """One ledger of each kind: its path, and the format that must claim it."""
    data: dict[str, tuple[str, Any]] = {
        "doc.jsonl": ("kernel", kernel.jsonl(kernel.doc())),
        "audit.json": ("kernel", kernel.answer(kernel.audit())),
        "steps.jsonl": ("smvm", smvm.jsonl(smvm.steps())),
        "events.json": ("smvm", smvm.memory_store()),
        "v1.jsonl": ("swarm", swarm.jsonl(swarm.simulation(swarm.V1))),
        "v2.jsonl": ("swarm", swarm.jsonl(swarm.simulation(swarm.V2))),
        "trace.jsonl": ("swarm", swarm.jsonl(swarm.trace())),
        "episode.jsonl": ("swarm", swarm.episode_jsonl(swarm.episode())),
        "structural.json": ("maysano", maysano.answer(maysano.structural_events())),
        "activities.jsonl": ("maysano", maysano.jsonl(maysano.activities())),
        "history.json": ("maysano", maysano.answer(maysano.history(), wrapped="items")),
        "setup.sse": ("maysano", maysano.sse(maysano.setup())),
        "agent.jsonl": ("zakops", zakops.jsonl(zakops.agent_rows())),
        "deal.jsonl": ("zakops", zakops.deal_file()),
        "actions.json": ("zakops", zakops.action_documents()),
    }
    for name, (_, content) in data.items():
        (root / name).write_bytes(content)
    kernel.portal(root / "portal.db", kernel.portal_rows())
    kernel.pack(root / "pack.zip", kernel.pack_lines(kernel.portal_rows(iso_times=True)))
    zakops.database(root / "audit.db", action_audit_events=zakops.audit_rows(), outbox=zakops.outbox_rows([]))
    run = smvm.run_folder(root, payloads=False, packed=True)
    owners = {str(root / name): owner for name, (owner, _) in data.items()}
    more = {"portal.db": "kernel", "pack.zip": "kernel", "audit.db": "zakops"}
    return owners | {str(root / name): owner for name, owner in more.items()} | {str(run): "smvm"}


def test_each_ledger_is_claimed_by_its_own_format_and_no_other(tmp_path: Path) -> None:
    owners = every_ledger(tmp_path)
    seen = set()
    for source in discover([str(tmp_path)]):
        if isinstance(source, Skipped):
            continue
        given = Sample(source.path, source.container, source.member, sample(source))
        claims = {form.name for form in all_formats() if form.sniff(given) is not None}
        if claims:
            seen.add(source.path)
            assert claims == {owners[source.path]}, source.path
    assert seen == set(owners)
