"""What every container must keep, whatever it holds."""

from collections.abc import Callable

import pytest

from console.sources.protocol import MAX_RECORD, Source
from tests.support.source_cases import Read, Reading, read_all


@pytest.fixture
def read() -> Read:
    return read_all


@pytest.fixture
def keeps_its_word() -> Callable[[Source], Reading]:
    """Records in order, each read again by its place, and the same from any cursor on."""

    def check(source: Source) -> Reading:
        whole = read_all(source)
        assert sorted(whole.offsets) == whole.offsets
        for offset, length, raw in zip(whole.offsets, whole.lengths, whole.raws, strict=True):
            if length <= MAX_RECORD:
                assert source.read(offset, length) == raw
        for cursor in whole.cursors:
            rest = read_all(source, cursor)
            assert rest.raws == whole.raws[cursor.ordinal - 1 :]
            assert rest.offsets == whole.offsets[cursor.ordinal - 1 :]
            assert rest.next == whole.next
        return whole

    return check
