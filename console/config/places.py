"""Where the console keeps its files.

Places know the settings, which may name one; settings know no places: which file they are read from is given to them.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from console.config.settings import Settings, load

NAME = "audit-console"


@dataclass(frozen=True, slots=True)
class Places:
    """Folders by purpose: what can be rebuilt (cache), what cannot (state, data); ``config`` is the operator's file."""

    config: Path
    cache: Path
    state: Path
    data: Path

    @property
    def memory(self) -> Path:
        """What was seen of each ledger."""
        return self.state / "witness"

    @property
    def custody(self) -> Path:
        """What was done with the console."""
        return self.state / "custody"


def places() -> Places:
    """The user's folders by the platform's rules (XDG on Linux)."""
    from platformdirs import PlatformDirs

    folders = PlatformDirs(NAME, appauthor=False)
    return Places(
        folders.user_config_path / "config.toml",
        folders.user_cache_path,
        folders.user_state_path,
        folders.user_data_path,
    )


def settings_in_force(config: str | None = None) -> Settings:
    """The settings of the environment and of ``config`` (default: the user's file). Raises ``SettingsError``; also
    where ``config`` is named and cannot be read."""
    return load(Path(config) if config else places().config, must_exist=bool(config))


def index_path(paths: Iterable[str], folder: Path | None = None) -> Path:
    """The index of these ledgers; default: in the cache folder.

    Whatever is in one folder, or that folder itself, has the index of that folder, so that no ledger is indexed again
    for another choice of paths; of several folders, that of all of them together.
    """
    return _index(sorted({_home(path) for path in paths}), "", folder)


def index_apart(paths: Iterable[str], folder: Path | None = None) -> Path:
    """The index of just these paths: used while another process writes the other one for other paths."""
    return _index(sorted({os.path.abspath(path) for path in paths}), "apart", folder)  # noqa: PTH100


def _home(path: str) -> str:
    """The folder that a path is, or is in; not through symbolic links."""
    absolute = os.path.abspath(path)  # noqa: PTH100
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)  # noqa: PTH112, PTH120


def _index(absolute: list[str], purpose: str, folder: Path | None) -> Path:
    """Named by a hash of absolute paths."""
    digest = hashlib.sha256("\0".join([purpose, *absolute]).encode("utf-8", "surrogateescape")).hexdigest()
    first = re.sub(r"[^A-Za-z0-9]+", "-", Path(absolute[0]).name).strip("-")[:32] if absolute else ""
    return (folder or places().cache) / f"{first or 'index'}-{digest[:16]}.sqlite"
