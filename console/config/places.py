"""Where the console keeps its files, and the few settings that an operator may make."""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAME = "audit-console"
ENVIRONMENT = "AUDIT_CONSOLE_"
"""Begins the name of every environment variable that is a setting."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders by purpose: what can be rebuilt (cache), what cannot (state, data), and what the operator writes."""

    config: Path
    cache: Path
    state: Path
    data: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set, in the configuration file or the environment.

    ``theme`` is 'auto', 'dark' or 'light'; ``index_folder`` is where indexes are kept, None for the cache folder;
    ``jobs`` is how many processes verify.
    """

    theme: str = "auto"
    index_folder: Path | None = None
    jobs: int = 1


class SettingsError(Exception):
    """A setting that cannot be used. The message is for people: where it stands, which one, what is wrong."""


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


def settings(config: str | None = None) -> Settings:
    """The settings in force: the environment's, then those of ``config`` (default: the user's file), then defaults.

    Raises ``SettingsError``; also where ``config`` is named and cannot be read.
    """
    file = Path(config) if config else places().config
    if not config and not file.exists() and not any(name.startswith(ENVIRONMENT) for name in os.environ):
        return Settings()
    # Half of a quick command's time goes into this import: only where something is set.
    from console.config.settings import load

    return load(file, must_exist=bool(config))


def index_path(paths: Iterable[str], folder: Path | None = None) -> Path:
    """The index of these ledgers: named by a hash of their absolute paths, in any order; default: the cache folder."""
    absolute = sorted({os.path.abspath(path) for path in paths})  # noqa: PTH100 - not through symbolic links
    digest = hashlib.sha256("\0".join(absolute).encode("utf-8", "surrogateescape")).hexdigest()
    first = re.sub(r"[^A-Za-z0-9]+", "-", Path(absolute[0]).name).strip("-")[:32] if absolute else ""
    return (folder or places().cache) / f"{first or 'index'}-{digest[:16]}.sqlite"
