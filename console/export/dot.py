"""The graph of causes, in the language of Graphviz: an event is a node, an arrow leads from a cause to its effect.

Edges go by the ids that events carry and name, so that they are drawn across ledgers. Only events that are in a
relation to others are drawn: hundreds of single nodes say nothing. An id that no event of the export carries is a
dashed node: a picture must not hide an orphan. Ids are kept until the end, because causes may come late.
"""

from collections.abc import Iterable, Iterator

from console.formats.export_form import Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord
from console.formats.relations import is_made_up
from console.model.trust import Severity
from console.text import safe

_LONGEST = 60
"""Characters of a foreign text on a node."""
_NO_SEVERITY = Severity.NONE


def _dot(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
    bearers: dict[str, list[int]] = {}
    labels: list[tuple[str, ...]] = []
    ledgers: list[str] = []
    named: list[tuple[str, str, int, bool]] = []
    for number, record in enumerate(records):
        event, relations = record.event, record.relations
        for each in relations.ids:
            bearers.setdefault(each, []).append(number)
        named += [(how, cause, number, is_made_up(record.raw, cause)) for how, cause in relations.causes]
        labels.append((event.type, event.actor or "", event.event_id or f"record {event.ordinal}"))
        ledgers.append(record.ledger)
    edges: dict[tuple[str, int | str, int], None] = {}
    for how, cause, effect, made_up in named:
        carriers = bearers.get(cause, [])
        if made_up:
            before = [each for each in carriers if each < effect and ledgers[each] == ledgers[effect]]
            edges |= dict.fromkeys((how, each, effect) for each in before)
        else:
            edges[how, carriers[0] if carriers else cause, effect] = None
    linked = {each for _, start, effect in edges for each in (start, effect) if isinstance(each, int)}
    drawn = range(len(labels)) if chosen.get("all") else sorted(linked)
    yield b'digraph events {\n  rankdir=LR;\n  node [shape=box, fontname="sans-serif"];\n'
    yield "".join(f"  e{number} [label={_quoted(*labels[number])}];\n" for number in drawn).encode()
    missing = {
        each: at for at, each in enumerate(dict.fromkeys(start for _, start, _ in edges if isinstance(start, str)))
    }
    yield "".join(
        f"  m{at} [label={_quoted(cause, 'not in this export')}, style=dashed];\n" for cause, at in missing.items()
    ).encode()
    for how, cause_of, effect in edges:
        origin = f"m{missing[cause_of]}" if isinstance(cause_of, str) else f"e{cause_of}"
        style = "" if how == "parent" else f" [label={_quoted(how)}, style=dotted]"
        yield f"  {origin} -> e{effect}{style};\n".encode()
    yield b"}\n"


def _quoted(*lines: str) -> str:
    """Foreign text as a string of DOT, line by line: control characters are shown, quotes and backslashes escaped."""
    shown = (safe(line, limit=_LONGEST).replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return '"' + "\\n".join(shown) + '"'


DOT = ExportForm(
    "dot",
    "The graph of causes for Graphviz: events that caused others, or were caused.",
    _dot,
    (ExportOption("all", "Draw events without relations, too."),),
)
