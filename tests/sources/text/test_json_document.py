"""What stands around records is read as strictly as they are, and hides none of them."""

from pathlib import Path

import pytest

from console.model.trust import Severity
from console.sources.content import FileContent
from console.sources.discover import open_sources
from console.sources.text.json_array import JsonSource
from tests.support.source_cases import Read

A, B = b'{"id":1}', b'{"id":2}'


@pytest.mark.parametrize(
    ("text", "raws", "codes"),
    [
        (b'{"events":[%b],"events":[]}' % A, [A], ["record.duplicate-key"]),
        (b'{"events":[],"events":[%b]}' % A, [A], ["record.duplicate-key"]),
        (b'{"events":[%b],"\\u0065vents":[%b]}' % (A, B), [A, B], ["record.duplicate-key"]),
        (b'{"total":1,"total":2,"events":[%b]}' % A, [A], ["record.duplicate-key"]),
        (b'{"events":[%b],"items":[%b]}' % (A, B), [A, B], ["container.several-lists"]),
        (b'{"events":[%b],"archive":[%b]}' % (A, B), [A, B], ["container.several-lists"]),
        (b'{"archive":[%b],"events":[%b]}' % (A, B), [A, B], ["container.several-lists"]),
        (b'{"links":[{"rel":"next"}],"events":[%b]}' % A, [A], []),
        (b'{"events":[%b],"a":{"x":1,"x":2}}' % A, [A], ["record.duplicate-key"]),
        (b'{"events":[%b],"a":NaN}' % A, [A], ["record.non-finite-number"]),
        (b'{"events":[%b],"a":tru}' % A, [A], ["record.invalid-json"]),
        (b'{"events":[%b],"a":"\xff"}' % A, [A], ["record.invalid-utf8"]),
        (b'{"events":[%b],"a":"\0"}' % A, [A], ["record.nul-byte"]),
        (b'{"events":[%b],"\xff":1}' % A, [A], ["record.invalid-json"]),
        (b'{"events":[%b],,"a":1}' % A, [A], ["record.invalid-json"]),
        (b'{"events":[%b] "items":[%b]}' % (A, B), [A, B], ["record.invalid-json", "container.several-lists"]),
        (b'{"events":[%b],oops,"items":[%b]}' % (A, B), [A, B], ["record.invalid-json", "container.several-lists"]),
        (b'{"events":[%b]}\xff\xfe' % A, [A], ["record.invalid-json"]),
        (b'{"events":[%b]}{"events":[%b]}' % (A, B), [A, B], ["record.invalid-json"]),
        (b"[%b][%b]" % (A, B), [A, B], ["record.invalid-json"]),
        (b"[%b],%b]" % (A, B), [A, B], ["record.invalid-json"]),
    ],
)
def test_every_list_is_read_and_every_oddity_found(
    tmp_path: Path, keeps_its_word: Read, text: bytes, raws: list[bytes], codes: list[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(text)
    got = keeps_its_word(JsonSource(FileContent(str(path))))
    assert got.raws == raws
    assert got.codes == codes


def test_an_escaped_key_makes_a_wrapper_as_well(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"\\u0065vents":[{"id":1}]}')
    assert [type(each) for each in open_sources(str(path))] == [JsonSource]


def test_findings_do_not_depend_on_where_reading_goes_on(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"events":[%b],"events":[%b,%b],"a":NaN}' % (A, B, A))
    source = JsonSource(FileContent(str(path)))
    whole = read(source)
    assert len(whole.findings) == 2
    rest = read(source, whole.next)
    assert rest.raws == []
    assert rest.findings == whole.findings
    assert all(each.severity is Severity.ERROR for each in whole.findings)
