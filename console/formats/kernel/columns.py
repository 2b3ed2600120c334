"""Events of the API in columns: which of them need no look, because they go on where their deal was.

What is asked of an event here is what the models of ``models`` ask of it (tests hold both to it).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from console.formats.json.columns import gathered, rows_by_code
from console.formats.json.scan import Fields, Interner, Kind, Scan, both, either, neither, picked, rows_of
from console.formats.json.scan import scan as scan_slices
from console.formats.kernel.authority.acts import Acts, Approval, ClaimedRole, RowsOfType
from console.formats.kernel.authority.judge import Act, Judge
from console.formats.kernel.chain.deals import Deals
from console.formats.kernel.record import API, layout_of
from console.formats.kernel.rules.evidence import SOURCES, UPLOAD, Brought, ids_of
from console.formats.kernel.rules.parts import (
    CONTEXT,
    PAYLOADS,
    UUID,
    Vocabularies,
    WordCodes,
    fields_of,
    objects,
    sound,
)
from console.formats.kernel.rules.states import CREATION, KNOWN, SYMBOLS
from console.formats.reading.bulk_hashes import BulkHashes
from console.formats.reading.columns import Columns
from console.formats.reading.runs import Run
from console.model.event import NO_TIME
from console.model.trust import Trust

FIELDS = Fields(*layout_of(API).stored)
_NO_NUMBER = -1
_NONE = (Kind.NULL, Kind.ABSENT)
_TRUSTED = bytes(level > 0 for level in range(256))


class KernelRun(Run):
    """Plain events: codes of deals and types, numbers (-1: none), times, and the trust that each has if its deal's
    events go on with it. ``symbols`` are their types to the state machine."""

    __slots__ = ("actors", "acts", "deals", "missing", "sequences", "symbols", "times", "trust", "types")
    deals: "array[int]"
    actors: "array[int]"
    types: "array[int]"
    symbols: bytearray
    missing: dict[int, list[bytes]]
    """References that lead nowhere so far, by row."""
    acts: list[tuple[int, Act | Approval]]
    """Rows that have to do with authority, in their order."""
    sequences: "array[int]"
    times: "array[int]"
    trust: bytearray

    def acts_between(self, low: int, high: int) -> list[tuple[int, Act | Approval]]:
        """The acts of some rows."""
        return self.acts[bisect_left(self.acts, (low,)) : bisect_left(self.acts, (high,))]


class Types:
    """Types of events by their code in a ledger's columns."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.interner = Interner(self._add)
        self.names = [""]
        self.known = bytearray(1)
        """1 for those that the kernel knows."""
        self.symbols = bytearray(1)
        """What they are to the state machine."""
        self.creating = bytearray(1)
        """1 for those that create a deal."""

    def _add(self, name: str) -> int:
        code = self._columns.types.code(name)
        while len(self.names) <= code:
            self.names.append("")
            self.known.append(0)
            self.symbols.append(0)
            self.creating.append(0)
        self.names[code], self.known[code], self.symbols[code] = name, name in KNOWN, SYMBOLS.get(name, 0)
        self.creating[code] = name == CREATION
        return code


_CONTEXTS = 10_000
"""Authority contexts that are remembered; then all are forgotten, and looked at again."""


def _noted(table: bytearray, code: int, text: str) -> int:
    """The code, with a note in the table that the text is a UUID, if it is."""
    table.extend(bytes(max(0, code + 1 - len(table))))
    table[code] = UUID.fullmatch(text) is not None
    return code


