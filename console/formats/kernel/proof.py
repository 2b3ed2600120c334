"""One link laid open: the bytes that were hashed, field by field, and the verdict in a sentence."""

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from console.formats.kernel.profiles import candidates, named
from console.formats.kernel.record import PACK, Entry
from console.model.proof import Proof, SearchStep
from console.model.trust import Trust
from console.verify import judgement
from console.verify.judgement import HASH, Hashed, Kind, Memory, Verdict, judge, reproduces, stored_texts
from console.verify.profile import HashProfile, spans
from console.verify.recover import THOROUGH, moment


class _Question(NamedTuple):
    """What is to be proved of one event. ``fits``: its profile is known, not just the likeliest one."""

    entry: Entry
    hashed: Hashed
    known: list[HashProfile]
    profile: HashProfile
    fits: bool
    nameless: bool
    memory: Memory


def prove(entry: Entry, before: Entry | None, shape: str, profile_name: str | None) -> Proof | None:
    """The proof of one event; None where the record holds no event. ``before`` is the event before it in the chain."""
    if entry.document is None:
        return None
    if not entry.chained:
        return Proof(profile_name or "", Trust.UNCHAINED, "The event takes part in no chain: no hash protects it.")
    asked = _question(entry, shape, profile_name)
    return _proof(asked, before, _verdict(asked))


def search(entry: Entry, before: Entry | None, shape: str, profile_name: str | None) -> Iterator[SearchStep]:
    """Go on where ``prove`` ended because its search could not be complete."""
    if entry.document is None or not entry.chained:
        yield SearchStep(0, 0, prove(entry, before, shape, profile_name))
        return
    asked = _question(entry, shape, profile_name)
    verdict = _verdict(asked)
    yield SearchStep(verdict.tried, THOROUGH)
    if verdict.kind is Kind.UNREPRODUCED and asked.fits and not asked.nameless:
        going = judgement.search(asked.hashed, asked.profile, asked.memory)
        while True:
            try:
                yield SearchStep(next(going), THOROUGH)
            except StopIteration as ended:
                verdict = ended.value
                break
    yield SearchStep(verdict.tried, THOROUGH, _proof(asked, before, verdict))


def _question(entry: Entry, shape: str, profile_name: str | None) -> _Question:
    memory, hashed, known = Memory(), entry.hashed, candidates(shape)
    profile = named(profile_name) or _fitting(hashed, known, memory)
    nameless = shape == PACK and not entry.deal
    return _Question(entry, hashed, known, profile or known[0], profile is not None, nameless, memory)


def _verdict(asked: _Question) -> Verdict:
    sequence = asked.entry.sequence
    near = () if sequence is None else tuple(number for number in (sequence - 1, sequence + 1) if number > 0)
    if asked.nameless or (not asked.fits and asked.entry.hash is not None):
        return Verdict(Kind.UNREPRODUCED)
    return judge(asked.hashed, asked.profile, asked.known, asked.memory, near)


def _proof(asked: _Question, before: Entry | None, verdict: Verdict) -> Proof:
    entry, hashed, profile = asked.entry, asked.hashed, asked.profile
    linked = _linked(entry, before)
    shown = named(verdict.other) or profile
    hit, number = verdict.hit, (entry.sequence or 0) - verdict.shift
    text = hit.text if hit else stored_texts(shown, hashed)[0]
    millis = hit.millis if hit else hashed.millis
    parts = shown.parts(hashed.numbered(number), text, b"" if millis is None else moment(millis))
    whole = b"".join(part for part, _ in parts)
    return Proof(
        profile=profile.name,
        trust=_trust(verdict, linked),
        verdict=_sentence(verdict, linked, before, profile.name, asked.nameless, asked.fits),
        preimage=whole,
        spans=spans(parts),
        recomputed=sha256(whole).hexdigest(),
        stored=entry.hash,
        previous=entry.previous,
        expected_previous=None if before is None else before.hash,
        sequence=entry.sequence,
        notes=tuple(_notes(verdict, entry, before, profile, shown)),
    )


