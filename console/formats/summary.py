"""What an event did, in a few words, made from its own document by templates that a system declares for each type.

A template is a text with paths in braces, ``approved[ {approvedAmount}][ {currency}]``. A part in brackets stands only
where all its paths have values. What no template fits is shown by its first plain values. All of it is foreign text.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from console.formats.json.strict import decode

LONGEST = 300
"""Characters of a summary."""
_PART = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_PATH = re.compile(r"\{([\w.]+)\}")
_FEW = 3
"""Values of a list, or of a document without a template, that are shown."""


def summary(templates: Mapping[str, str], type: str, document: Mapping[str, Any]) -> str:
    """The summary of an event of this type with this document (its payload); '' where there is nothing to show."""
    template = templates.get(type)
    text = "" if template is None else filled(template, document)
    return (text or ", ".join(islice(_plain(document), _FEW)))[:LONGEST]


def filled(template: str, document: Mapping[str, Any]) -> str:
    """A template with the document's values; '' where a part that must stand misses one."""
    text = []
    for optional, needed in _PART.findall(template):
        part = optional or needed
        values = {path: _shown(_at(document, path)) for path in _PATH.findall(part)}
        if all(values.values()):
            text.append(_PATH.sub(lambda match, values=values: values[match[1]], part))  # type: ignore[misc]  # bound now
        elif needed:
            return ""
    return "".join(text).strip()


def object_of(value: Any) -> Mapping[str, Any]:
    """An object, also one that a table's cell holds as JSON; {} for anything else."""
    if isinstance(value, str) and value.startswith("{"):
        value = decode(value.encode("utf-8", "surrogatepass")).document
    return value if isinstance(value, Mapping) else {}


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _plain(document: Mapping[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, str | int | float) and (text := _shown(value)):
            yield f"{name} {text}"


def _shown(value: Any) -> str:
    """A value in a few words; '' for none."""
    match value:
        case None | "" | [] | {}:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}" if abs(value) < 10**18 else f"{value:.3e}" if abs(value) < 10**300 else "a huge number"
        case float():
            return f"{value:,.10g}"
        case str():
            return value
        case list():
            more = f" and {len(value) - _FEW:,} more" if len(value) > _FEW else ""
            return ", ".join(filter(None, map(_shown, value[:_FEW]))) + more
        case Mapping():
            return ", ".join(islice(_plain(value), _FEW))
    return ""
