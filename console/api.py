"""The one import for programs: what the systems' documents name as functions.

    from console.api import EventLog, get_events_by_run, validate_event_integrity, emit_event

Each system's module declares its functions (``__all__``); they are loaded when one is asked for. Reading functions have
a second form that begins with ``a`` for programs that must not wait. What is wrong is a ``LibraryError``; a writer that
refuses a record raises ``RefusedError``, with the findings that it would have had.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_ROOM = "console.library"
_ERRORS = ("LibraryError", "RefusedError")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever a system declares
    if name == "__all__":
        return sorted(declared())
    module = declared().get(name)
    if module is None:
        raise AttributeError(f"console.api has no {name!r}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(declared())


@cache
def declared() -> dict[str, ModuleType]:
    """Modules by the names that they declare."""
    from console.formats.registry import own_names

    errors = import_module(f"{_ROOM}.errors")
    found = dict.fromkeys(_ERRORS, errors)
    for system in own_names():
        if find_spec(f"{_ROOM}.{system}") is not None:
            module = import_module(f"{_ROOM}.{system}")
            found |= dict.fromkeys(module.__all__, module)
    return found
