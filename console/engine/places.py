"""Where the console keeps its files, and the few settings that an operator may make."""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAME = "audit-console"


@dataclass(frozen=True, slots=True)
class Places:
    """Folders by purpose: what can be rebuilt (cache), what cannot (state, data), and what the operator writes."""

    config: Path
    cache: Path
    state: Path
    data: Path


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


def index_path(paths: Iterable[str]) -> Path:
    """The index of these ledgers, in the cache folder: named by a hash of their absolute paths, in any order."""
    absolute = sorted({os.path.abspath(path) for path in paths})  # noqa: PTH100 - not through symbolic links
    digest = hashlib.sha256("\0".join(absolute).encode("utf-8", "surrogateescape")).hexdigest()
    first = re.sub(r"[^A-Za-z0-9]+", "-", Path(absolute[0]).name).strip("-")[:32] if absolute else ""
    return places().cache / f"{first or 'index'}-{digest[:16]}.sqlite"
