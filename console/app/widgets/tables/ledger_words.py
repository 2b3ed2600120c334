"""What counts and states of a ledger or stream come to in a few cells. What is bad comes first, and no rounding hides
it: numbers are exact where they fit, and else rounded down."""

from collections.abc import Sequence

from console.app.drawing.cells import cut, width
from console.engine.api import Judgement, LedgerRow, StreamRow, Verdict
from console.model.trust import WORST_FIRST, Severity, Trust
from console.text import safe

_VERDICTS = {Verdict.INTACT: "✓", Verdict.CONSISTENT: "○", Verdict.INCOMPLETE: "?", Verdict.FINDINGS: "✗"}
NOTE_LIMIT = 400
"""Characters of a note that are looked at."""


def short(number: int) -> str:
    """``999``, ``12k``, ``3.4M``, rounded down: at most four characters up to a billion."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= size:
            whole, tenths = divmod(number * 10 // (1000 if unit == "k" else size), 10)
            return f"{whole}.{tenths}{unit}" if whole < 10 else f"{whole}{unit}"
    return str(number)


def trust_counts(counts: Sequence[int], cells: int, *, gap: str = "", words: bool = False) -> list[tuple[Trust, str]]:
    """Events by trust, the worst first, in at most so many cells with blanks between: ``✗3 ✓319,997``. ``gap`` stands
    behind each sign, a word behind each number if ``words``."""
    there = [trust for trust in WORST_FIRST if trust < len(counts) and counts[trust]]
    after = {trust: f" {trust.word}" if words else "" for trust in there}
    exact = [(trust, f"{trust.glyph}{gap}{counts[trust]:,}{after[trust]}") for trust in there]
    if sum(width(text) + 1 for _, text in exact) - 1 <= cells:
        return exact
    fitting: list[tuple[Trust, str]] = []
    for trust in there:
        text = f"{trust.glyph}{gap}{short(counts[trust])}{after[trust]}"
        if cells < 1:
            break
        fitting.append((trust, cut(text, cells)))
        cells -= width(text) + 1
    return fitting


def trouble(ledger: LedgerRow, stream: StreamRow | None = None) -> str:
    """What happened to a ledger's file, and what is wrong with the ledger, or one stream of it; '' if nothing is."""
    findings = (stream or ledger).findings
    worst = next((level for level in (Severity.CRITICAL, Severity.ERROR) if findings[level]), None)
    is_read = ledger.state in ("live", "behind", "")
    parts: list[str] = [] if is_read else [safe(ledger.state)]
    if ledger.note:
        parts.append(safe(ledger.note, limit=NOTE_LIMIT))
    if worst is not None:
        parts.append(f"{findings[worst]:,} {worst.words(findings[worst])}")
    sign = worst.glyph if worst is not None else "" if is_read else "✗"
    return f"{sign} {' · '.join(parts)}".strip()


def verdict_mark(verdict: Verdict, worst: Severity, *, settled: bool) -> str:
    """A verdict's sign and word. While not all is read (``settled``), only the worst one is established."""
    if verdict is Verdict.FINDINGS:
        return f"{worst.glyph if worst >= Severity.ERROR else '✗'} {verdict.word}"
    return f"{_VERDICTS[verdict]} {verdict.word}" if settled else "… reading"


def verdict_sentence(judged: Judgement) -> str:
    """Why a verdict is no better one, and what it cannot rule out."""
    parts = [*judged.reasons] if judged.verdict > Verdict.CONSISTENT else []
    if judged.cannot_rule_out:
        parts.append(f"not ruled out: {'; '.join(judged.cannot_rule_out)}")
    return safe(f"{judged.verdict.word}: {' · '.join(parts)}", limit=NOTE_LIMIT)
