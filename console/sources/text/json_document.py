"""One pass over a JSON document, from record to record: the structure around them is read as strictly as they are.

What stands around records can hide some: a second list under the same key, a key with escapes, bytes that one parser
skips and another one stops at. So every list of records is given, each oddity is a finding, and damage stops the walk
only where nothing follows it.
"""

from collections.abc import Iterator

from console.model.finding import Finding
from console.model.trust import Severity
from console.sources.content import Window
from console.sources.protocol import MAX_RECORD
from console.sources.text.json_ends import (
    CLOSE,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    NOTHING,
    OPEN,
    OPEN_OBJECT,
    QUOTE,
    JsonPlace,
)
from console.sources.text.json_strict import fault_of, text_of

WRAPPERS = frozenset({"data", "items", "events", "results", "audit_trail"})
"""Keys of an object whose array holds the records."""
TRUNCATED = "container.json-truncated"
_BOM = b"\xef\xbb\xbf"
_KEY = 1024
"""Bytes of a key that are read."""
_MEMBERS = 64
"""Members that are looked at for the first list of records."""
_MANY = 100
"""Findings of one document."""


class DocumentWalk:
    """After ``spans``: ``broken`` is where an unfinished record begins, if one does, and ``findings`` are about the
    document as it is now. Records before ``resume`` are passed over."""

    def __init__(self, window: Window, resume: int) -> None:
        self._window = window
        self._resume = resume
        marked = window.read(0, len(_BOM)) == _BOM
        self.place = JsonPlace(window, len(_BOM) if marked else 0)
        self.broken: int | None = None
        self.findings: list[Finding] = [_mark()] if marked else []
        self._ended = False
        """The document breaks off."""

    def spans(self) -> Iterator[tuple[int, int]]:
        """Begin and end of each complete record."""
        place = self.place
        documents = 0
        while not self._ended and (found := place.blank()) != NOTHING:
            if documents == 1:
                self._wrong("Something stands behind the end of the document; what can be read of it is read.")
            documents += 1
            if found == OPEN:
                place.at += 1
                yield from self._array()
            elif found == OPEN_OBJECT:
                yield from self._object()
            else:
                if documents == 1:
                    self._wrong("The document begins with neither an array nor an object.")
                place.to_bracket()

    def _array(self) -> Iterator[tuple[int, int]]:
        """Elements from behind the opening bracket to behind the closing one."""
        place = self.place
        first = True
        while True:
            commas, found = self._separated()
            if found == NOTHING:
                break
            closing = found == CLOSE
            if commas != (0 if first or closing else 1):
                self._wrong("A comma is missing or stands where no element follows.")
            if closing:
                place.at += 1
                return
            begin = place.at
            end = place.element(CLOSE)
            if end is None:
                self.broken = begin
                break
            if begin >= self._resume:
                yield begin, end
            first = False
        self._unfinished()

    def _object(self) -> Iterator[tuple[int, int]]:
        """The records of an object's lists; the whole object where it has none."""
        place = self.place
        begin = place.at
        alike = _first_key(self._window, begin)
        around = _Around()
        earlier, self.findings = self.findings, []
        place.at += 1
        first = True
        while True:
            commas, found = self._separated()
            if found == NOTHING:
                self._unfinished()
                break
            closing = found == CLOSE_OBJECT
            if commas != (0 if first or closing else 1):
                self._wrong("A comma is missing or stands where no member follows.")
            if closing:
                place.at += 1
                break
            first = False
            name = self._key(around)
            if name is not None and place.blank() == OPEN and (name in WRAPPERS or self._is_alike(alike)):
                self._list(name, around)
                place.at += 1
                yield from self._array()
            elif not self._other(name):
                self._unfinished()
            if self._ended:
                break
        if around.lists:
            self.findings = earlier + self.findings
            return
        # One record, in which its reader finds what is wrong.
        self.findings = earlier + [each for each in self.findings if each.code == TRUNCATED]
        if self._ended:
            self.broken = begin
            self.findings = earlier
            self._unfinished()
        elif begin >= self._resume:
            yield begin, place.at

    def _separated(self) -> tuple[int, int]:
        """Commas that stand there, and the byte behind them."""
        commas = 0
        while (found := self.place.blank()) == COMMA:
            commas += 1
            self.place.at += 1
        return commas, found

    def _key(self, around: "_Around") -> str | None:
        """The name of a member, and on to its value; None where there is none."""
        place = self.place
        at = place.at
        if place.blank() != QUOTE or not place.string():
            place.jump(at)
            return None
        raw = self._window.read(at, min(place.at - at, _KEY))
        if place.blank() != COLON:
            place.jump(at)
            return None
        place.at += 1
        name = text_of(raw) if raw.endswith(b'"') else None
        if name is None:
            self._wrong("A key of the object around the records cannot be read.", at=at)
            return ""
        if name in around.names:
            message = f"The key {name!r} stands twice in the object around the records; every list under it is read."
            self._wrong(message, "record.duplicate-key", at=at, field=name)
        around.names.add(name)
        return name

    def _list(self, name: str, around: "_Around") -> None:
        """A list of records begins."""
        around.lists.append(name)
        if len({*around.lists}) > 1 and around.lists.count(name) == 1:
            message = f"The object around the records holds another list of them, under {name!r}: all lists are read."
            self._wrong(message, "container.several-lists", Severity.WARNING, field=name)

    def _is_alike(self, first_key: bytes) -> bool:
        """True if the list that begins here holds objects that begin like the records do."""
        return bool(first_key) and first_key == _key_of_first(self._window, self.place.at)

    def _other(self, name: str | None) -> bool:
        """Move over what is no list of records. False: the bytes end within it."""
        place = self.place
        begin = place.at
        end = place.element(CLOSE_OBJECT)
        if end is None:
            return False
        if name is None:
            self._wrong("The object around the records goes on with something that is not a member.", at=begin)
        elif end - begin > MAX_RECORD:
            self._wrong(f"The value of {name!r} is over the cap, and not checked.", "record.too-large", at=begin)
        elif (fault := fault_of(self._window.read(begin, end - begin))) is not None:
            code, words = fault
            self._wrong(f"The value of {name!r}, beside the records, {words}.", code, at=begin, field=name)
        return True

    def _wrong(
        self,
        message: str,
        code: str = "record.invalid-json",
        severity: Severity = Severity.ERROR,
        *,
        at: int | None = None,
        field: str | None = None,
    ) -> None:
        if len(self.findings) < _MANY:
            offset = self.place.at if at is None else at
            self.findings.append(Finding(code, severity, message, offset=offset, field=field, standing=True))

    def _unfinished(self) -> None:
        self._ended = True
        at = self.place.at if self.broken is None else self.broken
        message = f"The document breaks off at byte {at:,}: its end is missing, with whatever records it held."
        self.findings.append(Finding(TRUNCATED, Severity.ERROR, message, offset=at, standing=True))


