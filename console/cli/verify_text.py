"""The report of ``verify`` for people: each ledger, flagged ones on top, then what was found, worst first, then the
verdict."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from console.cli.output import Paint, out, paragraph
from console.engine.api import DETAIL, flagged, state_words
from console.model.ledger import OTHERS, Profile
from console.model.trust import Severity, Trust
from console.model.words import count
from console.text import safe

LEDGERS, STREAMS, FINDINGS = 100, 5, 200
"""How many are shown: of all ledgers, of a ledger's streams, of all findings."""
ALIKE = 3
"""Findings of one code and ledger that are shown one by one before the rest is counted."""
VALUE = 200
"""Characters of a value that are shown."""


def print_report(result: dict[str, Any], paint: Paint, known: Sequence[Profile]) -> None:
    """Print the object that ``console.engine.api.report`` made. ``known`` are the hash profiles of all formats."""
    profiles = {each.name: each for each in known}
    worst: dict[str, Severity] = {}
    of_streams: dict[tuple[str, str], Severity] = {}
    for each in result["findings"]:
        severity = Severity[each["severity"].upper()]
        worst[each["ledger"]] = max(severity, worst.get(each["ledger"], Severity.NONE))
        if each["stream"] is not None:
            key = (each["ledger"], each["stream"])
            of_streams[key] = max(severity, of_streams.get(key, Severity.NONE))
    ledgers = sorted(
        result["ledgers"],
        key=lambda each: (
            -max((flagged(stream["state"]) for stream in each["streams"]), default=0),
            -worst.get(each["path"], Severity.NONE),
        ),
    )
    for ledger in ledgers[:LEDGERS]:
        _ledger(ledger, of_streams, paint, profiles.get(ledger["profile"]))
    if len(ledgers) > LEDGERS:
        out(
            f"showing {LEDGERS} of {len(ledgers):,} ledgers, flagged ones and those with the worst findings"
            " (--format json has all)"
        )
    if result["findings"]:
        if ledgers:
            out()
        _findings(result["findings"], paint)
    out()
    used = {each["profile"] for each in ledgers}
    _verdict(result, paint, [each for each in known if each.name in used])


def _ledger(
    ledger: dict[str, Any], worst: dict[tuple[str, str], Severity], paint: Paint, profile: Profile | None
) -> None:
    streams = ledger["streams"]
    out(paint.strong(safe(ledger["path"])))
    kinds = Counter(each["kind"] for each in streams)
    events = sum(ledger["trust"].values()) - ledger["trust"][Trust.PENDING.word]
    parts = [count(events, "event"), f"{ledger['format']} in {ledger['container']}"]
    parts += [count(number, safe(kind)) for kind, number in kinds.items()]
    times = [each[name] for each in streams for name in ("first_time", "last_time") if each[name]]
    if times:
        parts.append(f"{_time(min(times, key=_year))} to {_time(max(times, key=_year))} UTC")
    out("  " + ", ".join(parts))
    counts = paint.counts(_counts(ledger["trust"]))
    out("  " + (f"{ledger['verdict']}: {counts}" if counts else ledger["verdict"]))
    if ledger["pending"]:
        out(f"  up to byte {ledger['end']:,}; then {count(ledger['pending'], 'byte')} of an unfinished record")
    for line in paragraph(_covered(ledger, profile), first="  ", rest="  "):
        out(paint.quiet(line))
    for line in paragraph(f"memory: {safe(ledger['memory']['words'])}", first="  ", rest="  "):
        out(paint.quiet(line))
    if len(streams) == 1:
        out(f"  {_stream(streams[0])}")
        return
    bad = [each for each in streams if flagged(each["state"]) or max(_badness(ledger, each, worst)) > Severity.NOTE]
    bad.sort(key=lambda each: (flagged(each["state"]), *_badness(ledger, each, worst)), reverse=True)
    for each in bad[:STREAMS]:
        out(f"  {_stream(each)}  {paint.counts(_counts(each['trust']))}")
    if len(bad) > STREAMS:
        out(
            "  "
            + paint.quiet(
                f"showing {STREAMS} of {len(bad):,} streams that are flagged, have findings or broken events"
                " (--format json has all)"
            )
        )


def _badness(
    ledger: dict[str, Any], stream: dict[str, Any], worst: dict[tuple[str, str], Severity]
) -> tuple[Severity, Severity]:
    """Its worst finding, and how bad its trust is: of very many findings some are not listed."""
    broken = Severity.CRITICAL if stream["trust"][Trust.BROKEN.word] else Severity.NONE
    return worst.get((ledger["path"], stream["key"]), Severity.NONE), broken


def _stream(stream: dict[str, Any]) -> str:
    state = state_words(
        {safe(name, limit=VALUE): safe(str(value), limit=VALUE) for name, value in stream["state"].items()}
    )
    return f"{safe(stream['kind'])} {safe(stream['key'], limit=VALUE)}" + (f"  {state}" if state else "")


