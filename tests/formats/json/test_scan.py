"""The scanners against records with known answers, against ``json``, and against each other."""

from hashlib import sha256

import pytest

from console.formats.json import pure_scan
from console.formats.json.scan import MISSING, Fields, Flag, Interner, Kind, scan
from tests.support.json_cases import cases
from tests.support.json_oracle import oracle

CASES = list(cases())


@pytest.mark.parametrize(("raw", "flags"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_each_record_of_the_conformance_set_gets_its_flags(raw: bytes, flags: Flag) -> None:
    assert Flag(oracle(raw)[0]) == flags
    assert Flag(pure_scan.flags(raw)) == flags


def test_fields_come_as_columns() -> None:
    found = scan(
        b'{"a":"x","n":12,"o":{"b":[1]},"h":null}\n{"h":true,"a":"\\u0078","n":-0}\r\n{"z":1}\n\n{"n":1.5,"a":""}\n',
        Fields("a", "n", "o", "h"),
    )
    assert found.count == 5
    assert list(found.flags) == [0, Flag.WHITE_SPACE, 0, Flag.BLANK, 0]
    assert list(found.plain()) == [1, 0, 1, 0, 1] and list(found.plain(Flag.WHITE_SPACE)) == [1, 1, 1, 0, 1]
    assert list(found.others) == [0, 0, 1, 0, 0]
    assert found.texts("a") == ["x", "x", None, None, ""]
    assert found.raw("o") == [b'{"b":[1]}', None, None, None, None]
    assert list(found.integers("n")) == [12, MISSING, MISSING, MISSING, MISSING]
    assert list(found.kinds("h")) == [Kind.NULL, Kind.TRUE, Kind.ABSENT, Kind.ABSENT, Kind.ABSENT]
    assert list(found.is_kind("a", Kind.STRING, Kind.ESCAPED)) == [1, 1, 0, 0, 1]
    asked: list[str] = []

    def code(text: str) -> int:
        asked.append(text)
        return 7

    interner = Interner(code)
    assert list(found.codes("a", interner)) == [7, 7, 0, 0, 0] and asked == ["x", "x"]
    assert found.leaves()[32:64] == sha256(b"\0" + found.record(1)).digest()
    inner = found.inside("o", Fields("b"))
    assert inner.raw("b")[0] == b"[1]" and list(inner.flags) == [0] + [Flag.BLANK] * 4
