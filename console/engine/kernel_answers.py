"""The answers of the kernel's verify endpoints, for one deal of what was checked."""

from collections.abc import Sequence
from typing import Any

from console.engine.checking import Checked
from console.formats.kernel.responses import kernel_api_response, spec_response


def kernel_answer(checked: Sequence[Checked], deal: str | None, *, live: bool) -> tuple[dict[str, Any], str]:
    """The specification's answer, or with ``live`` the real kernel's; and a sentence where the two differ, or ''.

    Raises LookupError (for people) where the deal is not there, or not named among several.
    """
    deals = [(each, stream) for each in checked for stream in each.streams if stream.key.kind == "deal"]
    keys = sorted({stream.key.key for _, stream in deals})
    if deal is None and len(keys) == 1:
        deal = keys[0]
    if deal is None:
        raise LookupError(f"There are {len(keys)} deals here: name one with --stream." if keys else "No deal is here.")
    found = [(each, stream) for each, stream in deals if stream.key.key == deal]
    if not found:
        raise LookupError(f"No deal {deal} is here.")
    if len(found) > 1:
        raise LookupError(f"The deal {deal} is in {len(found)} ledgers: give one of them.")
    each, stream = found[0]
    findings = [one for one in each.findings if one.stream == deal]
    ours = spec_response(findings, stream.facts.chained if stream.facts else 0)
    if not live:
        return ours, ""
    raws = []
    reader = each.opened.format.reader(each.opened.context())
    for batch in each.opened.source.batches():
        for raw in batch.raws:
            link = reader.link_key(raw)
            if link is not None and link[0].key == deal:
                raws.append(raw)
    theirs = kernel_api_response(raws)
    if bool(theirs["valid"]) == bool(ours["valid"]):
        return theirs, ""
    return theirs, (
        f"The live kernel answers valid: {str(theirs['valid']).lower()}, this console finds"
        f" {len(ours['issues'])} issues: see --as kernel."
    )
