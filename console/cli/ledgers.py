"""``audit-console ledgers``: what is there."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from console.cli.options import common, index_place, paths
from console.cli.output import AsGiven, Paint, human_time, out_json, problems
from console.cli.table import table
from console.model.trust import WORST_FIRST, Severity, Trust

if TYPE_CHECKING:
    from console.engine.api import IndexPlace, LedgerRow


@click.command("ledgers")
@paths
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common
def command(paths: list[str], form: str, index: str | None, config: str | None, no_color: bool) -> int:
    """List the ledgers that are there, with trust and worst finding; those with flagged streams first."""
    return asyncio.run(_list(paths, form, index_place(paths, index, config), Paint(no_color)))


async def _list(paths: list[str], form: str, index: "IndexPlace", paint: Paint) -> int:
    from console.cli.indexing import reading

    async with reading(paths, index) as reader:
        ledgers = await reader.ledgers()
    shown = AsGiven(paths)
    if form == "json":
        out_json([_object(each, shown(each.name)) for each in ledgers])
    else:
        from console.engine.api import flag_levels, verdict_of

        levels = flag_levels()
        rows = [
            [
                shown(each.name),
                each.format or each.state,
                each.profile or "",
                f"{each.events:,}" if each.format else "",
                human_time(each.first_time),
                human_time(each.last_time),
                verdict_of(each).verdict.word,
                _trust_in_words(each) if each.format else "",
                worst_in_words(each),
                levels[each.flagged],
            ]
            for each in ledgers
        ]
        heads = ["ledger", "format", "profile", ">events", "first", "last", "verdict", "trust", "worst", "flagged"]
        if not any(each.flagged for each in ledgers):
            heads, rows = heads[:-1], [row[:-1] for row in rows]
        if rows:
            table(heads, rows, painter(paint))
    return problems(ledgers, shown)


def _trust_in_words(each: "LedgerRow") -> str:
    from console.engine.api import not_compared_since

    since = not_compared_since(each)
    return counts_in_words(each.trust) + (f" ({since})" if since else "")


def _object(each: "LedgerRow", name: str) -> dict[str, Any]:
    from console.engine.api import flag_levels, time_text, verdict_of

    judged = verdict_of(each)
    return {
        "path": name,
        "format": each.format or None,
        "shape": each.shape or None,
        "container": each.container or None,
        "profile": each.profile,
        "verdict": judged.verdict.word,
        "reasons": [*judged.reasons],
        "cannot_rule_out": [*judged.cannot_rule_out],
        "state": each.state,
        "note": each.note or None,
        "events": each.events,
        "bytes": each.bytes,
        "pending": each.pending,
        "first_time": None if each.first_time is None else time_text(each.first_time),
        "last_time": None if each.last_time is None else time_text(each.last_time),
        **counted(each),
        "flagged": flag_levels()[each.flagged] or None,
    }


def counted(each: Any) -> dict[str, Any]:
    """Trust, findings and the worst of them, of a ledger's or a stream's row, for programs."""
    return {
        "trust": {Trust(state).word: number for state, number in enumerate(each.trust)},
        "findings": {Severity(level).word: each.findings[level] for level in range(4, 0, -1)},
        "worst": each.worst.word if each.worst else None,
    }


def counts_in_words(trust: tuple[int, ...]) -> str:
    """``✗ 1 broken, ✓ 921 verified``."""
    return ", ".join(f"{state.glyph} {trust[state]:,} {state.word}" for state in WORST_FIRST if trust[state])


def worst_in_words(each: Any) -> str:
    """``‼ critical``, '' where nothing was found."""
    return f"{each.worst.glyph} {each.worst.word}" if each.worst else ""


def painter(paint: Paint) -> Any:
    """Colours the cells of trust and worst finding by the words in them."""

    def painted(head: str, cell: str, padded: str) -> str:
        if head == "trust":
            worst = next((state for state in WORST_FIRST if state.word in cell), None)
            return padded if worst is None else paint.trust(padded, worst)
        if head == "verdict" and cell in _VERDICTS:
            return paint.severity(padded, _VERDICTS[cell])
        if head == "worst" and cell:
            return paint.severity(padded, Severity[cell.split()[-1].upper()])
        return padded

    return painted


_VERDICTS = {"findings": Severity.ERROR, "incomplete": Severity.WARNING}
