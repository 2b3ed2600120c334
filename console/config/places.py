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
    """The index of these ledgers: named by a hash of their absolute paths, in any order; default: the cache folder."""
    absolute = sorted({os.path.abspath(path) for path in paths})  # noqa: PTH100 - not through symbolic links
    digest = hashlib.sha256("\0".join(absolute).encode("utf-8", "surrogateescape")).hexdigest()
    first = re.sub(r"[^A-Za-z0-9]+", "-", Path(absolute[0]).name).strip("-")[:32] if absolute else ""
    return (folder or places().cache) / f"{first or 'index'}-{digest[:16]}.sqlite"
