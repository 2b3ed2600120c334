"""What the files beside a run's ledger prove: payloads whose hash an event names, and the run's own ``hashes.json``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from console.formats.protocol import DIGEST
from console.formats.reading.findings import Place
from console.formats.reading.saved_state import unpack
from console.formats.smvm.hashes.integrity import RULES, canonical, digest
from console.formats.smvm.record import REAL_RUN_ID, RUN_ID, SHA256
from console.model.finding import Finding
from console.model.trust import Confidence
from console.verify.catalogue import finding

PATTERNS = ("hashes.json", "meta.json", "metadata.json", "seeds.json", "inputs/*.json", "outputs/*.json")


def read_json(data: bytes) -> Any:
    """The document, or None where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def payload_names(companions: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each payload at hand, by the rules and as raw text, with a name such as
    ``outputs/decision.output.json, default separators``. A file's members count as payloads too."""
    names: dict[str, str] = {}
    for name, data in _payloads(companions):
        names.setdefault(sha256(data).hexdigest(), name)
    return names


def payload_bytes(companions: Mapping[str, bytes], data_hash: str) -> tuple[str, bytes] | None:
    """The payload that has this hash: its name and the exact bytes that were hashed."""
    return next((each for each in _payloads(companions) if sha256(each[1]).hexdigest() == data_hash), None)


def _payloads(companions: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for path, data in companions.items():
        if not path.startswith(("inputs/", "outputs/")):
            continue
        yield f"{path}, its bytes", data
        document = read_json(data)
        parts: list[tuple[str, Any]] = [(path, document)] if isinstance(document, dict | list) else []
        if isinstance(document, dict):
            parts += [(f"{path}, {key}", part) for key, part in document.items() if isinstance(part, dict | list | str)]
        for name, part in parts:
            for form, separators in RULES:
                yield f"{name}, {form}", canonical(part, separators)


def run_of(companions: Mapping[str, bytes]) -> str | None:
    """The run that the folder belongs to, as its metadata says."""
    for path in ("meta.json", "metadata.json"):
        document = read_json(companions.get(path, b""))
        if isinstance(document, dict) and isinstance(document.get("run_id"), str):
            return str(document["run_id"])
    return None


def run_of_folder(path: str) -> str | None:
    """The run that the folders of a ledger's path, or its own name, belong to; None where none is named as runs are."""
    for step in reversed(path.split("/")):
        name = step.partition(".")[0]
        if RUN_ID.fullmatch(name) or (RUN_ID.match(name) and REAL_RUN_ID.fullmatch(name)):
            return name
    return None


@dataclass(slots=True)
class Attempt:
    """One way to hash an event: how many of the list it met, and where it first did not."""

    met: int = 0
    differs: tuple[int, str, Place] | None = None


class EventHashes:
    """The ``events`` list of ``hashes.json``, compared as the ledger is read.

    What exactly is hashed there is not documented: the record's bytes, and the event in both canonical forms and in its
    own key order, are tried, and the form that meets most of the list is believed.
    """

    FORMS = ("the record's bytes", "sorted keys, default separators", "sorted keys, compact", "own key order")

    def __init__(self, listed: Sequence[str]) -> None:
        self.listed = listed
        self.seen = 0
        self.attempts = [Attempt() for _ in self.FORMS]

    def add(self, raw: bytes, place: Place) -> None:
        """The next event of the ledger."""
        index = self.seen
        self.seen += 1
        wanted = self.listed[index] if index < len(self.listed) else None
        event = read_json(raw)
        hashes = (
            sha256(raw.removesuffix(b"\r")).hexdigest(),
            digest(event),
            digest(event, RULES[1][1]),
            sha256(json.dumps(event).encode()).hexdigest(),
        )
        for attempt, found in zip(self.attempts, hashes, strict=True):
            if found == wanted:
                attempt.met += 1
            elif attempt.differs is None:
                attempt.differs = index, found, place

    def standing(self) -> list[Finding]:
        """The comparison as of now: nothing, the first index that differs, or that no form fits."""
        if not self.seen:
            return []
        best = max(self.attempts, key=lambda attempt: attempt.met)
        form = self.FORMS[self.attempts.index(best)]
        if not best.met:
            message = (
                f"None of the {len(self.listed)} event hashes in hashes.json could be reproduced: its form is unknown."
            )
            return [finding("data.hash-unverifiable", message, standing=True, count=self.seen)]
        if best.differs is not None:
            index, found, place = best.differs
            listed = self.listed[index] if index < len(self.listed) else None
            message = (
                f"Index {index} is the first event whose hash is not the one in hashes.json ({form})."
                if listed
                else f"hashes.json ends before index {index}: it lists {len(self.listed)} events."
            )
            return [
                finding(
                    "data.hash-mismatch",
                    message,
                    confidence=Confidence.RECOMPUTED,
                    record=place.ordinal,
                    offset=place.offset,
                    length=place.length,
                    expected=listed,
                    actual=found,
                    field=f"hashes.json events[{index}]",
                    standing=True,
                )
            ]
        if self.seen < len(self.listed):
            message = f"hashes.json lists {len(self.listed)} events, but the ledger has only {self.seen} of them."
            return [finding("data.hash-mismatch", message, expected=self.listed[self.seen], standing=True)]
        return []

    def dump(self) -> Any:
        """For ``load``, packed."""
        return self.seen, [(each.met, each.differs) for each in self.attempts]

    def load(self, data: bytes) -> None:
        kind = tuple[int, list[tuple[int, tuple[int, str, Place] | None]]]
        self.seen, attempts = unpack(data, kind)
        self.attempts = [Attempt(*each) for each in attempts]


def event_hashes(companions: Mapping[str, bytes]) -> EventHashes | None:
    """The comparison with ``hashes.json``, if it is at hand and lists events."""
    document = read_json(companions.get("hashes.json", b""))
    listed = document.get("events") if isinstance(document, dict) else None
    return EventHashes([str(each) for each in listed]) if isinstance(listed, list) and listed else None


def listed(companions: Mapping[str, bytes]) -> dict[str, object]:
    """The files of ``hashes.json`` by their path relative to the ledger's folder, with what it lists for each."""
    document = read_json(companions.get("hashes.json", b""))
    if not isinstance(document, dict):
        return {}
    metadata = "meta.json" if "meta.json" in companions and "metadata.json" not in companions else "metadata.json"
    files = {"metadata": metadata, "seeds": "seeds.json"}
    found = {path: document[name] for name, path in files.items() if name in document}
    artifacts = document.get("artifacts")
    if isinstance(artifacts, dict):
        found |= {_inside(path): each for path, each in artifacts.items()}
    return found


def _inside(path: str) -> str:
    """A path as it is in the run's folder, where it is written as seen from above."""
    steps = path.removeprefix("./").split("/")
    run = next((at for at, step in enumerate(steps[:-1]) if RUN_ID.fullmatch(step)), -1)
    return "/".join(steps[run + 1 :])


def file_findings(companions: Mapping[str, bytes]) -> list[Finding]:
    """Files beside the ledger that are not those which ``hashes.json`` lists."""
    return [found for path, wanted in listed(companions).items() if (found := _file_finding(path, wanted, companions))]


def _file_finding(path: str, wanted: object, companions: Mapping[str, bytes]) -> Finding | None:
    if not isinstance(wanted, str) or SHA256.fullmatch(wanted) is None:
        message = f"hashes.json lists no SHA-256 for {path}."
        return finding("data.hash-malformed", message, field=path, actual=str(wanted)[:200], standing=True)
    data, digested = companions.get(path), companions.get(f"{DIGEST}{path}")
    if data is not None:
        content = read_json(data)
        hashes = [sha256(data).hexdigest(), *(digest(content, separators) for _name, separators in RULES)]
    elif digested is None:
        return None  # too large, out of the folder, or in an archive: nothing is known of it
    elif not digested:
        message = f"hashes.json lists {path}, which is not there."
        return finding("reference.unresolved", message, field=path, expected=wanted, standing=True)
    else:
        hashes = [digested.decode()]
    if wanted in hashes:
        return None
    return finding(
        "data.hash-mismatch",
        f"{path} is not the file that hashes.json lists.",
        confidence=Confidence.RECOMPUTED,
        field=path,
        expected=wanted,
        actual=hashes[0],
        standing=True,
    )
