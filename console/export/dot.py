"""The graph of causes, in the language of Graphviz: an event is a node, an arrow leads from a cause to its effect.

Edges go by the ids that events carry and name, so that they are drawn across ledgers. Only events that are in a
relation to others are drawn: hundreds of single nodes say nothing. An id that no event of the export carries is a
dashed node: a picture must not hide an orphan. Ids are kept until the end, because causes may come late.
"""

from collections.abc import Iterable, Iterator

from console.formats.export_form import Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord
from console.model.trust import Severity
from console.text import safe

_LONGEST = 60
"""Characters of a foreign text on a node."""
_NO_SEVERITY = Severity.NONE


def _dot(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
    names: dict[str, int] = {}
    labels: list[tuple[str, ...]] = []
    edges: list[tuple[str, str, int]] = []
    for number, record in enumerate(records):
        event, relations = record.event, record.relations
        for each in relations.ids:
            names.setdefault(each, number)
        edges += [(how, cause, number) for how, cause in relations.causes]
        labels.append((event.type, event.actor or "", event.event_id or f"record {event.ordinal}"))
    linked = {names[cause] for _, cause, _ in edges if cause in names} | {effect for _, _, effect in edges}
    drawn = range(len(labels)) if chosen.get("all") else sorted(linked)
    yield b'digraph events {\n  rankdir=LR;\n  node [shape=box, fontname="sans-serif"];\n'
    yield "".join(f"  e{number} [label={_quoted(*labels[number])}];\n" for number in drawn).encode()
    missing = {cause: at for at, cause in enumerate(dict.fromkeys(each for _, each, _ in edges if each not in names))}
    yield "".join(
        f"  m{at} [label={_quoted(cause, 'not in this export')}, style=dashed];\n" for cause, at in missing.items()
    ).encode()
    for how, cause, effect in dict.fromkeys(edges):
        start = f"e{names[cause]}" if cause in names else f"m{missing[cause]}"
        style = "" if how == "parent" else f" [label={_quoted(how)}, style=dotted]"
        yield f"  {start} -> e{effect}{style};\n".encode()
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
