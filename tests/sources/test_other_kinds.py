"""What is not read is refused with what it is and what to do."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from console.sources.discover import discover, open_sources
from console.sources.protocol import Skipped

LINES = b'{"id":1}\n{"id":2}\n'
CASES = {
    "x.jsonl.xz": (lzma.compress(LINES), "xz"),
    "x.jsonl.bz2": (bz2.compress(LINES), "bzip2"),
    "x.jsonl.zst": (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
    "x.ndjson.lz4": (b"\x04\x22\x4d\x18" + bytes(20), "lz4"),
    "x.jsonl.gz": (gzip.compress(gzip.compress(LINES)), "compressed twice"),
    "y.jsonl.gz": (gzip.compress(lzma.compress(LINES)), "xz"),
    "cr.jsonl": (LINES.replace(b"\n", b"\r"), "CR alone"),
    "cr.jsonl.gz": (gzip.compress(LINES.replace(b"\n", b"\r")), "CR alone"),
    "wide.jsonl": (LINES.decode().encode("utf-16"), "UTF-16"),
    "wide.le.jsonl": (LINES.decode().encode("utf-16-le"), "UTF-16"),
    "seq.jsonl": (b"\x1e" + LINES.replace(b"\n{", b"\n\x1e{"), "RFC 7464"),
    "sys.jsonl": (b"".join(b"Mar  1 10:00:00 host app: " + each + b"\n" for each in LINES.split()), "prefix"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_names_what_was_seen(name: str, tmp_path: Path) -> None:
    data, word = CASES[name]
    path = tmp_path / name
    path.write_bytes(data)
    for found in (open_sources(str(path)), [*discover([str(tmp_path)])]):
        (skipped,) = found
        assert isinstance(skipped, Skipped)
        assert skipped.finding.code == "container.not-recognised"
        assert word in skipped.finding.message
