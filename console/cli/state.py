"""``audit-console state``: what held at a moment, and what made it so."""

from typing import TYPE_CHECKING, Any

import click

from console.cli.names import UNVERIFIED
from console.cli.options import common, paths, settings_in_force
from console.cli.output import AsGiven, Paint, Ticker, human_time, out, out_json, say
from console.cli.table import table
from console.model.words import count
from console.text import safe

if TYPE_CHECKING:
    from console.engine.questions import StateAnswer
    from console.model.event import Event


def _after(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    """UTC microseconds of what follows the time that is named."""
    if text is None:
        return None
    from console.engine.api import time_span

    try:
        return time_span(text)[1]
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), ctx, param) from None


@click.command("state")
@paths
@click.option("--stream", metavar="KEY", required=True, help="The run, deal, action …: its key, or KIND:KEY.")
@click.option("--at", callback=_after, metavar="TIME", help="As of this time: 2026-11-20 is the end of that day.")
@click.option("--seq", type=click.IntRange(0), metavar="N", help="After the event of this number.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common
def command(
    paths: list[str],
    stream: str,
    at: int | None,
    seq: int | None,
    form: str,
    config: str | None,
    no_color: bool,
    **_: Any,
) -> int:
    """Print the state of a stream as of a moment, by default now, with the events that made it."""
    from console.engine.api import EngineError, SeveralStreamsError, state_as_of

    if at is not None and seq is not None:
        raise click.UsageError("--at and --seq name two moments: give one of them.")
    settings_in_force(config)
    with Ticker("reading") as ticker:
        try:
            answer = state_as_of(
                paths, stream, until=at, sequence=seq, progress=lambda events: ticker.show(count(events, "event"))
            )
        except SeveralStreamsError as error:
            raise click.UsageError(str(safe(str(error)))) from error
        except EngineError as error:
            say(str(error))
            return UNVERIFIED
    if form == "json":
        out_json(_object(answer))
    else:
        _print(answer, AsGiven(paths), Paint(no_color))
    return _problems(answer)


def _print(answer: "StateAnswer", shown: AsGiven, paint: Paint) -> None:
    kind, key = answer.stream
    out(paint.strong(f"{safe(kind)} {safe(key)}") + f"  in {safe(shown(answer.ledger))}")
    if answer.last is None:
        out(f"before the first of {count(answer.events, 'event')}")
        return
    number = "" if answer.last.sequence is None else f", sequence {answer.last.sequence}"
    when = _time(answer.last)
    out(paint.quiet(f"after {answer.taken:,} of {count(answer.events, 'event')}{number}{', ' if when else ''}{when}"))
    width = max((len(safe(name)) for name in answer.state), default=0)
    for name, value in answer.state.items():
        if value:
            out(f"  {safe(name):<{width}}  {paint.strong(safe(value))}")
    if not any(answer.state.values()):
        out("  nothing is known of it yet")
    out()
    rows = [
        [
            f"{step.number:,}",
            "" if step.event.sequence is None else str(step.event.sequence),
            _time(step.event),
            step.event.type,
            step.event.actor or "",
            _did(step.changed, step.state, step.why),
        ]
        for step in answer.steps
    ]
    if rows:
        table((">event", ">seq", "time", "type", "actor", "did"), rows, lambda _, __, padded: padded, titles=4)
    rest = answer.taken - len(rows)
    if rest:
        out(paint.quiet(f"{count(rest, 'further event')} changed nothing"))


def _did(changed: Any, state: Any, why: str) -> str:
    """``state Draft → Open``, or why nothing happened."""
    parts = [f"{name} {before or '–'} → {state.get(name) or '–'}" for name, before in changed.items()]
    return "; ".join([*parts, *([f"✗ {why}"] if why else [])])


def _time(event: "Event") -> str:
    return human_time(None if event.instant is None else event.instant.micros)


def _object(answer: "StateAnswer") -> dict[str, Any]:
    return {
        "schema_version": 1,
        "ledger": answer.ledger,
        "format": answer.format,
        "stream": {"kind": answer.stream.kind, "key": answer.stream.key},
        "events": answer.events,
        "taken": answer.taken,
        "as_of": None if answer.last is None else _event(answer.last),
        "state": answer.state,
        "made_by": [
            {
                "number": step.number,
                **_event(step.event),
                "changed": {
                    name: {"from": before or None, "to": step.state.get(name) or None}
                    for name, before in step.changed.items()
                },
                "why_not": step.why or None,
            }
            for step in answer.steps
        ],
        "unreadable": answer.read.unreadable,
        "problem": answer.read.problem or None,
    }


def _event(event: "Event") -> dict[str, Any]:
    from console.engine.api import time_text

    return {
        "record": event.ordinal,
        "sequence": event.sequence,
        "time": None if event.instant is None else time_text(event.instant.micros),
        "type": event.type or None,
        "event_id": event.event_id,
        "actor": event.actor,
    }


def _problems(answer: "StateAnswer") -> int:
    """Say what was left out. The exit code."""
    for each in answer.skipped:
        say(f"{each.path}: {each.finding.message}")
    if answer.read.unreadable:
        say(f"{answer.ledger}: {count(answer.read.unreadable, 'record')} passed over that cannot be read")
    if answer.read.problem:
        say(f"{answer.ledger}: {answer.read.problem}")
    return 0 if answer.complete else UNVERIFIED
