"""A ledger is cut before its profile is settled: what was read before is walked again afterwards."""

import json

from console.formats.kernel import FORMAT
from console.formats.kernel.record import API
from console.formats.protocol import Context
from console.model.trust import Trust
from tests.support.both_ways import outcome
from tests.support.format_cases import WHENEVER
from tests.support.places import SAMPLES


def test_a_deal_that_was_carried_over_unsettled_is_walked_again() -> None:
    good = (SAMPLES / "kernel" / "audit.jsonl").read_bytes().splitlines()[0]
    bad = json.dumps(json.loads(good) | {"type": None}).encode()
    found = outcome(lambda: FORMAT.reader(Context(API, WHENEVER)), [bad, good], [1])
    assert [row[6] for row in found["rows"]] == [Trust.BROKEN, Trust.VERIFIED]
    assert {each.code for each in found["findings"]} >= {"chain.sequence-duplicate", "schema.wrong-type"}