def _fitting(event: Hashed, known: list[HashProfile], memory: Memory) -> HashProfile | None:
    """The profile that reproduces the hash at once."""
    if event.sequence is None or event.hash is None or HASH.fullmatch(event.hash) is None:
        return None
    target = bytes.fromhex(event.hash)
    return next((each for each in known if reproduces(each, event, event.sequence, target, memory)), None)


def _linked(entry: Entry, before: Entry | None) -> bool | None:
    """True if the link holds; None where the event before is not known."""
    if before is None:
        return True if entry.previous is None and entry.sequence == 1 else None
    return entry.previous is not None and entry.previous == before.hash


def _trust(verdict: Verdict, linked: bool | None) -> Trust:
    if linked is False or verdict.kind in (Kind.MISMATCH, Kind.MISSING):
        return Trust.BROKEN
    if linked is None:
        return Trust.UNCHECKED
    return {Kind.VERIFIED: Trust.VERIFIED, Kind.RECOVERED: Trust.RECOVERED}.get(verdict.kind, Trust.LINKED)


def _sentence(
    verdict: Verdict, linked: bool | None, before: Entry | None, profile: str, no_deal: bool, fits: bool
) -> str:
    if verdict.kind is Kind.VERIFIED:
        hash = f"The hash is reproduced from what is stored, under {profile}"
    elif verdict.kind is Kind.RECOVERED:
        hash = f"The hash is reproduced under {profile} after recovering what was not stored"
    elif verdict.kind is Kind.MISSING:
        hash = "The event has a place in the chain, but no hash"
    elif verdict.kind is Kind.UNREPRODUCED:
        if no_deal:
            hash = "The hash cannot be reproduced without the pack's manifest.json, which names the deal"
        elif not fits:
            hash = "No known profile reproduces the hash"
        else:
            hash = f"The hash could not be reproduced under {profile}, and the search could not be complete"
    elif verdict.shift:
        hash = "The hash belongs to this event under another sequence number: the number was changed"
    elif verdict.other:
        hash = f"The hash is not {profile}'s, but {verdict.other}'s"
    else:
        hash = f"The stored hash is not the hash of this event under {profile}"
    if linked is None:
        link = "the event before is not known, so the link was not checked"
    elif before is None:
        link = "it is the first of its chain"
    elif linked:
        link = "the link to the event before holds"
    else:
        link = "the link to the event before is broken"
    return f"{hash}; {link}."


def _notes(verdict: Verdict, entry: Entry, before: Entry | None, profile: HashProfile, shown: HashProfile) -> list[str]:
    notes = []
    hit = verdict.hit
    if hit is not None and shown.moment is not None:
        if hit.delta:
            notes.append(
                f"The time hashed was recovered: Δ = {hit.delta:+d} ms".replace("-", "−") + " from the stored one."
            )
        else:
            notes.append("The time hashed is the stored one: Δ = 0 ms.")
    if hit is not None and hit.reordered:
        notes.append("The order of the payload's keys was recovered: they are stored in another one.")
    if hit is not None and hit.rounded:
        notes.append("A number of the payload was recovered: the store had rounded it to 16 digits.")
    if verdict.shift:
        notes.append(f"It hashes under number {(entry.sequence or 0) - verdict.shift}; {entry.sequence} is stored.")
    if before is not None and entry.sequence is not None and before.sequence is not None:
        if entry.sequence == before.sequence:
            notes.append("The event before has the same sequence number.")
        elif entry.sequence != before.sequence + 1:
            notes.append(f"The event before has number {before.sequence}: numbers between are missing.")
    coverage = profile.coverage
    notes.append(f"Covered by the hash: {', '.join(coverage.covered)}.")
    notes.append(f"Not covered: {', '.join(coverage.uncovered)}.")
    return notes
