"""The scanner that runs: the compiled one where the installation could build it, unless the environment chooses.

A wheel without a compiler must work, and both must be testable on one machine: the choice is made once, here.
"""

import importlib
import os
from typing import Any

from console.formats.json import pure_scan


def _choice() -> Any:
    choice = os.environ.get("AUDIT_CONSOLE_SCANNER")
    if choice == "pure":
        return pure_scan
    try:
        return importlib.import_module("console.formats.json.native_scan")
    except ImportError:
        if choice == "native":
            raise
        return pure_scan


scanner = _choice()
SCANNER: str = scanner.NAME
"""``native`` or ``pure``."""
