"""Reads the settings. Slow to import: ``places.settings`` does so only where something is set."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from console.config.places import ENVIRONMENT, Settings, SettingsError


def _folder(path: Path) -> Path:
    full = path.expanduser()
    if not full.is_absolute():
        raise ValueError("it should be an absolute path, or begin with ~")
    return full


class _Read(BaseSettings):
    """The fields of ``Settings`` with what they may hold. The environment goes before the file.

    Keys of the file that are not known are refused. Variables that are not known are not: a cluster sets its own
    under any prefix.
    """

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT, env_ignore_empty=True, extra="forbid")

    theme: Literal["auto", "dark", "light"] = "auto"
    index_folder: Annotated[Path, AfterValidator(_folder)] | None = None
    jobs: Annotated[int, Field(ge=1, le=64)] = 1


def load(file: Path, *, must_exist: bool) -> Settings:
    """The settings of the environment and of ``file``. Raises ``SettingsError``."""
    if must_exist and not file.is_file():
        raise SettingsError(f"{file}: there is no such configuration file")

    class Both(_Read):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls, file)

    try:
        read = Both()
    except ValidationError as error:
        raise SettingsError("; ".join(_words(file, cast(dict[str, Any], each)) for each in error.errors())) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror or error}") from None
    return Settings(read.theme, read.index_folder, read.jobs)


def _words(file: Path, error: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{file}: there is no setting {key!r}; known are {', '.join(_Read.model_fields)}"
    variable = ENVIRONMENT + key.upper()
    where = variable if os.environ.get(variable) else f"{file}: {key}"
    said = str(error["msg"]).removeprefix("Value error, ").replace("Input should", "it should")
    return f"{where}: {error['input']!r} cannot be used: {said}"
