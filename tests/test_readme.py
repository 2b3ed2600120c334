"""What the README says of keys, commands, filters, formats and codes is there, and nothing of it is left out."""

import re
from collections.abc import Iterator
from importlib import import_module

import click
import pytest

from console.app.actions import ACTIONS
from console.cli.main import commands
from console.cli.names import COMMANDS
from console.cli.report import report_command
from console.formats.registry import all_formats, reports, stream_kinds
from console.model.trust import Trust
from console.store.filter import field_names, parse
from tests.support.places import ROOT

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def rows(title: str) -> Iterator[list[str]]:
    for line in section(title).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


WHERE = {
    "Overview": "overview",
    "Stream": "stream",
    "Chain walk": "walk",
    "Replay": "replay",
    "Report": "report",
    "Causality": "causality",
    "Findings": "findings",
    "Details": "details",
}


def test_keys() -> None:
    named: set[tuple[str, str]] = set()
    where = ""
    for place, keys, _ in list(rows("Keys"))[1:]:
        where = place or where
        for key in re.findall(r"`([^`]+)`", keys):
            fits = [action for action in ACTIONS if key in (action.key, *_shown(action.keys))]
            if where in WHERE:
                fits = [action for action in fits if WHERE[where] in action.where]
            assert fits, f"{where}: there is no key {key}"
            named.update((action.id, action.group) for action in fits)
    for action in ACTIONS:
        if action.rank or action.local:
            assert (action.id, action.group) in named or action.id in ("app.help", "app.command_palette"), action.id


def _shown(keys: tuple[str, ...]) -> list[str]:
    from console.app.actions import shown_key

    return [shown_key(key) for key in keys]


def below(command: click.Command) -> list[click.Command]:
    """The commands of a group."""
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    found = [command.get_command(context, name) for name in command.list_commands(context)]
    return [each for each in found if each is not None]


def test_commands_and_options() -> None:
    named = re.findall(r"audit-console ([a-z]+) ?[A-Z`]", section("Commands"))
    assert set(COMMANDS) <= set(named)
    options = {"--help", "--version"}
    for name in (*COMMANDS, "open", *reports()):
        command = report_command(name) if name in reports() else import_module(f"console.cli.{name}").command
        assert command is not None
        for one in (command, *below(command)):
            for parameter in one.params:
                options.update(each for each in parameter.opts if each.startswith("--"))
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT)) - {"--update-golden"}
    assert said <= options
    assert options - said <= {"--help", "--version"}
    assert commands.name == "audit-console"


def test_exit_codes() -> None:
    from console.cli import names
    from console.engine.verify.verdict import Verdict

    named = {int(code) for code, *_ in rows("Commands") if code.isdecimal()}
    known = {*(each.exit_code for each in Verdict), names.USAGE, names.UNVERIFIED, names.INTERRUPTED, names.PIPE_CLOSED}
    assert named == known


def test_filters() -> None:
    text = section("Filter")
    for name in field_names():
        if name not in stream_kinds():
            assert f"`{name}:" in text, name
    for cells in list(rows("Filter"))[1:]:
        for term in re.findall(r"`([^`]+)`", cells[0]):
            if not term.endswith(":"):
                parse(term)
    for kind in re.findall(r"`([a-z]+):`", text):
        assert kind in field_names()


def test_trust_states() -> None:
    said = {word: glyph for glyph, word, _ in list(rows("Trust"))[1:]}
    assert said == {trust.word: trust.glyph for trust in Trust}


HEAD = "| format | ledgers | profiles: what the hash covers | not covered |\n|---|---|---|---|\n"


def table_of_systems() -> str:
    """The rows of the table of what is read, from what the formats declare."""
    lines = []
    for form in all_formats():
        first = f"| {form.name} | {form.ledgers} |"
        for profile in form.profiles:
            covered = ", ".join(profile.coverage.covered) or "nothing"
            uncovered = ", ".join(profile.coverage.uncovered) or "–"
            lines.append(f"{first} `{profile.name}`: {covered} | {uncovered} |\n")
            first = "| | |"
        if not form.profiles:
            lines.append(f"{first} no hash | everything |\n")
    return "".join(lines)


def test_systems_profiles_and_coverage(pytestconfig: pytest.Config) -> None:
    """``pytest --update-golden`` writes the rows anew."""
    generated(HEAD, table_of_systems(), pytestconfig)


def generated(head: str, table: str, pytestconfig: pytest.Config) -> None:
    """Below its head stand these rows of a table and no others."""
    before, head, rest = README.read_text(encoding="utf-8").partition(head)
    after = re.sub(r"\A(?:\|.*\n)*", "", rest)
    made = before + head + table + after
    if pytestconfig.getoption("--update-golden"):
        README.write_text(made, encoding="utf-8")
    assert head and made == README.read_text(encoding="utf-8")


REPORTS = "| report | of | shows |\n|---|---|---|\n"


def table_of_reports() -> str:
    """The rows of the table of reports, from what the formats declare."""
    return "".join(
        f"| `audit-console {name} PATH…` | {form.name} | {report.summary} |\n"
        for name, (form, report) in reports().items()
    )


def test_reports(pytestconfig: pytest.Config) -> None:
    """``pytest --update-golden`` writes the rows anew."""
    generated(REPORTS, table_of_reports(), pytestconfig)


def test_settings_are_those_of_the_file() -> None:
    import tomllib
    from dataclasses import fields

    from console.config.settings import Settings

    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert set(tomllib.loads(example)) == {field.name for field in fields(Settings)}


def test_the_map_of_the_house() -> None:
    text = section("For contributors")
    rooms = {path.parent.name for path in (ROOT / "console").glob("*/__init__.py")}
    assert set(re.findall(r"^  ([a-z]+)(?:/|\.py) ", text, re.MULTILINE)) == rooms | {"api", "text"}
    inner = {path.parent.name for path in (ROOT / "console/engine").glob("*/__init__.py")}
    systems = {form.name for form in all_formats()}
    inner |= {path.parent.name for path in (ROOT / "console/formats").glob("*/__init__.py")} - systems
    assert set(re.findall(r"^    ([a-z]+)/ ", text, re.MULTILINE)) == inner
