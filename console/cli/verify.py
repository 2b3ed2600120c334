"""``audit-console verify``: prove what can be proved, and exit with a code."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from console.cli.names import UNVERIFIED
from console.cli.options import common, micros, paths, settings_in_force
from console.cli.output import Paint, Ticker, out_json, say
from console.model.trust import Severity

if TYPE_CHECKING:
    from console.engine.api import Options, Verification, VerifiedSoFar

FAIL_ON = ("note", "warning", "error", "critical")


class OneOf(click.ParamType[str]):
    """A name out of those that formats declare. They are asked when the option is used, not when commands start."""

    name = "name"

    def __init__(self, known: Callable[[], Sequence[str]]) -> None:
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self._known():
            self.fail(f"{value!r} is not known; known are {', '.join(self._known())}", param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "NAME"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in self._known() if name.startswith(incomplete)]


def _profiles() -> list[str]:
    from console.engine.api import profiles

    return [each.name for each in profiles()]


def _answers() -> list[str]:
    from console.engine.api import answer_names

    return answer_names()


def _executor(ctx: click.Context, param: click.Parameter, name: str) -> str:
    from console.engine.api import is_executor

    if name != "processes" and not is_executor(name):
        raise click.BadParameter(f"{name!r} is not known; known are processes, inline and dask://HOST:PORT", ctx, param)
    return name


@click.command("verify")
@paths
@click.option("--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True)
@click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
@click.option(
    "--profile",
    type=OneOf(_profiles),
    help="Check hashes under this profile instead of the one that is settled (`audit-console formats` lists them).",
)
@click.option(
    "--as",
    "answer",
    type=OneOf(_answers),
    help="Answer in the words of the ledger's own system (`audit-console formats` lists the answers).",
)
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True, help="Severity that fails.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), metavar="N", help="Processes.  [default: the setting, or all cores]"
)
@click.option(
    "--executor",
    default="processes",
    show_default=True,
    metavar="NAME",
    callback=_executor,
    help="Where ledgers are verified: processes, inline (no other process), or a cluster, dask://HOST:PORT.",
)
@click.option("--now", callback=micros, metavar="ISO", help="The clock of the checks.")
@common
def command(
    paths: list[str],
    form: str,
    stream: str | None,
    profile: str | None,
    answer: str | None,
    fail_on: str,
    jobs: int | None,
    executor: str,
    now: int | None,
    config: str | None,
    no_color: bool,
    **_: Any,
) -> int:
    """Verify ledgers from their raw bytes, report, and exit with a code.

    \b
    0    something was verified, and nothing at or above --fail-on was found
    1    findings at or above it
    2    usage
    3    could not verify: nothing recognised, unreadable, incomplete
    130  interrupted
    """
    from console.engine.api import ExecutorError, Options, broken_formats, profiles, report

    options = Options(profile, now, stream)
    try:
        verification = _verified(paths, options, executor, jobs or settings_in_force(config).jobs, answer)
    except ExecutorError as error:
        say(str(error))
        return UNVERIFIED
    for each in broken_formats():
        say(each.why)
    severity = Severity[fail_on.upper()]
    if answer:
        return _answer(verification, stream, answer, severity)
    result = report(verification, fail_on=severity, stream=stream)
    if stream is not None and not result["ledgers"]:
        say(f"There is no stream {stream} here; `audit-console streams` lists them.")
    if form == "json":
        out_json(result)
    elif form == "jsonl":
        for each in result["findings"]:
            out_json(each)
        out_json({key: value for key, value in result.items() if key != "findings"})
    else:
        from console.cli.verify_text import print_report

        print_report(result, severity, Paint(no_color), profiles())
    return int(result["exit_code"])


def _verified(
    paths: Sequence[str], options: "Options", executor: str, jobs: int | None, answer: str | None
) -> "Verification":
    from console.engine.api import verify

    with Ticker("verifying") as ticker:

        def progress(at: "VerifiedSoFar") -> None:
            counts = f" {at.records:,} events, {at.broken:,} broken" if at.records else ""
            ticker.show(at.ledger + counts)

        return asyncio.run(verify(paths, options, executor=executor, jobs=jobs, answer=answer, progress=progress))


def _answer(verification: "Verification", stream: str | None, name: str, fail_on: Severity) -> int:
    """Print what the ledger's own system answers. The exit code is the console's own verdict."""
    from console.engine.api import NoSuchStreamError, SeveralStreamsError, answer

    for each in verification.skipped:
        say(f"{each.path}: {each.finding.message}")
    try:
        found = answer(verification, name, stream, fail_on=fail_on)
    except SeveralStreamsError as error:
        raise click.UsageError(str(error)) from error
    except NoSuchStreamError as error:
        say(str(error))
        return UNVERIFIED
    out_json(found.body)
    if found.differs:
        say(found.differs)
    return found.exit_code
