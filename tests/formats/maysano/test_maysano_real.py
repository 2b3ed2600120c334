"""The real ledgers of the other systems are none of Maysano's, which has none of its own at hand, nor of ZakOps."""

from pathlib import Path

import pytest

from console.formats.protocol import Sample
from console.formats.registry import by_name
from console.sources.discover import discover, sample
from console.sources.protocol import Skipped


@pytest.mark.parametrize(
    ("name", "others"), [("maysano", ("kernel", "smvm", "swarm", "zakops")), ("zakops", ("kernel", "smvm", "swarm"))]
)
def test_real_ledgers_of_other_systems_are_left_alone(real: Path, name: str, others: tuple[str, ...]) -> None:
    form, seen = by_name(name), 0
    for source in discover(str(real / other) for other in others):
        if isinstance(source, Skipped):
            continue
        seen += 1
        claim = form.sniff(Sample(source.path, source.container, source.member, sample(source)))
        assert claim is None, f"{source.path}: {claim}"
    assert seen > 10