class _Around:
    """What was seen of an object around records: names of its members, and of its lists of records."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.lists: list[str] = []


def known_list(window: Window, start: int) -> int | None:
    """Where the first array under a key of ``WRAPPERS`` begins, in the object at ``start``; None if there is none among
    its first members, or it does not begin with an object."""
    place = JsonPlace(window, start)
    place.blank()
    place.at += 1
    for _ in range(_MEMBERS):
        found = place.blank()
        if found == COMMA:
            place.at += 1
            found = place.blank()
        key = place.at
        if found != QUOTE or not place.string():
            return None
        raw = window.read(key, min(place.at - key, _KEY))
        if place.blank() != COLON:
            return None
        place.at += 1
        if place.blank() == OPEN and text_of(raw) in WRAPPERS:
            begin = place.at
            place.at += 1
            return begin if place.blank() == OPEN_OBJECT else None
        if place.element(CLOSE_OBJECT) is None:
            return None
    return None


def _first_key(window: Window, start: int) -> bytes:
    """The first key of the first record in the object at ``start``, as it is written; b'' where there is none."""
    begin = known_list(window, start)
    return b"" if begin is None else _key_of_first(window, begin)


def _key_of_first(window: Window, begin: int) -> bytes:
    """The first key of the first object in the array that begins there."""
    place = JsonPlace(window, begin + 1)
    if place.blank() != OPEN_OBJECT:
        return b""
    place.at += 1
    if place.blank() != QUOTE:
        return b""
    at = place.at
    return window.read(at, min(place.at - at, _KEY)) if place.string() else b""


def _mark() -> Finding:
    message = "The document begins with a byte order mark."
    return Finding("record.byte-order-mark", Severity.NOTE, message, offset=0, length=len(_BOM), standing=True)
