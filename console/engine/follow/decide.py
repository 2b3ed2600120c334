"""What becomes of a followed ledger: from what a look at it found, the one step that comes next.

Following is three things that know little of each other: a look gathers facts (``observe``), this module decides, and
``apply`` writes. The decision is a pure function of a few facts, so that all its cases stand in one table of a test. A
ledger is looked at again after every step that is not final, because the step changes what the facts are.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from console.engine.ledgers.continuity import Continuity

PATIENCE = 0.25
"""Seconds until something that may just be being written is looked at again."""


class LedgerState(StrEnum):
    """How a ledger stands, as the index and the screen name it."""

    LIVE = "live"
    BEHIND = "behind"
    """It is read, and much of it is still unread."""
    GONE = "gone"
    UNREADABLE = "unreadable"
    NOT_RECOGNISED = "not recognised"
    EMPTY = "empty"

    @property
    def is_read(self) -> bool:
        """True while records are read from its file."""
        return self in (LedgerState.LIVE, LedgerState.BEHIND)


class Elsewhere(Enum):
    """A file beside the ledger that holds what was read from it."""

    NOWHERE = auto()
    MOVED = auto()
    COMPRESSED = auto()


class Recognition(Enum):
    """What the content is taken for, compared with what it was taken for before."""

    SAME = auto()
    ANOTHER = auto()
    NOTHING = auto()
    """There is content, and it is no ledger."""


class Companions(Enum):
    """The small files beside a ledger that help to check it."""

    SAME = auto()
    CHANGED = auto()
    CHANGED_TOO_LATE = auto()
    """The ledger cannot be decoded again with them: its past is in other files."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look at a ledger found. The defaults are those of a ledger to which nothing happened.

    ``content`` compares what stands there with what was read. ``in_earlier_file``: the newest records come from a file
    that was moved away, and it is read on. ``path_taken``: a file stands at the ledger's own path.
    """

    content: Continuity = Continuity.SAME
    elsewhere: Elsewhere = Elsewhere.NOWHERE
    seen_twice: bool = False
    """The content was found changed at an earlier look, too: it is not just being written."""
    in_earlier_file: bool = False
    path_taken: bool = True
    earlier_file_ended: bool = False
    """Nobody has written to the earlier file for a while."""
    late_lines: bool = False
    """More stands in the earlier file than was read before the ledger went on in a new one."""
    tail_replaced: bool = False
    """Other bytes stand where an unfinished record stood."""
    recognition: Recognition = Recognition.SAME
    companions: Companions = Companions.SAME
    compared_since: bool = False
    """All rows of a database were compared, and found unchanged, since they were read."""
    half_written: bool = False
    reader_failed: bool = False
    """Its reader failed over exactly this content."""
    changes_in_place: bool = False
    """The ledger's own writer changes its records where they stand."""


class Next(Enum):
    """What to do with a ledger."""

    REST = auto()
    WAIT = auto()
    """Look again in a moment, before anyone is accused."""
    READ = auto()
    FINISH_EARLIER_FILE = auto()
    """Read the earlier file to its end, its unfinished last line as a record, and go on in the new one."""
    GO_ON_IN_NEW_FILE = auto()
    FOLLOW_MOVE = auto()
    """What was read is in another file: go on there."""
    READ_AGAIN = auto()
    """Forget what was read, and read what stands there."""
    DECODE_AGAIN = auto()
    """More is known of what the records are: decode all of them again."""
    NOTE_COMPANIONS = auto()
    NOTE_COMPARISON = auto()
    REPORT_LATE_LINES = auto()
    REPORT_REPLACED_TAIL = auto()
    REPORT_GONE = auto()


FINAL = {Next.REST, Next.READ, Next.REPORT_GONE}
"""After these, a ledger rests until something happens to it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """The step that comes next. ``code`` is the finding that goes with it, '' where nothing is to be reported.

    ``state`` is what the ledger is in afterwards, None where that does not change. ``again`` are the seconds after
    which to look again although nothing may have been notified; 0 where there is no reason to.
    """

    action: Next
    state: LedgerState | None = None
    code: str = ""
    again: float = 0.0

    @property
    def final(self) -> bool:
        return self.action in FINAL


_CODES = {
    Continuity.SHRUNK: "witness.truncated",
    Continuity.REWRITTEN: "witness.rewritten",
    Continuity.REPLACED: "witness.replaced",
}
_MOVES = {Elsewhere.MOVED: "container.rotated", Elsewhere.COMPRESSED: "container.compressed"}


def decide(facts: Facts) -> Transition:
    """The step that comes next for a ledger with these facts."""
    if facts.content is not Continuity.SAME:
        return _changed(facts)
    if facts.in_earlier_file and facts.path_taken:
        if facts.earlier_file_ended:
            return Transition(Next.FINISH_EARLIER_FILE)
        return Transition(Next.READ, LedgerState.LIVE, again=PATIENCE)
    if facts.recognition is Recognition.NOTHING:
        return Transition(Next.REST)
    if facts.late_lines:
        return Transition(Next.REPORT_LATE_LINES, code="container.late-lines")
    if facts.tail_replaced:
        return Transition(Next.REPORT_REPLACED_TAIL, code="record.tail-replaced")
    if facts.recognition is Recognition.ANOTHER or facts.companions is Companions.CHANGED:
        return Transition(Next.DECODE_AGAIN)
    if facts.companions is Companions.CHANGED_TOO_LATE:
        return Transition(Next.NOTE_COMPANIONS)
    if facts.compared_since:
        return Transition(Next.NOTE_COMPARISON)
    if facts.half_written:
        return Transition(Next.REST, again=PATIENCE)
    if facts.reader_failed:
        return Transition(Next.REST)
    return Transition(Next.READ, LedgerState.LIVE)


def _changed(facts: Facts) -> Transition:
    """What was read is not where it was read."""
    if facts.elsewhere in _MOVES:
        return Transition(Next.FOLLOW_MOVE, code=_MOVES[facts.elsewhere])
    if facts.content is Continuity.GONE:
        if facts.in_earlier_file and facts.path_taken:
            return Transition(Next.GO_ON_IN_NEW_FILE)
        return Transition(Next.REPORT_GONE, LedgerState.GONE, "witness.vanished")
    if not facts.seen_twice:
        return Transition(Next.WAIT, again=PATIENCE)
    if facts.in_earlier_file and facts.path_taken:
        # What came to the earlier file since the last look is gone with it.
        return Transition(Next.GO_ON_IN_NEW_FILE)
    excused = facts.changes_in_place and facts.content is not Continuity.SHRUNK
    code = "" if excused else _CODES[facts.content]
    if facts.recognition is Recognition.NOTHING:
        return Transition(Next.READ_AGAIN, LedgerState.NOT_RECOGNISED, code)
    return Transition(Next.READ_AGAIN, LedgerState.LIVE, code)
