"""``audit-console trace``: what caused an event, and what it caused."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from console.cli.databases import as_files
from console.cli.names import UNVERIFIED
from console.cli.options import common, index_place
from console.cli.output import AsGiven, Paint, Ticker, human_time, out, out_json, problems, say
from console.cli.recording import note_ledgers
from console.model.words import count
from console.text import safe

if TYPE_CHECKING:
    from console.engine.api import EventRow, EventTrace, TraceNode, TraceRequest


@click.command("trace")
@click.argument("paths", nargs=-1, type=click.Path(readable=False), metavar="[PATH]…")
@click.argument("id", metavar="ID")
@click.option("--up", is_flag=True, help="Only what caused it.")
@click.option("--down", is_flag=True, help="Only what it caused.")
@click.option(
    "--depth", type=click.IntRange(1, 500), default=20, show_default=True, metavar="N", help="Steps from the event."
)
@click.option("--format", "form", type=click.Choice(["tree", "json", "dot"]), default="tree", show_default=True)
@common
def command(
    paths: tuple[str, ...],
    id: str,
    up: bool,
    down: bool,
    depth: int,
    form: str,
    index: str | None,
    config: str | None,
    no_color: bool,
) -> int:
    """Print what caused an event and what it caused, over all ledgers, and what else carries its deal, trace …"""
    from console.cli.indexing import so_far
    from console.engine.api import TraceRequest, trace_id

    where = as_files(click.get_current_context(), paths) or ["."]
    note_ledgers(where)
    both = up == down
    request = TraceRequest(id, up or both, down or both, depth)
    with Ticker("reading") as ticker:
        answer = asyncio.run(
            trace_id(
                where,
                index_place(where, index, config),
                request,
                progress=lambda at: ticker.show(so_far(at)),
                note=say,
            )
        )
    shown = AsGiven(where)
    code = problems(answer.ledgers, shown)
    trace = answer.trace
    match form:
        case "json":
            out_json(_object(trace, request, shown))
        case "dot":
            for line in _dot(trace, shown):
                out(line)
        case _:
            _print(trace, request.up, request.down, shown, Paint(no_color))
    for note in trace.notes:
        say(note)
    if trace.root.row is None and not trace.shared:
        say(f"Nothing here carries the id {id}.")
        return UNVERIFIED
    return code


# For people


def _print(trace: "EventTrace", up: bool, down: bool, shown: AsGiven, paint: Paint) -> None:
    if trace.root.row is None:
        out(f"No event has the id {safe(trace.root.id)}.")
    else:
        out(paint.strong(_words(trace.root, shown, paint)))
        for wanted, title, nodes in (
            (up, "caused by", trace.up),
            (down, "caused", trace.down),
            (bool(trace.also), "also with this id", trace.also),
        ):
            if wanted:
                out(f"{title}{'' if nodes else ': nothing here'}")
                for line in _tree(nodes, shown, paint):
                    out(line)
    if trace.shared:
        out("in common")
    for each in trace.shared:
        where = "more in" if each.here else "in"
        thing = safe(f"{each.kind} {each.id}".strip())
        out(f"  {thing}: {count(each.events, 'event')} {where} {safe(shown(each.ledger))}")
        for row in each.rows:
            out(f"    {_row(row, paint)}  {safe(shown(each.ledger))}:{row.ordinal}")


def _tree(nodes: Sequence["TraceNode"], shown: AsGiven, paint: Paint, lead: str = "") -> Iterator[str]:
    for at, node in enumerate(nodes):
        last = at == len(nodes) - 1
        yield f"{lead}{'└─' if last else '├─'} {safe(node.how)}: {_words(node, shown, paint)}"
        yield from _tree(node.below, shown, paint, lead + ("   " if last else "│  "))


def _words(node: "TraceNode", shown: AsGiven, paint: Paint) -> str:
    ending = f"  ({node.ending.value})" if node.ending.value else ""
    if node.row is None:
        return f"{safe(node.id)}{ending}"
    several = f"  (one of {node.carriers} with this id)" if node.carriers > 1 else ""
    place = f"{safe(shown(node.ledger))}:{node.row.ordinal}"
    return f"{safe(node.id)}  {_row(node.row, paint)}  {place}{several}{ending}"


def _row(row: "EventRow", paint: Paint) -> str:
    parts = (
        human_time(row.time),
        str(safe(row.type)),
        str(safe(row.actor)),
        paint.trust(f"{row.trust.glyph} {row.trust_word}", row.trust),
    )
    return "  ".join(part for part in parts if part)


# For programs


def _object(trace: "EventTrace", request: "TraceRequest", shown: AsGiven) -> dict[str, Any]:
    up = [_node(each, shown) for each in trace.up] if request.up else None
    down = [_node(each, shown) for each in trace.down] if request.down else None
    return {
        "schema_version": 1,
        "id": trace.root.id,
        "event": None if trace.root.row is None else _event(trace.root, shown),
        "also": [_event(each, shown) for each in trace.also],
        "up": up,
        "down": down,
        "shared": [
            {
                "kind": each.kind or None,
                "id": each.id,
                "ledger": shown(each.ledger),
                "events": each.events,
                "records": [row.ordinal for row in each.rows],
            }
            for each in trace.shared
        ],
        "notes": list(trace.notes),
    }


def _node(node: "TraceNode", shown: AsGiven) -> dict[str, Any]:
    below = [_node(each, shown) for each in node.below]
    return {"how": node.how, **_event(node, shown), "ending": node.ending.value or None, "below": below}


def _event(node: "TraceNode", shown: AsGiven) -> dict[str, Any]:
    from console.engine.api import time_text

    row = node.row
    if row is None:
        return {"id": node.id, "ledger": None, "record": None}
    return {
        "id": node.id,
        "ledger": shown(node.ledger),
        "record": row.ordinal,
        "time": None if row.time is None else time_text(row.time),
        "type": row.type or None,
        "actor": row.actor or None,
        "stream": {"kind": row.stream_kind, "key": row.stream_key} if row.stream else None,
        "trust": row.trust.word,
        "severity": row.worst.word if row.worst else None,
    }


def _dot(trace: "EventTrace", shown: AsGiven) -> Iterator[str]:
    """A graph for Graphviz: an arrow leads from a cause to what it caused; what is not here is dashed."""
    yield "digraph trace {"
    yield '  rankdir=LR; node [shape=box, fontname="sans-serif"];'
    drawn: set[str] = set()
    edges: dict[str, None] = {}

    def walk(node: "TraceNode", of: "TraceNode", caused: bool) -> Iterator[str]:
        yield from _drawn(node, shown, drawn)
        start, end = (of, node) if caused else (node, of)
        edges[f"  {_name(start)} -> {_name(end)} [label={_quoted(node.how)}];"] = None
        for each in node.below:
            yield from walk(each, node, caused)

    yield from _drawn(trace.root, shown, drawn, ", style=bold")
    for nodes, caused in ((trace.up, False), (trace.down, True)):
        for node in nodes:
            yield from walk(node, trace.root, caused)
    yield from edges
    yield "}"


def _drawn(node: "TraceNode", shown: AsGiven, drawn: set[str], style: str = "") -> Iterator[str]:
    name = _name(node)
    if name not in drawn:
        drawn.add(name)
        row = node.row
        lines = [node.id] if row is None else [row.type, node.id, f"{shown(node.ledger)}:{row.ordinal}"]
        yield f"  {name} [label={_quoted(*lines)}{', style=dashed' if row is None else style}];"


def _name(node: "TraceNode") -> str:
    return f"e{node.row.id}" if node.row is not None else _quoted(f"absent {node.id}")


def _quoted(*lines: str) -> str:
    """A string of DOT: quotes and backslashes escaped, lines beneath each other."""
    texts = (str(safe(line)).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(texts) + '"'
