"""Fixtures that every test may use."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.full_disk import may_mount, small_file_system
from tests.support.places import CASES, REAL

AT_HAND = {"real": REAL.is_dir, "cases": CASES.is_dir, "small_disk": may_mount}
"""Fixtures that stand for something that not every machine has. Tests that need one that is not at hand are deselected:
others prove the same with ledgers of tests/data and tests/support/writers; these are more evidence."""

# A busy machine is slow; what fails can be run again from its report. The same code is asked the same every time:
# ``--hypothesis-profile explore`` looks for more.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("tests", settings.get_profile("explore"), derandomize=True)
settings.load_profile("tests")
for _name in ("COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
    # Readline puts the first two into the environment of a parallel run; the commands would take them for their
    # terminal's. With the third one, each of some thousand processes would compile all modules again.
    os.environ.pop(_name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden screens again instead of comparing")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Coverage is that of the quick tests: the slow ones would take twice their time."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")
    _deselect_what_is_not_at_hand(config, items)


def _deselect_what_is_not_at_hand(config: pytest.Config, items: list[pytest.Item]) -> None:
    needed: dict[str, list[pytest.Item]] = {name: [] for name in AT_HAND}
    for item in items:
        for name in AT_HAND.keys() & getattr(item, "fixturenames", ()):
            needed[name].append(item)
    without = {item for name, those in needed.items() if those and not AT_HAND[name]() for item in those}
    if without:
        config.hook.pytest_deselected(items=[*without])
        items[:] = [item for item in items if item not in without]


@pytest.fixture(scope="session", autouse=True)
def a_home_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings, caches and the memory of whoever runs the tests are neither read nor written."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        os.environ[f"XDG_{name}_HOME"] = str(folder / name.lower())


@pytest.fixture(scope="session")
def real() -> Path:
    """Ledgers written by the real systems."""
    return REAL


@pytest.fixture(scope="session")
def cases() -> Path:
    """Small inputs on which something once went wrong."""
    return CASES


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    with small_file_system(tmp_path / "small") as folder:
        yield folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """HOST:PORT of a real cluster of two processes; what kills one waits until there is another."""
    from tests.support.executors import local_cluster

    with local_cluster() as address:
        yield address


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, also if none was."""
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.write_line(f"skipped: {len(skipped)}")
