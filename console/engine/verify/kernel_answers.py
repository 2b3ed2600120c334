"""The answers of the kernel's verify endpoints, for one deal of what was checked."""

from collections.abc import Sequence
from typing import Any

from console.engine.verify.report import chain
from console.engine.verify.verification import Checked, CheckedStream
from console.formats.kernel.responses import kernel_api_response, spec_response
from console.formats.protocol import RewalkingReader


class SeveralDealsError(Exception):
    """The question does not say which deal it is about. The message is for people."""


def kernel_answer(checked: Sequence[Checked], deal: str | None, *, live: bool) -> tuple[dict[str, Any], str]:
    """The specification's answer, or with ``live`` the real kernel's; and a sentence where the two differ, or ''.

    Raises LookupError (for people) where the deal is not there, ``SeveralDealsError`` where it is not clear which one.
    """
    each, stream = _one(checked, deal)
    deal = stream.key.key
    findings = [one for one in each.findings if one.stream == deal]
    ours = chain(stream, findings) or spec_response(findings, 0)
    if not live:
        return ours, ""
    raws = []
    reader = each.opened.format.reader(each.opened.context())
    if isinstance(reader, RewalkingReader):
        for batch in each.opened.source.batches():
            links = zip(batch.raws, map(reader.link_key, batch.raws), strict=True)
            raws += [raw for raw, link in links if link is not None and link[0].key == deal]
    theirs = kernel_api_response(raws)
    if bool(theirs["valid"]) == bool(ours["valid"]):
        return theirs, ""
    issues = len(ours["issues"])
    return theirs, (
        f"The live kernel answers valid: {str(theirs['valid']).lower()}, this console finds"
        f" {issues} issue{'' if issues == 1 else 's'}: see --as kernel."
    )


def _one(checked: Sequence[Checked], deal: str | None) -> tuple[Checked, CheckedStream]:
    deals = [(each, stream) for each in checked for stream in each.streams if stream.key.kind == "deal"]
    if not deals:
        raise LookupError("No deal is here.")
    keys = sorted({stream.key.key for _, stream in deals})
    if deal is None and len(keys) > 1:
        raise SeveralDealsError(f"There are {len(keys):,} deals here: name one with --stream.")
    found = [(each, stream) for each, stream in deals if deal in (None, stream.key.key)]
    if not found:
        raise LookupError(f"No deal {deal} is here.")
    if len(found) > 1:
        names = ", ".join(each.opened.name for each, _ in found[:4])
        raise SeveralDealsError(f"The deal {found[0][1].key.key} is in {len(found)} ledgers, give one of them: {names}")
    return found[0]
