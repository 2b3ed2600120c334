"""What a filter asks of raw records, asked of their bytes.

Nearly every record is settled by a look at its bytes: without the name of a key there is no value for it. Only what is
left is decoded, once for all that is asked.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from console.engine.search.needle import Needle, needle
from console.formats.json import strict
from console.sources.text.sse import parse_block
from console.store.filter import Filter
from console.store.filter.times import written
from console.store.filter.tree import (
    FALSE,
    TRUE,
    Condition,
    Contains,
    FieldCompares,
    FieldMatches,
    Leaf,
    OfRecord,
    Pattern,
    rebuilt,
)

_NESTED = 8
"""Texts of JSON within each other that are opened."""


class RecordConditions:
    """Asks all that one filter asks of raw records."""

    def __init__(self, filter: Filter) -> None:
        self._filter = filter
        self._asked = filter.of_record
        self._tests = tuple(_test(each) for each in self._asked)
        self._traces = tuple(_trace(each) for each in self._asked)
        self._beside = tuple(self._asked.index(each) for each in filter.undecided.of_record)
        """For each bit of a hit the number of what is asked."""
        self._hopes: dict[int, int | None] = {}

    def held(self, raw: bytes) -> frozenset[OfRecord]:
        """What holds of a record."""
        document = _Document(raw)
        return frozenset(each for each, test in zip(self._asked, self._tests, strict=True) if test(raw, document))

    def hit(self, raw: bytes) -> int | None:
        """The bits of a record that may fit, as ``HitView.add_hits`` takes them; None for one that does not, whatever
        else there is to know of its event."""
        document = _Document(raw)
        bits = 0
        for at, test in enumerate(self._tests):
            if test(raw, document):
                bits |= 1 << at
        if bits not in self._hopes:
            self._hopes[bits] = self._hope(bits)
        return self._hopes[bits]

    def may_hit(self, raws: bytes) -> bool:
        """False if none of these records, which stand one behind the other, fits."""
        absent = {each for each, trace in zip(self._asked, self._traces, strict=True) if not trace(raws)}
        return not absent or not _is_false(self._filter, lambda leaf: FALSE if leaf in absent else leaf)

    def _hope(self, bits: int) -> int | None:
        known = {each: TRUE if bits >> at & 1 else FALSE for at, each in enumerate(self._asked)}
        if _is_false(self._filter, lambda leaf: known.get(leaf, leaf) if isinstance(leaf, OfRecord) else leaf):
            return None
        return sum(1 << bit for bit, at in enumerate(self._beside) if bits >> at & 1)


def _is_false(filter: Filter, change: Callable[[Leaf], Condition]) -> bool:
    return rebuilt(filter.condition, change) == FALSE


class _Document:
    """The document of a record, decoded when it is first asked for."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._roots: tuple[object, ...] | None = None

    def roots(self) -> tuple[object, ...]:
        """Where paths begin: the object; of a block of a capture its fields, then the object in its data."""
        if self._roots is None:
            if self._raw.lstrip()[:1] == b"{":
                document = strict.decode(self._raw).document
                self._roots = () if document is None else (document,)
            else:
                block = parse_block(self._raw)
                data = _opened(block.data) if block.data is not None else None
                fields = {"event": block.event, "id": block.id, "data": data}
                self._roots = (fields, data) if isinstance(data, dict) else (fields,)
        return self._roots


Test = Callable[[bytes, _Document], bool]


def _test(asked: OfRecord) -> Test:
    match asked:
        case Contains(text):
            holds = needle(text)
            return lambda raw, _: holds(raw)
        case FieldMatches(path, patterns):
            trace = _trace(asked)
            return lambda raw, document: (
                trace(raw) and any(_matches(value, patterns) for value in _values(document, path))
            )
        case FieldCompares(path):
            compared = asked
            trace = _trace(asked)
            return lambda raw, document: (
                trace(raw) and any(_compares(value, compared) for value in _values(document, path))
            )


def _trace(asked: OfRecord) -> Needle:
    """False for bytes that cannot hold what is asked."""
    if isinstance(asked, Contains):
        return needle(asked.text)
    key = next((each for each in reversed(asked.path) if not each.isdigit()), "")
    if not key.isascii() or not key.replace("_", "").isalnum():
        return lambda _: True
    form = key.encode()
    # JSON may write any character as an escape.
    return lambda data: form in data or b"\\u00" in data


def _values(document: _Document, path: Sequence[str]) -> Iterator[object]:
    for root in document.roots():
        yield from _below(root, path, _NESTED)


def _below(value: object, path: Sequence[str], nested: int) -> Iterator[object]:
    """The values at a path. A text that is JSON itself, as columns of tables are, is opened on the way."""
    if not path:
        if isinstance(value, list):
            for each in value:
                yield from _below(each, path, nested)
        yield value
        return
    if isinstance(value, str) and nested:
        value, nested = _opened(value), nested - 1
    if isinstance(value, dict):
        if path[0] in value:
            yield from _below(value[path[0]], path[1:], nested)
    elif isinstance(value, list):
        if path[0].isdigit():
            for each in value[int(path[0][:9]) :][:1]:
                yield from _below(each, path[1:], nested)
        else:
            for each in value:
                yield from _below(each, path, nested)


def _opened(text: str) -> object:
    """The object or list that a text writes; the text itself if it is none."""
    begin = text.lstrip()[:1]
    if begin not in ("{", "[") or not begin:
        return text
    # An object is what can be decoded with suspicion; a list is put into one.
    data = text.encode("utf-8", "surrogatepass")
    decoded = strict.decode(data if begin == "{" else b'{"":' + data + b"}").document
    return text if decoded is None else decoded if begin == "{" else decoded.get("", text)


def _matches(value: object, patterns: Sequence[Pattern]) -> bool:
    if isinstance(value, str):
        return any(each.fits(value) for each in patterns)
    if value is None or isinstance(value, bool):
        word = "null" if value is None else "true" if value else "false"
        return any(each.fits(word) for each in patterns)
    if isinstance(value, int | float):
        number = _number(value)
        return number is not None and any(each.fits(str(number)) or _decimal(each.text) == number for each in patterns)
    return any(each.open and not each.text.strip("*") for each in patterns)


def _compares(value: object, asked: FieldCompares) -> bool:
    number = _decimal(value) if isinstance(value, str) else _number(value)
    if number is not None:
        return asked.number is not None and _beyond(number, asked.sign, asked.number, asked.number)
    if asked.span is None or not isinstance(value, str):
        return False
    try:
        at = written(value)[0]
    except (ValueError, OverflowError):
        return False
    start, after = asked.span
    return _beyond(at, asked.sign, start, after - 1)


def _number(value: object) -> Decimal | None:
    """A number of JSON, a float as its shortest digits; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return number if number.is_finite() else None


def _beyond(value: Decimal | int, sign: str, first: Decimal | int, last: Decimal | int) -> bool:
    """True if a value is beyond what reaches from ``first`` to ``last``, or in it where the sign says so."""
    match sign:
        case ">":
            return value > last
        case ">=":
            return value >= first
        case "<":
            return value < first
        case _:
            return value <= last


def _decimal(text: str) -> Decimal | None:
    """A number that a text writes."""
    try:
        number = Decimal(text) if len(text) <= 1000 and text.strip() == text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
