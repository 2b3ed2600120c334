"""Settings: the configuration file, the environment, and what is said of mistakes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from console.config.places import settings_in_force as settings
from console.config.settings import Settings, SettingsError
from tests.cli.conftest import Result
from tests.support.cli_cases import intact

Call = Callable[..., Result]


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "config/audit-console/config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_nothing_set(home: Path) -> None:
    assert settings() == Settings("auto", None, None)


def test_file_environment_and_another_file(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file.write_text('theme = "light"\njobs = 2\nindex_folder = "~/indexes"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings() == Settings("light", tmp_path / "indexes", 2)
    monkeypatch.setenv("AUDIT_CONSOLE_JOBS", "3")
    monkeypatch.setenv("AUDIT_CONSOLE_SERVICE_HOST", "10.0.0.1")
    assert settings().jobs == 3
    other = tmp_path / "other.toml"
    other.write_text('theme = "dark"\n')
    assert settings(str(other)) == Settings("dark", None, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('bell = "loud"\n', "bell: 'loud' cannot be used: it should be true or false"),
        ('theme = "pink"\n', "theme: 'pink' cannot be used"),
        ("jobs = 0\n", "jobs: 0 cannot be used"),
        ('jobs = "many"\n', "jobs: 'many'"),
        ('index_folder = "here"\n', "absolute path"),
        (
            'colour = "red"\n',
            "there is no setting 'colour'; known are theme, index_folder, ",
        ),
        ("theme = \n", "not TOML"),
        ("\udcff", "not TOML"),
    ],
)
def test_mistakes_in_the_file(file: Path, call: Call, text: str, words: str) -> None:
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(SettingsError) as error:
        settings()
    assert str(error.value).startswith(str(file))
    assert words in str(error.value)
    intact(Path("a.jsonl"))
    result = call("verify", "a.jsonl")
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_a_mistake_in_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_CONSOLE_JOBS", "x\x1b[31m")
    result = call("verify", ".")
    assert result.code == 2
    assert "AUDIT_CONSOLE_JOBS: " in result.err
    assert "\x1b" not in result.err


WRONG_FILES = {
    "rules_file": {
        None: "there is no such file",
        b"{": "not JSON",
        b"": "not JSON",
        b"[]": "an object",
        b"\xff": "UTF-8",
    },
    "key_file": {None: "there is no such file", bytes(70_000): "larger than 64 KiB"},
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_file_of_a_setting_that_cannot_be_used(
    call: Call, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from console.cli.names import COMMANDS

    intact(Path("a.jsonl"))
    named = tmp_path / "named"
    variable = f"AUDIT_CONSOLE_{name.upper()}"
    for content, words in WRONG_FILES[name].items():
        if content is not None:
            named.write_bytes(content)
        monkeypatch.setenv(variable, str(named))
        result = call("verify", "a.jsonl")
        assert (result.code, result.out) == (2, ""), content
        assert f"{name} {named}: " in result.err and words in result.err
        assert result.err.count("\n") == 1 and call("gates", "a.jsonl").code == 2
    monkeypatch.delenv(variable)
    Path("bad.toml").write_text(f'{name} = "/nope.json"\n')
    for command in COMMANDS:
        result = call(command, *ARGUMENTS.get(command, []), "--config", "bad.toml")
        assert (result.code, result.out) == (2, ""), command
        assert f"{name} /nope.json: there is no such file" in result.err, command
    file.write_text(f'{name} = "/nope.json"\n')
    assert call("a.jsonl").code == 2


ARGUMENTS = {
    "explain": ["chain.fork"],
    "completion": ["bash"],
    "drill": ["drill"],
    "export": ["csv", "-o", "-"],
    "state": ["--stream", "x"],
    "trace": ["x"],
}


def test_every_command_reads_the_named_file(call: Call) -> None:
    from console.cli.names import COMMANDS

    Path("bad.toml").write_text("colour = 1\n")
    for command in COMMANDS:
        argument = ARGUMENTS.get(command, [])
        result = call(command, *argument, "--config", "bad.toml")
        assert (result.code, result.out) == (2, ""), command
        assert "bad.toml: there is no setting 'colour'" in result.err
        assert "no such configuration file" in call(command, *argument, "--config", "nosuch").err


def test_the_index_folder_is_used(call: Call, home: Path, tmp_path: Path) -> None:
    intact(Path("a.jsonl"))
    Path("c.toml").write_text(f'index_folder = "{tmp_path / "elsewhere"}"\n')
    for command in ("ledgers", "streams", "events"):
        assert call(command, "a.jsonl", "--config", "c.toml").code == 0
    (index,) = (tmp_path / "elsewhere").glob("*.sqlite")
    assert not (home / "cache").exists()
    assert f"index     {index}\n" in call("locate", "a.jsonl", "--config", "c.toml").out
    assert "config    c.toml\n" in call("locate", "a.jsonl", "--config", "c.toml").out
    index.write_bytes(b"damage" * 1000)
    assert call("ledgers", "a.jsonl", "--config", "c.toml").code == 0, "an index of the console's own is made again"


def test_the_themes_that_can_be_set_are_there() -> None:
    from console.app.theme import THEMES

    assert {theme.name for theme in THEMES} == {"console-dark", "console-light"}
