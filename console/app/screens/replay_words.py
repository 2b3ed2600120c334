"""The state of a stream as of one event, as lines: what changed is marked by a sign, by both values, and in bold."""

from textual.content import Content

from console.app.drawing.layout import MUTED, STRONG, label_width, labelled, prose, rule, trust_mark
from console.app.words import day_and_time
from console.engine.api import StateAfter
from console.text import safe

VALUE_LIMIT = 2000
"""Characters of a value that are shown."""
CHANGED = "▸ "


def state_page(step: StateAfter, total: int, width: int) -> list[Content]:
    """The event, and all that holds after it."""
    row = step.row
    sequence = "" if row.sequence is None else f", sequence {row.sequence:,}"
    lines = [
        Content.styled(f"After event {step.number:,} of {total:,}{sequence}", STRONG).truncate(width, ellipsis=True)
    ]
    actor = f" by {safe(row.actor, limit=80)}" if row.actor else ""
    when = f" · {day_and_time(row.time)} UTC" if row.time is not None else ""
    type = safe(row.type, limit=200)
    lines += prose(f"{type}{actor}{when} · {trust_mark(row.trust).plain}", width, MUTED)
    if step.why:
        lead = "It is not as it should be" if step.changed else "It did nothing"
        lines += prose(f"{lead}: {safe(step.why, limit=500)}.", width, "bold $text-warning", lead="✗ ")
    elif not step.changed:
        lines += prose("It changed nothing.", width, MUTED)
    lines.append(rule("State", width))
    names = [*step.state, *(name for name in step.changed if name not in step.state)]
    shown = [name for name in names if step.state.get(name) or name in step.changed]
    column = label_width((CHANGED + _name(name) for name in shown), width)
    for name in shown:
        lines += _value(step, name, column, width)
    return lines if shown else [*lines, Content.styled("Nothing is known of it yet.", MUTED)]


def _name(name: str) -> str:
    """A replayer's name for a value, as it is: it may be the ledger's own."""
    return safe(name, limit=80)


def _value(step: StateAfter, name: str, column: int, width: int) -> list[Content]:
    after = safe(step.state.get(name) or "–", limit=VALUE_LIMIT)
    if name not in step.changed:
        return labelled(f"  {_name(name)}", _at_words(after, width - column), column, width)
    before = safe(step.changed[name] or "–", limit=VALUE_LIMIT)
    lines = labelled(f"{CHANGED}{_name(name)}", _at_words(f"{before} → {after}", width - column), column, width)
    return [line.stylize("bold") for line in lines]


def _at_words(text: str, width: int) -> list[str]:
    return [line.plain for line in Content(text).wrap(max(width, 8))]
