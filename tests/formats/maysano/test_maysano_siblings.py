"""Three endpoints, three files: a thing that one answer creates or deletes is created or deleted in the others."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.maysano_cases import activity, history, structural
from tests.support.verdicts import judge

Row = dict[str, Any]


def of(type: str, second: int, kind: str, id: str) -> Row:
    return structural(type, second, entityType=kind, entityId=id)


def found(folder: Path, **files: list[Row]) -> list[tuple[str, str, int]]:
    """Findings of warning or worse of answers in one folder, with their file and record."""
    for name, rows in files.items():
        text = json.dumps({"data": rows, "total": len(rows)})
        (folder / f"{name.replace('_', '-')}.json").write_text(text, encoding="utf-8")
    verdict = judge(folder)
    return [
        (each["code"], Path(each["ledger"]).stem, each["record"])
        for each in verdict.findings
        if each["severity"] != "note"
    ]


@pytest.mark.parametrize(
    ("structurals", "activities", "expected"),
    [
        ([of("created", 1, "product", "p1")], [activity("updated", 2)], []),
        ([of("created", 3, "product", "p1")], [activity("updated", 2)], ["before-creation product-activities 1"]),
        ([of("updated", 3, "product", "p1")], [activity("created", 2)], []),
        (
            [of("created", 1, "product", "p1"), of("deleted", 5, "product", "p1")],
            [activity("updated", 4), activity("updated", 6)],
            ["after-deletion product-activities 2"],
        ),
        (
            [of("created", 1, "product", "p1"), of("updated", 8, "product", "p1")],
            [activity("created", 4), activity("deleted", 6)],
            ["after-deletion structural-events 2"],
        ),
        ([of("created", 1, "product", "p1"), of("deleted", 5, "product", "p1")], [activity("deleted", 6)], []),
        (
            [of(each, at, "product", "p1") for at, each in enumerate(("created", "deleted", "restored"))],
            [activity("updated", 6)],
            [],
        ),
        ([of("created", 1, "product", "p2")], [activity("updated", 2)], ["before-creation product-activities 1"]),
    ],
)
def test_products(tmp_path: Path, structurals: list[Row], activities: list[Row], expected: list[str]) -> None:
    given = found(tmp_path, structural_events=structurals, product_activities=activities)
    assert [f"{code.partition('event-')[2]} {file} {record}" for code, file, record in given] == expected


def test_objectives_and_files_of_other_names(tmp_path: Path) -> None:
    rows = [of("created", 1, "objective", "o1"), of("deleted", 3, "objective", "o1")]
    given = found(tmp_path, structural_events=rows, history=[history("kpi_linked", 2), history("kpi_linked", 4)])
    assert given == [("lifecycle.event-after-deletion", "history", 2)]
    (tmp_path / "structural-events.json").rename(tmp_path / "other.json")
    assert ("lifecycle.event-before-creation", "history", 1) in found(tmp_path)
