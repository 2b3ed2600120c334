"""``audit-console verify``: prove what can be proved, and exit with a code."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import click

from console.cli.options import Ticker, common, given, moment_option, out, paths
from console.model.trust import Severity
from console.text import safe

FAIL_ON = ("note", "warning", "error", "critical")


@click.command("verify")
@paths
@click.option("--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True)
@click.option("--stream", metavar="KEY", help="Only this run, deal, action …")
@click.option("--profile", metavar="NAME", help="Check hashes under this profile instead of the one that is settled.")
@click.option(
    "--as",
    "answer",
    type=click.Choice(["kernel", "kernel-api"]),
    help="Answer as the kernel's specification does, or as the live kernel does.",
)
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True, help="Severity that fails.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--now", metavar="ISO", help="The clock of the checks.")
@common
def command(
    paths: tuple[str, ...],
    form: str,
    stream: str | None,
    profile: str | None,
    answer: str | None,
    fail_on: str,
    jobs: int,
    now: str | None,
    **_: Any,
) -> int:
    """Verify ledgers: 0 nothing found, 1 findings, 3 could not verify."""
    from console.engine.checking import Checked, check_ledger
    from console.engine.opening import Opened, Options, open_ledgers
    from console.engine.parallel import check_in_parallel
    from console.engine.report import report
    from console.sources.base import Skipped

    if not paths:
        paths = (".",)
    options = Options(profile, moment_option(now))
    checked: list[Checked] = []
    skipped: list[Skipped] = []
    ticker = Ticker("verifying")
    for item in open_ledgers(given(paths)):
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        if answer and item.format.name != "kernel":
            continue

        def progress(records: int, read: int, broken: int, item: Opened = item) -> None:
            ticker.show(f"{item.name} {records:,} events, {broken:,} broken")

        if jobs > 1:
            checked.append(check_in_parallel(item, options, jobs, progress))
        else:
            checked.append(asyncio.run(check_ledger(item, options, progress)))
    ticker.done()
    if answer:
        return _answer(checked, stream, answer)
    result = report(checked, skipped, fail_on=Severity[fail_on.upper()], stream=stream)
    if form == "json":
        out(json.dumps(result, ensure_ascii=True))
    elif form == "jsonl":
        for each in result["findings"]:
            out(json.dumps(each))
        out(json.dumps({key: value for key, value in result.items() if key != "findings"}))
    else:
        _text(result, fail_on)
    return int(result["exit_code"])


def _answer(checked: Sequence[Any], stream: str | None, answer: str) -> int:
    from console.engine.kernel_answers import kernel_answer

    try:
        body, differs = kernel_answer(checked, stream, live=answer == "kernel-api")
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    out(json.dumps(body, ensure_ascii=False))
    if differs:
        click.echo(f"audit-console: {safe(differs)}", err=True)
    return 0 if body["valid"] else 1


def _text(result: dict[str, Any], fail_on: str) -> None:
    """The report for people, one ledger after the other."""
    for ledger in result["ledgers"]:
        profile = ledger["profile"] or "no hash chain"
        kind = f"{ledger['format']}, {ledger['container']}, {profile}"
        out(f"{safe(ledger['path'])}  {kind}, {ledger['records']:,} records")
        coverage = ledger["coverage"]
        if coverage and coverage["uncovered"]:
            out(f"    hashes cover {', '.join(coverage['covered'])}; not {', '.join(coverage['uncovered'])}")
        for stream in ledger["streams"][:20]:
            trust = ", ".join(f"{number:,} {word}" for word, number in stream["trust"].items())
            state = "; ".join(["", *(safe(str(value)) for value in stream["state"].values())])
            out(f"    {stream['kind']} {safe(stream['key'])}: {trust or 'no events'}{state}")
        more = len(ledger["streams"]) - 20
        if more > 0:
            out(f"    … and {more:,} more streams (all of them with --format json)")
    if result["findings"]:
        out()
    for each in result["findings"][:200]:
        where = f"{safe(each['ledger'])}" if each["record"] is None else f"{safe(each['ledger'])}:{each['record']}"
        times = f" (×{each['count']:,})" if each["count"] > 1 else ""
        out(f"{each['severity']:<8} {each['code']}{times}  {where}")
        out(f"         {safe(each['message'])}")
        for word in ("expected", "actual"):
            if each[word] is not None:
                out(f"         {word:<8} {safe(each[word])}")
    if len(result["findings"]) > 200:
        out(f"… showing 200 of {len(result['findings']):,} findings (all of them with --format json)")
    totals = result["totals"]
    trust = ", ".join(f"{number:,} {word}" for word, number in totals["trust"].items() if number)
    found = ", ".join(f"{number:,} {word}" for word, number in totals["findings"].items() if number) or "none"
    out()
    out(f"{totals['events']:,} events in {totals['ledgers']:,} ledgers: {trust or 'nothing verified'}")
    out(f"findings: {found}")
    words = {
        "intact": f"intact: nothing at or above {fail_on} was found",
        "findings": f"findings at or above {fail_on}; `audit-console explain CODE` says what each means",
        "incomplete": "incomplete: not everything could be verified",
    }
    out(words[result["verdict"]])
