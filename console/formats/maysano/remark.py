"""What a rule says of an event; the reader adds its place."""

from typing import NamedTuple


class Remark(NamedTuple):
    """A finding's code and words, without a place."""

    code: str
    message: str
    field: str | None = None
    expected: str | None = None
    actual: str | None = None
