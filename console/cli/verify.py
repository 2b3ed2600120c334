"""``audit-console verify``: prove what can be proved, and exit with a code."""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from console.cli.names import UNVERIFIED
from console.cli.options import common, memory_place, micros, paths, settings_in_force
from console.cli.output import Paint, Ticker, out_json, say
from console.cli.recording import outcome
from console.model.trust import Severity
from console.model.words import count

if TYPE_CHECKING:
    from console.engine.api import MemoryPlace, Options, Policy, Verification, VerifiedSoFar

MOST = 200
"""Ledgers whose verdicts are recorded."""
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


def _hash(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    if text is not None and not re.fullmatch("[0-9a-fA-F]{16,128}", text):
        raise click.BadParameter(f"{text!r} is no hash in hexadecimal digits", ctx, param)
    return text and text.lower()


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
    "--allow",
    "allowed",
    type=click.Choice(["linked"]),
    multiple=True,
    help="Accept events whose link holds and whose hash could not be reproduced: they do not make it incomplete.",
)
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
@click.option(
    "--expect-count",
    "count_kept",
    type=click.IntRange(0),
    metavar="N",
    help="There were at least N events, in the ledger or in the --stream: fewer are a finding.",
)
@click.option(
    "--expect-head",
    "head_kept",
    metavar="HASH",
    callback=_hash,
    help="The stored hash of the last event when it was kept, of the N-th with --expect-count; where there are no"
    " hashes, the root that `memory` prints.",
)
@click.option(
    "--search",
    type=click.Choice(["normal", "thorough"]),
    default="normal",
    show_default=True,
    help="How far to search for what a hash covers and the ledger does not store; thorough may take minutes an event.",
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
    allowed: tuple[str, ...],
    jobs: int | None,
    executor: str,
    count_kept: int | None,
    head_kept: str | None,
    search: str,
    now: int | None,
    config: str | None,
    no_color: bool,
    **_: Any,
) -> int:
    """Verify ledgers from their raw bytes, report, and exit with a code.

    \b
    0    intact, or consistent: no hash protects these events, and nothing contradicts them
    1    findings at or above --fail-on; a broken event always
    2    usage
    3    incomplete: not everything was read and checked, or nothing was recognised
    130  interrupted
    """
    from console.engine.api import ExecutorError, Options, Policy, broken_formats, profiles, report

    options = Options(profile, now, stream, search)
    try:
        place = memory_place(config)
        verification = _verified(paths, options, executor, jobs or settings_in_force(config).jobs, answer, place)
    except ExecutorError as error:
        say(str(error))
        return UNVERIFIED
    for each in broken_formats():
        say(each.why)
    if count_kept is not None or head_kept is not None:
        verification = _compared(verification, count_kept, head_kept, stream)
    policy = Policy(Severity[fail_on.upper()], "linked" in allowed)
    if answer:
        return _answer(verification, stream, answer, policy)
    result = report(verification, policy, stream=stream)
    outcome(
        result["verdict"],
        ledgers=[{name: each[name] for name in ("path", "sha256", "verdict")} for each in result["ledgers"][:MOST]],
    )
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

        print_report(result, Paint(no_color), profiles())
    return int(result["exit_code"])


def _verified(
    paths: Sequence[str],
    options: "Options",
    executor: str,
    jobs: int | None,
    answer: str | None,
    memory: "MemoryPlace | None",
) -> "Verification":
    from console.engine.api import verify

    with Ticker("verifying", "searching" if options.search == "thorough" else "") as ticker:

        def progress(at: "VerifiedSoFar") -> None:
            of = f"{at.done:,} of {count(at.found, 'ledger')}{' found so far' if at.searching else ''}, "
            broken = f", {at.broken:,} broken so far" if at.broken else ""
            events = f" {count(at.records, 'event')}" if at.records else ""
            ticker.show((of if at.found > 1 else "") + at.ledger + events + broken)

        return asyncio.run(
            verify(paths, options, executor=executor, jobs=jobs, answer=answer, progress=progress, memory=memory)
        )


def _compared(
    verification: "Verification", count_kept: int | None, head_kept: str | None, stream: str | None
) -> "Verification":
    from console.engine.api import SeveralStreamsError, compare_end

    try:
        return compare_end(verification, count=count_kept, head=head_kept, stream=stream)
    except SeveralStreamsError as error:
        raise click.UsageError(str(error)) from error


def _answer(verification: "Verification", stream: str | None, name: str, policy: "Policy") -> int:
    """Print what the ledger's own system answers. The exit code is the console's own verdict."""
    from console.engine.api import NoSuchStreamError, SeveralStreamsError, answer

    for each in verification.skipped:
        say(f"{each.path}: {each.finding.message}")
    try:
        found = answer(verification, name, stream, policy)
    except SeveralStreamsError as error:
        raise click.UsageError(str(error)) from error
    except NoSuchStreamError as error:
        say(str(error))
        return UNVERIFIED
    out_json(found.body)
    if found.differs:
        say(found.differs)
    return found.exit_code
