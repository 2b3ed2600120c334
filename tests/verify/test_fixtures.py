"""Every code of the catalogue is raised by a small ledger, and by another one nearly."""

import pytest

from console.formats.registry import catalogue
from tests.support.fixtures.frame import Pair, Proof, collected, looked_at
from tests.support.places import ROOT

CODES = collected()
PAIRS = {code: each for code, each in CODES.items() if isinstance(each, Pair)}


def test_every_code_has_its_ledgers() -> None:
    missing = sorted(catalogue().keys() - CODES.keys())
    lines = [f'    "{code}": Pair({{"events.jsonl": …raises it…}}, {{"events.jsonl": …nearly…}}),' for code in missing]
    where = "Add to CODES in a module of tests/support/fixtures (one for each system and family):"
    assert not missing, "\n".join([where, *lines])
    assert not CODES.keys() - catalogue().keys(), "codes that the catalogue does not have"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Codes by the name of a ledger: all are looked at once, since a look costs more than a ledger."""
    ledgers = {f"{code}-raised": pair.raised for code, pair in PAIRS.items()}
    ledgers |= {f"{code}-nearly": pair.nearly for code, pair in PAIRS.items()}
    return looked_at(tmp_path_factory.mktemp("fixtures"), ledgers)


@pytest.mark.parametrize("code", PAIRS)
def test_raised_and_nearly_raised(code: str, found: dict[str, set[str]]) -> None:
    assert code in found[f"{code}-raised"]
    assert code not in found[f"{code}-nearly"]


@pytest.mark.parametrize("code", [code for code, each in CODES.items() if isinstance(each, Proof)])
def test_what_no_file_at_rest_raises_is_proved_elsewhere(code: str) -> None:
    proof = CODES[code]
    assert isinstance(proof, Proof)
    assert proof.names in (ROOT / proof.module).read_text(encoding="utf-8")