def _covered(ledger: dict[str, Any], profile: Profile | None) -> str:
    if ledger["coverage"] is None and (ledger["trust"]["linked"] or ledger["trust"]["broken"]):
        return "no hash of these events could be reproduced, so that nothing in them is proved"
    if ledger["coverage"] is None:
        return "no hash protects these events: what was changed in them cannot be seen from the ledger alone"
    uncovered = ledger["coverage"]["uncovered"]
    values = "hashes" if profile is None else profile.values
    if uncovered == [OTHERS]:
        what = "cover no other fields"
    else:
        what = f"do not cover {', '.join(uncovered)}" if uncovered else "cover all"
    return f"{values} under {ledger['profile']} {what}"


def _findings(findings: list[dict[str, Any]], paint: Paint) -> None:
    alike: Counter[tuple[str, str]] = Counter()
    left: Counter[tuple[str, str]] = Counter()
    for each in findings:
        left[each["code"], each["ledger"]] += each["count"]
    total = left.total()
    shown = 0
    for each in findings:
        group = (each["code"], each["ledger"])
        alike[group] += 1
        if alike[group] <= ALIKE and shown < FINDINGS:
            shown += 1
            left[group] -= each["count"]
            _finding(each, paint)
            if alike[group] == ALIKE and left[group]:
                out(f"           … and {left[group]:,} more {each['code']} in {safe(each['ledger'])}")
    if left.total():
        part = f"showing {total - left.total():,} of {total:,} findings"
        out(f"{part} (--format json lists up to {DETAIL:,} of each code and ledger)")


def _finding(each: dict[str, Any], paint: Paint) -> None:
    severity = Severity[each["severity"].upper()]
    times = f" (×{each['count']:,})" if each["count"] > 1 else ""
    place = _place(each)
    head = paint.severity(f"{severity.glyph} {severity.word:<8}", severity)
    out(f"{head} {paint.strong(each['code'])}{times}  {place}")
    indent = " " * 11
    for line in paragraph(safe(each["message"]), first=indent, rest=indent, most=None):
        out(line)
    where = [] if each["stream"] is None else [f"stream {safe(each['stream'], limit=VALUE)}"]
    where += [] if each["sequence"] is None else [f"sequence {each['sequence']}"]
    where += [] if each["event_id"] is None else [f"event {safe(each['event_id'], limit=VALUE)}"]
    where += [] if each["field"] is None else [f"field {safe(each['field'], limit=VALUE)}"]
    if where:
        for line in paragraph(", ".join(where), first=indent, rest=indent, most=None):
            out(paint.quiet(line))
    for word in ("expected", "actual"):
        if each[word] is not None:
            out(f"{indent}{word:<9} {safe(each[word], limit=VALUE)}")


def _place(each: dict[str, Any]) -> str:
    """Where it was found: file and record, and the record's number in the ledger where that is in several files."""
    if each["record"] is None:
        return safe(each["ledger"])
    if each["volume"] is None:
        return f"{safe(each['ledger'])}:{each['record']}"
    return f"{safe(each['volume']['path'])}:{each['volume']['record']} (record {each['record']:,} of the ledger)"


def _verdict(result: dict[str, Any], paint: Paint, profiles: Sequence[Profile]) -> None:
    totals = result["totals"]
    counts = paint.counts(_counts(totals["trust"])) or "nothing verified"
    out(f"{count(totals['events'], 'event')} in {count(totals['ledgers'], 'ledger')}: {counts}")
    found = ", ".join(
        f"{number:,} {Severity[word.upper()].words(number)}" for word, number in totals["findings"].items() if number
    )
    out(f"found: {found or 'nothing'}")
    verdict, reasons = result["verdict"], "; ".join(safe(each) for each in result["reasons"])
    accepted = totals["trust"][Trust.LINKED.word] and verdict in _MEANS
    words = f"{verdict}: {reasons or (_ACCEPTED if accepted else _MEANS[verdict])}"
    for line in paragraph(words):
        out(paint.severity(line, _LOOKS[verdict]) if verdict in _LOOKS else paint(line, "32"))
    for weak in (each for each in profiles if each.caveat):
        out(f"{weak.name}: {weak.values} could be made again, but {weak.caveat}")
    # Reasons are not repeated, and fields stand with their ledgers.
    unseen = [safe(each) for each in result["cannot_rule_out"] if not each.startswith("fields not covered")]
    unseen = [each for each in unseen if each not in reasons]
    for line in paragraph("; ".join(unseen), first="but ", rest="    ") if unseen else []:
        out(paint.quiet(line))
    if verdict == "findings" and result["findings"]:
        out("`audit-console explain CODE` says more")


_MEANS = {
    "intact": "all was read, every hash was reproduced, nothing contradicts",
    "consistent": "all was read, nothing contradicts; not every event is in a chain that protects it",
}
"""Verdicts that need no reason, in words."""
_ACCEPTED = "all was read, nothing contradicts; hashes that could not be reproduced are accepted"
_LOOKS = {"findings": Severity.ERROR, "incomplete": Severity.WARNING}


def _counts(trust: dict[str, int]) -> list[int]:
    return [trust[state.word] for state in Trust]


def _time(text: str) -> str:
    return text.partition(".")[0].replace("T", " ")


def _year(text: str) -> tuple[int, str]:
    """Sorts times whose years have other than four digits."""
    return int(text[: text.index("-", 1)]), text
