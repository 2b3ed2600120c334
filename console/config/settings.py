"""What an operator may set.

Each setting stands once: its field, its default and its check. The checks are a few lines of our own, because a library
for them costs more at the start of a command than the command.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from console.config.roles import ROLES

ENVIRONMENT = "AUDIT_CONSOLE_"
"""Begins the name of every environment variable that is a setting."""


class SettingsError(Exception):
    """A setting that cannot be used. The message is for people: where it stands, which one, what is wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force."""

    theme: str = "auto"
    """``auto``, ``dark`` or ``light``."""
    index_folder: Path | None = None
    """Folder of the indexes, None for the cache folder."""
    jobs: int | None = None
    """Processes that verify, None for the command's default."""
    key_file: Path | None = None
    """File with the key of encrypted events: 32 bytes, raw, in hex or base64, or a JWK."""
    rules_file: Path | None = None
    """File with the rules of who may do what, in place of those that come with a format."""
    bell: bool = True
    """Ring the terminal's bell when trust gets worse while the console watches."""
    custody: bool = True
    """Record what is done with the console."""
    roles: tuple[tuple[str, str], ...] = ()
    """Roles of users by their names, ``*`` for all others; without any, everybody is an auditor."""
    origins: tuple[tuple[str, str], ...] = ()
    """Names of ledgers for the memory, by glob over real paths: by its name a ledger is known in every place."""


def _theme(value: object) -> str:
    if value not in ("auto", "dark", "light"):
        raise ValueError("it should be auto, dark or light")
    return str(value)


def _absolute(value: object) -> Path:
    folder = Path(value).expanduser() if isinstance(value, str) else Path()
    if not folder.is_absolute():
        raise ValueError("it should be an absolute path, or begin with ~")
    return folder


def _jobs(value: object) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 64:
        raise ValueError("it should be a number from 1 to 64")
    return number


def _switch(value: object) -> bool:
    known = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
    chosen = value if isinstance(value, bool) else known.get(value.lower()) if isinstance(value, str) else None
    if chosen is None:
        raise ValueError("it should be true or false")
    return chosen


def _origins(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        value = json.loads(value)  # from the environment
    if not isinstance(value, dict) or not all(isinstance(name, str) and name for name in value.values()):
        raise ValueError("it should be a table of globs and names")
    return tuple(value.items())


def _roles(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        value = json.loads(value)  # from the environment
    if not isinstance(value, dict) or not all(role in ROLES for role in value.values()):
        raise ValueError(f"it should be a table of users and their roles: {', '.join(ROLES)}")
    return tuple(value.items())


_CHECKS: dict[str, Callable[[object], Any]] = {
    "theme": _theme,
    "index_folder": _absolute,
    "key_file": _absolute,
    "rules_file": _absolute,
    "jobs": _jobs,
    "bell": _switch,
    "custody": _switch,
    "roles": _roles,
    "origins": _origins,
}


def load(file: Path, *, must_exist: bool = False) -> Settings:
    """The settings of the environment, then those of ``file`` (TOML), then defaults. Raises ``SettingsError``.

    Keys of the file that are not known are refused. Variables that are not known are not: a cluster sets its own under
    any prefix.
    """
    chosen: dict[str, Any] = {}
    for name, value in _of_file(file, must_exist).items():
        if name not in _CHECKS:
            raise SettingsError(f"{file}: there is no setting {name!r}; known are {', '.join(_CHECKS)}")
        chosen[name] = f"{file}: {name}", value
    for name in (field.name for field in fields(Settings)):
        variable = ENVIRONMENT + name.upper()
        if value := os.environ.get(variable):
            chosen[name] = variable, value
    return Settings(**{name: _checked(name, *found) for name, found in chosen.items()})


def _of_file(file: Path, must_exist: bool) -> dict[str, Any]:
    if not file.exists():
        if must_exist:
            raise SettingsError(f"{file}: there is no such configuration file")
        return {}
    import tomllib  # most starts have no file

    try:
        return tomllib.loads(file.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror or error}") from None


def _checked(name: str, where: str, value: object) -> Any:  # noqa: ANN401 - as many types as settings
    try:
        return _CHECKS[name](value)
    except ValueError as error:
        raise SettingsError(f"{where}: {value!r} cannot be used: {error}") from None
