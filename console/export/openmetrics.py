"""Figures of ledgers as OpenMetrics text, for monitors (github.com/prometheus/OpenMetrics, 1.0).

Names of types, agents and ledgers are foreign text: control characters are shown, quotes and backslashes escaped. A
ledger may have any number of them, so that of each kind the most frequent ones are named and the rest is one sum.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from console.engine.api import LedgerFigures
from console.model.trust import Severity, Trust
from console.text import safe

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MOST = 1000
"""Types, or agents, of one ledger that are named."""
OTHERS = "(others)"
_LONGEST = 200
"""Characters of a name; longer ones are among the others."""


def openmetrics(ledgers: Sequence[LedgerFigures], now: int) -> str:
    """All figures; ``now`` is UTC microseconds."""
    lines: list[str] = []
    for name, kind, words, samples in (
        ("ledger", "info", "A ledger, how it is kept, and the verdict on it.", _infos(ledgers)),
        ("records", "gauge", "Records of a ledger.", _records(ledgers)),
        ("events", "counter", "Events by type and trust.", _events(ledgers, "type")),
        ("agent_events", "counter", "Events by agent and trust.", _events(ledgers, "actor")),
        ("findings", "gauge", "Findings by code and severity.", _findings(ledgers)),
        ("last_event_timestamp_seconds", "gauge", "The latest time that an event names.", _latest(ledgers)),
        ("lag_seconds", "gauge", "Seconds since the latest time that an event names.", _lags(ledgers, now)),
        ("behind", "gauge", "1 while much of a ledger is unread.", _behind(ledgers)),
    ):
        family = f"audit_console_{name}"
        unit = ["# UNIT " + family + " seconds"] if name.endswith("_seconds") else []
        lines += [f"# TYPE {family} {kind}", *unit, f"# HELP {family} {words}"]
        suffix = {"info": "_info", "counter": "_total"}.get(kind, "")
        lines += [f"{family}{suffix}{{{labels}}} {value}" for labels, value in dict(samples).items()]
    return "\n".join([*lines, "# EOF", ""])


Samples = Iterator[tuple[str, str]]


def _infos(ledgers: Iterable[LedgerFigures]) -> Samples:
    for each in ledgers:
        row = each.ledger
        known = {"format": row.format, "container": row.container, "profile": row.profile or ""}
        yield _labels(ledger=row.name, **known, state=row.state, verdict=each.verdict), "1"


def _records(ledgers: Iterable[LedgerFigures]) -> Samples:
    return ((_labels(ledger=each.ledger.name), str(each.ledger.records)) for each in ledgers)


def _events(ledgers: Iterable[LedgerFigures], of: str) -> Samples:
    label = "agent" if of == "actor" else of
    for each in ledgers:
        # Names are compared as they are shown: two samples of one name are none that a monitor can read.
        counts = [(_shown(getattr(count, of)), count) for count in each.counts]
        total: Counter[str] = Counter()
        for name, count in counts:
            total[name] += count.events
        named = {name for name, _ in total.most_common(MOST) if len(name) <= _LONGEST}
        found: Counter[tuple[str, Trust]] = Counter()
        for name, count in counts:
            found[name if name in named else OTHERS, count.trust] += count.events
        for (name, trust), events in sorted(found.items()):
            yield _labels(ledger=each.ledger.name, **{label: name}, trust=trust.word), str(events)


def _findings(ledgers: Iterable[LedgerFigures]) -> Samples:
    for each in ledgers:
        for code, counts in sorted(each.ledger.codes.items()):
            for severity, number in enumerate(counts):
                if number:
                    yield _labels(ledger=each.ledger.name, code=code, severity=Severity(severity).word), str(number)


def _latest(ledgers: Iterable[LedgerFigures]) -> Samples:
    return ((labels, f"{time / 1e6:.6f}") for labels, time in _times(ledgers))


def _lags(ledgers: Iterable[LedgerFigures], now: int) -> Samples:
    return ((labels, f"{(now - time) / 1e6:.6f}") for labels, time in _times(ledgers))


def _times(ledgers: Iterable[LedgerFigures]) -> Iterator[tuple[str, int]]:
    for each in ledgers:
        if each.ledger.last_time is not None:
            yield _labels(ledger=each.ledger.name), each.ledger.last_time


def _behind(ledgers: Iterable[LedgerFigures]) -> Samples:
    return ((_labels(ledger=each.ledger.name), str(int(each.ledger.state == "behind"))) for each in ledgers)


def _labels(**labels: str) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return _shown(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _shown(text: str) -> str:
    return safe(text)
