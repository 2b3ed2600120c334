"""Encrypted events: listed as such, not verified, and no damage."""

import base64
import json

import pytest

from console.formats.protocol import Sample
from console.formats.smvm import FORMAT
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.smvm_cases import context, ledger, lines, own, read


def token(header: object) -> bytes:
    """A JWE in compact form, with no key of its own (``dir``)."""
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    return first + b"..48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvTiFvSkQ"


BARE = token({"alg": "dir", "enc": "A256GCM"})


def test_encrypted_lines_are_listed_and_counted_not_verified() -> None:
    first, *others = lines(ledger())
    out, found = read([first, BARE, b'"' + BARE + b'"', BARE + b"\r", *others])
    assert own(found) == {"data.encrypted"} and not out.findings
    (only,) = [each for each in found if each.code == "data.encrypted"]
    assert (only.severity, only.count, only.record) == (Severity.NOTE, 3, 2)
    assert list(out.trust)[1:4] == [Trust.UNCHECKED] * 3 and list(out.worst)[1:4] == [0, 0, 0]
    assert len({*list(out.type)[1:4]}) == 1 and out.type[1] not in (0, out.type[0])


def test_the_row_of_an_encrypted_event_says_so() -> None:
    record = Record(1, 0, len(BARE), BARE)
    event = FORMAT.decode(record, context())
    assert event.type == "encrypted"
    (panel,) = FORMAT.panels(event, context())
    assert [field.note for field in panel.fields] == ["encrypted, not verified"]
    assert FORMAT.prove(record, None, context()) is None


@pytest.mark.parametrize(
    "raw",
    [
        token({"alg": "dir"}),
        token(["alg", "enc"]),
        b"e30..48V1.5eym.XFBo",
        b"eyJ*..a.b.c",
        BARE + b".more",
        BARE.rpartition(b".")[0],
        BARE[: len(BARE) // 3],
    ],
)
def test_what_only_looks_like_it_is_damage(raw: bytes) -> None:
    assert own(read([*lines(ledger()), raw])[1]) == {"record.invalid-json"}


def test_encrypted_lines_do_not_hide_what_the_others_are() -> None:
    claim = FORMAT.sniff(Sample("x", "jsonl", None, [*[BARE] * 7, lines(ledger())[0]]))
    assert claim is not None and claim.confidence > 80
