"""Answers in the words of a ledger's own system, as its verify endpoints give them, for one stream."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.engine.errors import NoSuchStreamError, SeveralStreamsError
from console.engine.ingest.tail import all_records
from console.engine.verify.chain_report import chain_report, no_chain
from console.engine.verify.results import LedgerReport, Verification
from console.engine.verify.verdict import Policy, Verdict, judge, unchecked
from console.formats import registry
from console.formats.guarded import event_of
from console.formats.protocol import SystemAnswer
from console.model.event import StreamKey
from console.model.record import Record
from console.model.words import count
from console.store.rows import StreamRow


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer, and the exit code of this console. ``differs`` is a sentence where the two disagree, '' otherwise."""

    body: Mapping[str, Any]
    differs: str
    exit_code: int


def answer_names() -> list[str]:
    """The answers that formats can give."""
    return [*registry.answers()]


def formats_that_answer(name: str) -> list[str]:
    """The formats that can give this answer."""
    return [registry.answers()[name][0].name]


def answer(verification: Verification, name: str, stream: str | None, policy: Policy) -> Answer:
    """The answer ``name`` on one stream of what was verified. The exit code is the console's own verdict on it.

    Raises ``NoSuchStreamError``, or ``SeveralStreamsError`` where it is not clear which one is meant.
    """
    form, asked = registry.answers()[name]
    ledger, found = _one(verification, asked.kind, stream)
    findings = [one for one in ledger.findings if one.stream == found.key]
    about = (found, findings, unchecked(ledger.evidence_of_no_stream(), policy), policy)
    ours = chain_report(*about) or no_chain(*about)
    body = asked.body(ours, _records(ledger, StreamKey(found.kind, found.key)) if asked.from_records else iter(()))
    judged = judge(verification.evidence(found.key), policy).verdict
    code = judged.exit_code if judged >= Verdict.INCOMPLETE else int(not body["valid"])
    return Answer(body, _differs(asked, form.answers, body, ours), code)


def _differs(
    asked: SystemAnswer, known: Sequence[SystemAnswer], body: Mapping[str, Any], ours: Mapping[str, Any]
) -> str:
    if bool(body["valid"]) == bool(ours["valid"]):
        return ""
    issues = len(ours["issues"])
    other = next((f": see --as {each.name}" for each in known if each.kind == asked.kind and not each.from_records), "")
    return (
        f"{asked.speaker} answers valid: {str(body['valid']).lower()}, this console finds"
        f" {count(issues, 'issue')}{other}."
    )


def _records(ledger: LedgerReport, stream: StreamKey) -> Iterator[bytes]:
    """The records of a stream's events, in the ledger's order."""
    form, context = ledger.opened.format, ledger.opened.context()
    for batch in all_records(ledger.opened.source, form.reader(context)):
        for at, raw in enumerate(batch.raws):
            record = Record(batch.first + at, batch.offsets[at], batch.lengths[at], raw)
            if event_of(form, record, context).streams[:1] == (stream,):
                yield raw


def _one(verification: Verification, kind: str, key: str | None) -> tuple[LedgerReport, StreamRow]:
    """The stream of this kind that is meant, with its ledger."""
    streams = [(ledger, each) for ledger in verification.ledgers for each in ledger.streams if each.kind == kind]
    if not streams:
        raise NoSuchStreamError(f"No {kind} is here.")
    keys = {stream.key for _, stream in streams}
    if key is None and len(keys) > 1:
        raise SeveralStreamsError(f"There are {len(keys):,} {kind}s here: name one with --stream.")
    found = [(ledger, stream) for ledger, stream in streams if key in (None, stream.key)]
    if not found:
        raise NoSuchStreamError(f"No {kind} {key} is here.")
    if len(found) > 1:
        names = ", ".join(ledger.opened.name for ledger, _ in found[:4])
        raise SeveralStreamsError(f"The {kind} {found[0][1].key} is in {len(found)} ledgers, give one of them: {names}")
    return found[0]
