"""What becomes of a ledger: every kind of facts, and what follows from them."""

import itertools

import pytest

from console.engine.follow.decide import (
    PATIENCE,
    Companions,
    Elsewhere,
    Facts,
    LedgerState,
    Next,
    Recognition,
    Transition,
    decide,
)
from console.engine.ledgers.continuity import Continuity

LIVE, GONE, UNKNOWN = LedgerState.LIVE, LedgerState.GONE, LedgerState.NOT_RECOGNISED
SHRUNK, REWRITTEN, REPLACED, VANISHED = (
    Continuity.SHRUNK,
    Continuity.REWRITTEN,
    Continuity.REPLACED,
    Continuity.GONE,
)
READ = Transition(Next.READ, LIVE)
WAIT = Transition(Next.WAIT, again=PATIENCE)

TABLE = {
    # Nothing happened, or more was appended: reading finds out which.
    "same or grown": (Facts(), READ),
    "its path is empty, and it is read in the file that it was moved to": (
        Facts(in_earlier_file=True, path_taken=False),
        READ,
    ),
    "an unfinished record was replaced": (
        Facts(tail_replaced=True),
        Transition(Next.REPORT_REPLACED_TAIL, code="record.tail-replaced"),
    ),
    # The content is not what was read.
    "shrunk, seen once": (Facts(content=SHRUNK), WAIT),
    "rewritten, seen once": (Facts(content=REWRITTEN), WAIT),
    "replaced, seen once": (Facts(content=REPLACED), WAIT),
    "shrunk": (Facts(content=SHRUNK, seen_twice=True), Transition(Next.READ_AGAIN, LIVE, "witness.truncated")),
    "rewritten": (Facts(content=REWRITTEN, seen_twice=True), Transition(Next.READ_AGAIN, LIVE, "witness.rewritten")),
    "replaced": (Facts(content=REPLACED, seen_twice=True), Transition(Next.READ_AGAIN, LIVE, "witness.replaced")),
    "replaced by something that is no ledger": (
        Facts(content=REPLACED, seen_twice=True, recognition=Recognition.NOTHING),
        Transition(Next.READ_AGAIN, UNKNOWN, "witness.replaced"),
    ),
    "changed in place, as its writer does": (
        Facts(content=REWRITTEN, seen_twice=True, changes_in_place=True),
        Transition(Next.READ_AGAIN, LIVE),
    ),
    "replaced, where its writer changes records in place": (
        Facts(content=REPLACED, seen_twice=True, changes_in_place=True),
        Transition(Next.READ_AGAIN, LIVE),
    ),
    "shrunk, although its writer only changes records in place": (
        Facts(content=SHRUNK, seen_twice=True, changes_in_place=True),
        Transition(Next.READ_AGAIN, LIVE, "witness.truncated"),
    ),
    "gone": (Facts(content=VANISHED, path_taken=False), Transition(Next.REPORT_GONE, GONE, "witness.vanished")),
    # What was read is in another file.
    "rotated": (
        Facts(content=REPLACED, elsewhere=Elsewhere.MOVED),
        Transition(Next.FOLLOW_MOVE, code="container.rotated"),
    ),
    "rotated, with nothing new yet": (
        Facts(content=VANISHED, elsewhere=Elsewhere.MOVED, path_taken=False),
        Transition(Next.FOLLOW_MOVE, code="container.rotated"),
    ),
    "copied and truncated": (
        Facts(content=SHRUNK, elsewhere=Elsewhere.MOVED),
        Transition(Next.FOLLOW_MOVE, code="container.rotated"),
    ),
    "compressed": (
        Facts(content=VANISHED, elsewhere=Elsewhere.COMPRESSED, path_taken=False),
        Transition(Next.FOLLOW_MOVE, code="container.compressed"),
    ),
    "moved once more while it was read where it was moved to": (
        Facts(content=VANISHED, elsewhere=Elsewhere.MOVED, in_earlier_file=True),
        Transition(Next.FOLLOW_MOVE, code="container.rotated"),
    ),
    # A new file stands at its path while the earlier one is read.
    "overtaken": (Facts(in_earlier_file=True), Transition(Next.READ, LIVE, again=PATIENCE)),
    "overtaken, and the earlier file ended": (
        Facts(in_earlier_file=True, earlier_file_ended=True),
        Transition(Next.FINISH_EARLIER_FILE),
    ),
    "overtaken, and the earlier file is gone": (
        Facts(content=VANISHED, in_earlier_file=True),
        Transition(Next.GO_ON_IN_NEW_FILE),
    ),
    "overtaken, and the earlier file was changed, seen once": (Facts(content=REWRITTEN, in_earlier_file=True), WAIT),
    "overtaken, and the earlier file was changed": (
        Facts(content=REWRITTEN, in_earlier_file=True, seen_twice=True),
        Transition(Next.GO_ON_IN_NEW_FILE),
    ),
    "the file that it was moved to is gone, and nothing new is there": (
        Facts(content=VANISHED, in_earlier_file=True, path_taken=False),
        Transition(Next.REPORT_GONE, GONE, "witness.vanished"),
    ),
    "late lines in the earlier file": (
        Facts(late_lines=True),
        Transition(Next.REPORT_LATE_LINES, code="container.late-lines"),
    ),
    # More is known of what the records are.
    "recognised as another format": (Facts(recognition=Recognition.ANOTHER), Transition(Next.DECODE_AGAIN)),
    "what took its place is still no ledger": (Facts(recognition=Recognition.NOTHING), Transition(Next.REST)),
    "companions changed": (Facts(companions=Companions.CHANGED), Transition(Next.DECODE_AGAIN)),
    "companions changed after a rotation": (
        Facts(companions=Companions.CHANGED_TOO_LATE),
        Transition(Next.NOTE_COMPANIONS),
    ),
    "all rows were compared": (Facts(compared_since=True), Transition(Next.NOTE_COMPARISON)),
    # It cannot be read just now.
    "half written": (Facts(half_written=True), Transition(Next.REST, again=PATIENCE)),
    "the reader failed over it": (Facts(reader_failed=True), Transition(Next.REST)),
    "the reader failed, and other companions came": (
        Facts(reader_failed=True, companions=Companions.CHANGED),
        Transition(Next.DECODE_AGAIN),
    ),
    "half written where it was replaced": (Facts(content=REPLACED, half_written=True), WAIT),
}