class KernelColumns:
    """Puts the runs of one ledger into columns."""

    def __init__(
        self,
        columns: Columns,
        deals: Deals,
        words: Vocabularies,
        judge: Judge,
        brought: Brought,
        tied: Callable[[int], None],
        *,
        segment: bool,
    ) -> None:
        self.types = Types(columns)
        self._deals = deals
        self._words = WordCodes(words)
        self._judge = judge
        self._brought = brought
        self._actor_names = [""]
        self._tied = tied
        """Called with the code of a deal in which an event that moves the state has the time of the one before it."""
        self._deal_codes = Interner(self._deal)
        self._deals_named = bytearray(1)
        """1 for codes of deals whose key is a UUID."""
        self._actor_codes = Interner(self._actor)
        self.actors_named = bytearray(b"\1")
        """1 for codes of actors whose id is a UUID, and for none."""
        self._actors = columns.actors
        self._claims = [ClaimedRole(sound=False, role="", used=False)]
        self._contexts: dict[bytes, int] = {}
        """Codes of authority contexts by their bytes."""
        self._acts = Acts(judge, self._actor_names, self._claims, deals.authorities, segment=segment)

    def going_on(self, run: KernelRun, hashes: BulkHashes | None, latest: int) -> Iterator[int]:
        """Fill the run's columns, and give the rows that do not go on where their deal was. After each of these the
        deal's later rows are asked again. ``latest`` is the latest time that an event may name."""
        scan, types, tips = run.scan, self.types, self._deals.ends.tips
        run.deals = scan.codes("dealId", self._deal_codes)
        run.actors = scan.codes("actorId", self._actor_codes)
        run.types = scan.codes("type", types.interner)
        run.symbols = picked(run.types, types.symbols)
        run.sequences = scan.integers("sequenceNumber", _NO_NUMBER)
        run.times, zoned = scan.instants("createdAt")
        sound = both(
            _sound(scan),
            zoned,
            picked(run.types, types.known),
            picked(run.deals, self._deals_named),
            self._parts(run),
        )
        if max(run.times) > latest:
            sound = both(sound, bytearray(time <= latest for time in run.times))
        beside = _beside(run, sound, types.creating)
        links = (
            bytearray(len(run)) if hashes is None else hashes.reproduced(scan, sound, run.types, types.names, run.times)
        )
        able = links.translate(_TRUSTED)
        run.trust = links
        for row in rows_of(beside):
            run.trust[row] = Trust.UNCHAINED

        def follow(deals: "array[int]") -> bytearray:
            return scan.follow(tips, deals, run.sequences, run.times, "previousEventHash", "eventHash", able, beside)

        before = [*map(tips.times.__getitem__, run.deals)] if tips.times else []
        following, later = follow(run.deals), _RowsByCode(run.deals)
        for code in [*rows_of(tips.ties)] if 1 in tips.ties else ():
            rows = later.of(code)
            self._look_at_ties(run, code, rows, before[rows[0]])
        row = following.find(0)
        while row >= 0:
            yield row
            code = run.deals[row]
            # It was looked at, and its chain may be one that can be followed again.
            rows = later.behind(row) if code and tips.states[code] else []
            if rows:
                alone, last = array("q", bytes(8 * len(run))), tips.times[code]
                for at in rows:
                    alone[at] = code
                following = either(following, follow(alone))
                self._look_at_ties(run, code, rows, last)
            row = following.find(0, row + 1)

    def _deal(self, key: str) -> int:
        return _noted(self._deals_named, self._deals.code(key), key)

    def _actor(self, name: str) -> int:
        code = _noted(self.actors_named, self._actors.code(name), name)
        self._actor_names.extend([""] * (code + 1 - len(self._actor_names)))
        self._actor_names[code] = name
        return code

    def _parts(self, run: KernelRun) -> bytearray:
        """1 for rows whose authority context and payload have nothing wrong; and the run's acts."""
        scan, names = run.scan, self.types.names
        if len(self._contexts) > _CONTEXTS:
            self._contexts.clear()
        claims = scan.raw_codes("authorityContext", self._contexts, self._claim)
        found = picked(claims, bytes(each.sound for each in self._claims))
        kinds = []
        for code, rows in rows_by_code(run.types).items():
            type, inner = names[code], None
            if parts := PAYLOADS.get(type):
                inner = objects(scan, "payload", fields_of(parts), rows)
                fine = sound(inner, parts, self._words)
                for at in rows_of(neither(fine)) if 0 in fine else ():
                    found[rows[at]] = 0
                if type in SOURCES:
                    self._bring(run, type, rows, inner)
            if type in self._judge.types:
                kinds.append(RowsOfType(type, rows, inner))
        run.acts = self._acts.of(scan, run.deals, run.actors, claims, kinds)
        run.missing = self._missing(run)
        return found

    def _bring(self, run: KernelRun, type: str, rows: "array[int]", inner: Scan) -> None:
        """Take what rows of one type bring."""
        self._brought.add(ids_of(inner, SOURCES[type]))
        for deal in {*gathered(run.deals, rows)} if type == UPLOAD else ():
            if not self._deals.peek(deal).uploads:
                self._deals.at(deal).uploads = True

    def _missing(self, run: KernelRun) -> dict[int, list[bytes]]:
        """By row, references that lead nowhere so far, of deals that have room for more of them."""
        brought, peek = self._brought, self._deals.peek
        strange = [*rows_of(run.scan.strange_uuids("evidenceRefs", brought.known))]
        deals = {run.deals[row] for row in strange}
        room = {code for code in deals if code and peek(code).waits(brought)}
        rows = [row for row in strange if run.deals[row] in room]
        raws = run.scan.raw("evidenceRefs") if rows else []
        return {row: found for row in rows if (found := brought.missing(raws[row] or b""))}

    def _claim(self, raw: bytes) -> int:
        """The code of an authority context that was not seen before."""
        inner = scan_slices(raw or b"{}", fields_of(CONTEXT))
        mask = sound(inner, CONTEXT, self._words) if raw else b"\1"
        used = inner.is_kind("overrideUsed", Kind.TRUE) == b"\1"
        named = not used or inner.is_kind("overrideAction", *_NONE) == b"\0"
        claim = ClaimedRole(True, inner.texts("role")[0] or "", used) if mask == b"\1" and named else self._claims[0]
        if claim not in self._claims:
            self._claims.append(claim)
        code = self._contexts[raw] = self._claims.index(claim)
        return code

    def _look_at_ties(self, run: KernelRun, code: int, rows: Sequence[int], last: int) -> None:
        """If rows of a deal followed that have the time of the row before them: does one of these move the state?
        ``last`` is the latest time before these rows."""
        ties = self._deals.ends.tips.ties
        if not ties[code]:
            return
        ties[code] = 0
        for row in rows:
            time = run.times[row]
            if time == last != NO_TIME and run.symbols[row]:
                self._tied(code)
                return
            last = max(last, time)


