"""Which scanner runs: the compiled one where it is installed, the pure one on demand, and none before it is needed."""

import os
import subprocess
import sys

import pytest

from tests.support.places import ROOT
from tests.support.scanners import SCANNERS


def _python(code: str, **environment: str) -> str:
    cleared = {name: value for name, value in os.environ.items() if name != "AUDIT_CONSOLE_SCANNER"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**cleared, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("wanted", ["", "pure", SCANNERS[-1].NAME])
def test_the_environment_chooses(wanted: str) -> None:
    code = "from console.formats.json import scan, strict; print(scan.SCANNER, strict.decode(b'{\"a\":1}').document)"
    assert _python(code, AUDIT_CONSOLE_SCANNER=wanted) == f"{wanted or SCANNERS[-1].NAME} {{'a': 1}}"


def test_without_a_compiled_one_the_pure_one_runs() -> None:
    code = "import sys; sys.modules['console.formats.json.native_scan'] = None; from console.formats.json import scan"
    assert _python(code + "; print(scan.SCANNER)") == "pure"


def test_a_version_is_printed_without_a_scanner() -> None:
    code = (
        "import sys; import console; from console.__main__ import main\n"
        "sys.argv = ['audit-console', '--version']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('console.') and 'scan' in name])"
    )
    assert _python(code).splitlines()[-1] == "[]"