@pytest.mark.parametrize(("facts", "expected"), TABLE.values(), ids=TABLE)
def test_table(facts: Facts, expected: Transition) -> None:
    assert decide(facts) == expected


def every_kind_of_facts() -> list[Facts]:
    four = list(itertools.product((False, True), repeat=4))
    return [
        Facts(
            content=content,
            elsewhere=elsewhere,
            seen_twice=seen_twice,
            in_earlier_file=in_earlier_file,
            path_taken=path_taken,
            earlier_file_ended=ended,
            late_lines=late,
            recognition=recognition,
            companions=companions,
            half_written=half,
            reader_failed=failed,
            changes_in_place=excuse,
        )
        for content in Continuity
        for elsewhere in Elsewhere
        for recognition in Recognition
        for companions in Companions
        for seen_twice, in_earlier_file, path_taken, ended in four
        for late, half, failed, excuse in four
    ]


def test_nobody_is_accused_without_reason() -> None:
    """Over all combinations: content that is the same accuses nobody, and a change is looked at twice."""
    for facts in every_kind_of_facts():
        step = decide(facts)
        if facts.content is Continuity.SAME:
            assert step.code in ("", "container.late-lines")
            assert step.action not in (Next.READ_AGAIN, Next.REPORT_GONE, Next.FOLLOW_MOVE)
        if step.action is Next.READ_AGAIN:
            assert facts.seen_twice
            assert facts.elsewhere is Elsewhere.NOWHERE
        if facts.elsewhere is not Elsewhere.NOWHERE and facts.content is not Continuity.SAME:
            assert step.action is Next.FOLLOW_MOVE
        if step.action is Next.REPORT_GONE:
            assert facts.content is Continuity.GONE


def test_whoever_waits_looks_again() -> None:
    for facts in every_kind_of_facts():
        step = decide(facts)
        assert step.again > 0 or step.action is not Next.WAIT
        assert step.final or step.action is not Next.REST