def _sound(scan: Scan) -> bytearray:
    """Rows that the schema has nothing against, as far as it does not ask for more than a kind of value."""
    return both(
        scan.uuids("id"),
        scan.is_kind("payload", Kind.OBJECT),
        scan.is_kind("authorityContext", Kind.OBJECT),
        scan.strings("evidenceRefs"),
        either(scan.filled("actorId"), scan.is_kind("actorId", *_NONE)),
    )


def _beside(run: KernelRun, sound: bytearray, creating: bytearray) -> bytearray:
    """Sound rows that take part in no chain; but for those that create a deal, which the walk wants to see."""
    scan = run.scan
    beside = both(sound, scan.is_kind("eventHash", *_NONE), scan.is_kind("previousEventHash", *_NONE))
    beside = both(beside, neither(picked(run.types, creating)))
    if 1 not in beside:
        return beside
    unnumbered = scan.is_kind("sequenceNumber", *_NONE)
    return both(beside, either(unnumbered, bytearray(number == 0 for number in run.sequences)))


class _RowsByCode:
    """The rows of each code, grouped when that is first asked."""

    def __init__(self, codes: "array[int]") -> None:
        self._codes = codes
        self._rows: dict[int, list[int]] = {}

    def of(self, code: int) -> list[int]:
        """The rows of a code."""
        if not self._rows:
            for at, each in enumerate(self._codes):
                self._rows.setdefault(each, []).append(at)
        return self._rows.get(code, [])

    def behind(self, row: int) -> list[int]:
        """The rows behind a row that have the same code."""
        rows = self.of(self._codes[row])
        return rows[bisect_right(rows, row) :]
