"""The schema's first look, which spares the import of pydantic, accepts nothing that pydantic refuses."""

import json
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from console.formats.kernel.record import API
from console.formats.kernel.rules.models import errors
from console.formats.kernel.rules.schema import _is_sound
from tests.support.cli_cases import events
from tests.support.kernel_cases import encode, ledger, outcome
from tests.support.places import ROOT, SAMPLES

SOUND = events(2)[1]
VALUES = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-2, 3),
    some.sampled_from([2**53, 2**53 + 1, 2**70, -1, 1.0, 1.5, float("nan")]),
    some.text(max_size=3),
    some.sampled_from(["\ud800", "a" * 64, "a" * 63 + "\n", "A" * 64, "a" * 64 + "\n", "0" * 63]),
    some.lists(some.one_of(some.text(max_size=2), some.integers(), some.just("\udfff")), max_size=2),
    some.dictionaries(some.text(max_size=2), some.integers(), max_size=2),
)


@given(
    changed=some.dictionaries(some.sampled_from(sorted(SOUND)), VALUES, max_size=3),
    dropped=some.sets(some.sampled_from(sorted(SOUND)), max_size=2),
    more=some.dictionaries(some.sampled_from(["_file", "more", ""]), VALUES, max_size=1),
)
def test_what_is_sound_has_no_errors(changed: dict[str, Any], dropped: set[str], more: dict[str, Any]) -> None:
    document = {name: value for name, value in {**SOUND, **changed, **more}.items() if name not in dropped}
    if _is_sound(document, API):
        assert not list(errors(document, API))


def test_sound_events_are_known_as_such() -> None:
    assert all(_is_sound(event, API) for event in events(3))


def test_a_healthy_ledger_is_verified_without_pydantic() -> None:
    script = """
import sys
from console.cli.main import main
try:
    main(["verify", sys.argv[1], "--executor", "inline"])
finally:
    print("pydantic" in sys.modules, file=sys.stderr)
"""
    command = [sys.executable, "-c", script, str(SAMPLES / "kernel" / "deals.jsonl")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == "False\n"


def codes(**change: Any) -> list[str]:
    events = ledger(2)
    result = outcome([encode(events[0]), json.dumps(events[1] | change).encode()])
    return [each.code for each in result.findings if each.family != "lifecycle"]


def test_what_is_innocent_and_what_is_one_finding() -> None:
    assert codes(sequenceNumber=2.0) == []
    assert codes(actorId="\ud800") == ["record.lone-surrogate"]
    assert codes(eventHash="") == ["chain.hash-missing"]
    assert codes(previousEventHash="") == ["chain.previous-mismatch", "chain.hash-mismatch"]
    first = ledger(1)[0] | {"previousEventHash": ""}
    assert [each.code for each in outcome([encode(first)]).findings] == ["schema.bad-pattern"]
