"""Is this a kernel ledger, in which shape, and how sure is that?"""

from collections.abc import Mapping
from typing import Any

from console.formats.json.strict import decode
from console.formats.kernel.record import API, MANIFEST, OLD, PACK, PROOF, TABLE
from console.formats.kernel.rules.states import KNOWN
from console.formats.protocol import Claim, Sample

_ALIKE = 1
"""The vote of a line that any system may have written."""
_API = {"id", "dealId", "type", "payload", "createdAt"}
_CHAIN = {"sequenceNumber", "previousEventHash", "eventHash"}
_CONTEXT = {"authorityContext", "evidenceRefs"}
_TABLE = {"dealId", "eventType", "eventData", "sequenceNumber", "occurredAt", "eventHash"}
_PACK = {"seq", "type", "ts", "data", "prevHash", "hash"}
_PACK_ALONE = {"actorName", "fromState", "toState"}
"""Keys of a pack's lines that other chains' lines have not."""
_POST = {"type", "payload", "authorityContext"}


def sniff(sample: Sample) -> Claim | None:
    """The claim of the first readable records that look alike; None for another system's lines."""
    if sample.container == "zip" and (sample.member or "") == MANIFEST:
        return _pack(sample)
    votes: dict[str, list[int]] = {}
    looked = 0
    for raw in sample.records:
        document = decode(raw).document
        if document is None:
            continue
        looked += 1
        found = _shape(document)
        if found is not None:
            votes.setdefault(found[0], []).append(found[1])
    if not votes:
        return None
    if API in votes and OLD in votes:
        votes[API] += votes.pop(OLD)
    shape = max(votes, key=lambda name: sum(votes[name]))
    confidence = max(votes[shape]) * len(votes[shape]) // looked
    if (sample.member or "").lower() == "dealevent" and shape == TABLE:
        confidence = 99
    if max(votes[shape]) == _ALIKE:
        return Claim(1, shape, "lines with seq, prevHash and hash, as many chains have them", alike=True)
    return Claim(confidence, shape, _WHY[shape]) if confidence >= 5 else None


def _pack(sample: Sample) -> Claim | None:
    """The claim of a manifest that lists its files, none of them a ledger: a pack with a ledger is known by that."""
    document = decode(sample.records[0].replace(b"\n", b" ")).document if len(sample.records) == 1 else None
    files = document.get("files") if document is not None else None
    if not isinstance(files, list) or not files or not all(isinstance(each, dict) and "path" in each for each in files):
        return None
    if any(str(each["path"]).endswith(_LEDGERS) for each in files):
        return None
    return Claim(90, PROOF, _WHY[PROOF])


_LEDGERS = (".jsonl", ".ndjson")
_WHY = {
    API: "events with dealId, payload and the three fields of the hash chain",
    OLD: "events with dealId, payload and authorityContext, without a hash chain",
    TABLE: "rows of the portal's DealEvent table",
    PACK: "lines of an evidence pack's event ledger",
    PROOF: "the manifest of a proofpack, with the files that it lists",
    "post": "bodies of requests to the kernel, not a ledger: no ids, no deal, no chain",
}


def _shape(document: Mapping[str, Any]) -> tuple[str, int] | None:
    keys = {key for key in document if not key.startswith("_")}
    kind = document.get("type")
    typed = isinstance(kind, str) and kind in KNOWN
    if keys >= _TABLE:
        return TABLE, 97
    if keys >= _API:
        known = 4 if typed else 0
        if keys >= _CHAIN:
            return API, 94 + known
        if keys & _CHAIN:
            return API, 85 + known
        if keys >= _CONTEXT:
            return OLD, 88 + known
        return (OLD, 60 + known) if known else None
    if keys >= _CHAIN and {"dealId", "type", "payload"} <= keys:
        return API, 80
    if keys >= _PACK:
        return PACK, 92 if typed or keys & _PACK_ALONE else _ALIKE
    if keys >= _POST and "dealId" not in keys and "id" not in keys and typed:
        return OLD, 8
    return None
