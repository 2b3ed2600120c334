"""Answers in the words of a ledger's own system, as its verify endpoints give them, for one stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.engine.errors import NoSuchStreamError, SeveralStreamsError
from console.engine.verify.report import chain, report
from console.engine.verify.results import LedgerReport, StreamReport, Verification
from console.formats.kernel.responses import kernel_api_response, spec_response
from console.formats.protocol import RewalkingReader
from console.model.trust import Severity

_KERNEL = {"kernel": False, "kernel-api": True}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the system would answer, and how this console ends. ``differs`` is a sentence where the two disagree, ''
    otherwise."""

    body: Mapping[str, Any]
    differs: str
    exit_code: int


def answer_names() -> list[str]:
    """The answers that formats can give."""
    return list(_KERNEL)


def formats_that_answer(name: str) -> list[str]:
    """The formats that can give this answer."""
    return ["kernel"]


def answer(verification: Verification, name: str, stream: str | None, fail_on: Severity) -> Answer:
    """The answer ``name`` on one stream of what was verified. The exit code is the console's own verdict on it.

    Raises ``NoSuchStreamError``, or ``SeveralStreamsError`` where it is not clear which one is meant.
    """
    ledger, found = _one(verification, stream)
    key = found.key.key
    findings = [one for one in ledger.findings if one.stream == key]
    ours = chain(found, findings) or spec_response(findings, 0)
    body, differs = _live(ledger, key, ours) if _KERNEL[name] else (ours, "")
    code = int(report(verification, fail_on=fail_on, stream=key)["exit_code"])
    return Answer(body, differs, code if body["valid"] else 1)


def _live(ledger: LedgerReport, key: str, ours: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    raws = []
    reader = ledger.opened.format.reader(ledger.opened.context())
    assert isinstance(reader, RewalkingReader)
    for batch in ledger.opened.source.batches():
        for raw in batch.raws:
            link = reader.link_key(raw)
            if link is not None and link[0].key == key:
                raws.append(raw)
    theirs = kernel_api_response(raws)
    if bool(theirs["valid"]) == bool(ours["valid"]):
        return theirs, ""
    issues = len(ours["issues"])
    return theirs, (
        f"The live kernel answers valid: {str(theirs['valid']).lower()}, this console finds"
        f" {issues} issue{'' if issues == 1 else 's'}: see --as kernel."
    )


def _one(verification: Verification, deal: str | None) -> tuple[LedgerReport, StreamReport]:
    deals = [(each, stream) for each in verification.ledgers for stream in each.streams if stream.key.kind == "deal"]
    if not deals:
        raise NoSuchStreamError("No deal is here.")
    keys = sorted({stream.key.key for _, stream in deals})
    if deal is None and len(keys) > 1:
        raise SeveralStreamsError(f"There are {len(keys):,} deals here: name one with --stream.")
    found = [(each, stream) for each, stream in deals if deal in (None, stream.key.key)]
    if not found:
        raise NoSuchStreamError(f"No deal {deal} is here.")
    if len(found) > 1:
        names = ", ".join(each.opened.name for each, _ in found[:4])
        raise SeveralStreamsError(
            f"The deal {found[0][1].key.key} is in {len(found)} ledgers, give one of them: {names}"
        )
    return found[0]
