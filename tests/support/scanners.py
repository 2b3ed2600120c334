"""The scanners that there are on this machine, for tests that hold for each of them."""

import importlib
from types import ModuleType

from console.formats.json import pure_scan


def _scanners() -> list[ModuleType]:
    try:
        return [pure_scan, importlib.import_module("console.formats.json.native_scan")]
    except ImportError:
        return [pure_scan]


SCANNERS = _scanners()
"""The pure one, and the compiled one where a compiler was at hand (``AUDIT_CONSOLE_SCANNER=native`` insists on it)."""
