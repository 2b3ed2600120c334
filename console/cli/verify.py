"""``audit-console verify``: prove what can be proved, and exit with a code."""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from console.cli.names import UNVERIFIED
from console.cli.options import chosen, common, micros, paths
from console.cli.output import Paint, Ticker, out_json, say
from console.model.trust import Severity

if TYPE_CHECKING:
    from console.engine.ledgers.opening import Opened
    from console.engine.ledgers.options import Options
    from console.engine.verify.verification import Checked
    from console.sources.base import Skipped

FAIL_ON = ("note", "warning", "error", "critical")


def _profiles() -> list[str]:
    from console.formats.registry import all_formats

    return [profile.name for form in all_formats() for profile in form.profiles]


def _complete_profile(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in _profiles() if name.startswith(incomplete)]


def _known_profile(ctx: click.Context, param: click.Parameter, name: str | None) -> str | None:
    if name is not None and name not in _profiles():
        raise click.BadParameter(f"{name!r} is not known; known are {', '.join(_profiles())}", ctx, param)
    return name


@click.command("verify")
@paths
@click.option("--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True)
@click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
@click.option(
    "--profile",
    metavar="NAME",
    callback=_known_profile,
    shell_complete=_complete_profile,
    help="Check hashes under this profile instead of the one that is settled (`audit-console formats` lists them).",
)
@click.option(
    "--as",
    "answer",
    type=click.Choice(["kernel", "kernel-api"]),
    help="Answer as the kernel's specification does, or as the live kernel does.",
)
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True, help="Severity that fails.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Processes.  [default: the setting, or 1]")
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
    from console.engine.ledgers.options import Options
    from console.engine.verify.report import report

    options = Options(profile, now, stream)
    checked, skipped = _check(paths, options, jobs or chosen(config).jobs, kernel=answer is not None)
    severity = Severity[fail_on.upper()]
    if answer:
        return _answer(checked, skipped, stream, answer, severity)
    result = report(checked, skipped, fail_on=severity, stream=stream)
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

        print_report(result, severity, Paint(no_color))
    return int(result["exit_code"])


def _check(
    paths: Sequence[str], options: "Options", jobs: int, *, kernel: bool
) -> "tuple[list[Checked], list[Skipped]]":
    """Check what is there, one ledger after the other. With ``kernel`` only the kernel's."""
    from console.engine.ledgers.opening import open_ledgers
    from console.engine.verify.verification import check_ledger
    from console.sources.base import Skipped

    checked: list[Checked] = []
    skipped: list[Skipped] = []
    with Ticker("verifying") as ticker:
        for item in open_ledgers(paths):
            if isinstance(item, Skipped):
                skipped.append(item)
                continue
            if kernel and item.format.name != "kernel":
                continue
            ticker.show(item.name)

            def progress(records: int, read: int, broken: int, item: "Opened" = item) -> None:
                ticker.show(f"{item.name} {records:,} events, {broken:,} broken")

            fits = any(profile.name == options.profile for profile in item.format.profiles)
            suited = options if fits else dataclasses.replace(options, profile=None)
            checked.append(asyncio.run(check_ledger(item, suited, progress, jobs=jobs)))
    return checked, skipped


def _answer(
    checked: "list[Checked]", skipped: "list[Skipped]", stream: str | None, answer: str, fail_on: Severity
) -> int:
    """Print the kernel's answer on one deal. The exit code is the console's own verdict on that deal."""
    from console.engine.verify.kernel_answers import SeveralDealsError, kernel_answer
    from console.engine.verify.report import report

    for each in skipped:
        say(f"{each.path}: {each.finding.message}")
    try:
        body, differs = kernel_answer(checked, stream, live=answer == "kernel-api")
    except SeveralDealsError as error:
        raise click.UsageError(str(error)) from error
    except LookupError as error:
        say(str(error.args[0]))
        return UNVERIFIED
    out_json(body)
    if differs:
        say(differs)
    if stream is None:
        stream = next(one.key.key for each in checked for one in each.streams if one.key.kind == "deal")
    code = int(report(checked, skipped, fail_on=fail_on, stream=stream)["exit_code"])
    return code if body["valid"] else 1
