"""Deletions that no retention run explains: fewer events may be deleted by now than are gone.

The memory keeps no events, only how many of them its last look found to be kept until which day. What it does not know
of counts as free to be deleted, so that nobody is accused who did what the rules ask for.
"""

from collections.abc import Iterator

from console.formats.json.times import iso, now_micros
from console.model.finding import Finding
from console.model.words import count
from console.verify.catalogue import finding
from console.witness.comparison import ChangeKind, Comparison
from console.witness.observations import PastLook


def gone(found: Comparison, before: int) -> int:
    """How many of the records that were there are nowhere any more, edited ones not among them."""
    if not found.kept and not found.count(ChangeKind.MOVED):
        return before
    lost = (ChangeKind.DELETED, ChangeKind.TRUNCATED)
    return sum(max(0, len(each.old) - len(each.new)) for each in found.changes if each.kind in lost)


def premature(known: PastLook, deleted: int, now: int | None) -> Iterator[Finding]:
    """What is to be stated where ``deleted`` records are gone; ``now`` (UTC microseconds) is the clock's where None."""
    today = iso(now_micros() if now is None else now)[:10]
    kept = {day: number for day, number in known.due.items() if day > today}
    early = deleted - (known.records - sum(kept.values()))
    if early <= 0:
        return
    first = min(kept)
    whole = all(day > today for day in known.due)
    until = "for ever" if not first[:1].isdigit() else f"until {first}" + (" or longer" if whole else "")
    words = (
        f"{count(deleted, 'record')} of {known.records:,} {'is' if deleted == 1 else 'are'} gone, and by the retention"
        f" of their types {count(early, 'event')} of these {'was' if early == 1 else 'were'} to be kept {until}."
    )
    yield finding("retention.premature-deletion", words, count=early, expected=first)
