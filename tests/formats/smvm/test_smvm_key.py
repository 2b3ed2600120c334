"""Encrypted events are opened with the operator's key, and then checked like any other."""

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey

from console.config.settings import ENVIRONMENT
from console.formats.protocol import Context, Sample
from console.formats.smvm import FORMAT
from console.formats.smvm.hashes.encrypted import keys_of
from console.model.finding import Finding
from console.model.record import Record
from console.model.trust import Severity, Trust
from console.sources.companions import KEY_FILE
from tests.formats.smvm.test_every_field import LATER as NOW
from tests.support.both_ways import outcome
from tests.support.verdicts import Verdict, judge
from tests.support.writers.smvm import Event, data_hash, events, jsonl

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


def token(event: object, key: bytes = KEY, **header: str) -> bytes:
    made = {"alg": "dir", "enc": "A256GCM", **header}
    algorithms = ["dir", "A256GCM", "A128GCM", "DEF"]
    return jwe.encrypt_compact(made, json.dumps(event).encode(), OctKey.import_key(key), algorithms).encode()


def found(raws: Sequence[bytes], key: bytes) -> tuple[list[Trust], list[Finding]]:
    """Trust of each record, and findings, wherever the ledger is cut."""

    def make() -> object:
        return FORMAT.reader(Context("ledger", NOW, key=key))

    result = outcome(make, raws, [3])  # type: ignore[arg-type]  # a reader, as the helper wants it
    every = [*result["findings"], *result["standing"]]
    return [Trust(row[6]) for row in result["rows"]], [each for each in every if each.code != "data.hash-unverifiable"]


@pytest.mark.parametrize("clear", [0, 4, 8])
def test_opened_events_are_checked_like_any_other(clear: int) -> None:
    records = events()
    raws = [json.dumps(each).encode() if at < clear else token(each) for at, each in enumerate(records)]
    trust, some = found(raws, KEY)
    assert some == [] and trust[7] is Trust.VERIFIED and len(trust) == 9
    records[7]["metadata"] = records[7]["metadata"] | {"confidence_level": 0.99}
    records[8]["provenance"] = records[8]["provenance"] | {"compression_ratio": -1}
    trust, some = found([token(each) for each in records], KEY)
    assert [(each.code, each.record) for each in some] == [("data.hash-mismatch", 8), ("schema.out-of-range", 9)]
    assert trust[7] is Trust.BROKEN


def test_without_the_key_they_are_listed() -> None:
    for key in (b"", b"no key"):
        trust, some = found([token(each) for each in events()], key)
        (only,) = some
        assert (only.code, only.severity, only.count) == ("data.encrypted", Severity.NOTE, 9)
        assert {*trust} == {Trust.UNCHECKED}


def test_a_line_that_does_not_open_where_others_do_was_changed_or_has_another_key() -> None:
    raws = [token(each) for each in events()]
    raws[4] = raws[4][:-1] + (b"A" if raws[4][-1:] != b"A" else b"B")
    raws[4] = raws[4].replace(raws[4].split(b".")[3], b"A" * len(raws[4].split(b".")[3]))
    _, some = found(raws, KEY)
    failed = [each for each in some if each.code == "data.decryption-failed"]
    assert [(each.record, each.severity) for each in failed] == [(5, Severity.ERROR)]
    _, some = found([token(each) for each in events()], OTHER)  # none opens: another key is likelier
    (only,) = some
    assert only.code == "data.encrypted" and "none opens" in only.message


def test_only_one_algorithm_is_opened() -> None:
    event = events()[0]
    raws = [token(event, KEY[:16], enc="A128GCM"), token(event, zip="DEF")]
    _, some = found(raws, KEY)
    (only,) = some
    assert (only.code, only.count) == ("data.encrypted", 2) and "only dir with A256GCM" in only.message


def test_keys_of_a_file() -> None:
    text = base64.urlsafe_b64encode(KEY).rstrip(b"=")
    jwk = {"kty": "oct", "k": text.decode(), "kid": "a"}
    for data in (KEY, KEY.hex().encode() + b"\n", text, base64.b64encode(KEY), json.dumps(jwk).encode()):
        assert [key for _, key in keys_of(data)] == [KEY]
    both = {"keys": [jwk, {**jwk, "kid": "b", "k": base64.urlsafe_b64encode(OTHER).decode()}, {"kty": "RSA"}, 7]}
    assert [name for name, _ in keys_of(json.dumps(both).encode())] == ["a", "b"]
    raws = [token(events()[0], OTHER, kid="b"), token(events()[1], KEY, kid="a"), token(events()[2], KEY, kid="c")]
    _, some = found(raws, json.dumps(both).encode())
    assert [(each.code, each.count) for each in some if each.code.startswith("data.")] == [("data.encrypted", 1)]
    for data in (b"", b"short", b"{", b'{"keys": 7}', b'{"kty": "oct", "k": "AA"}', b"\xff" * 31, b"0" * 63):
        assert keys_of(data) == ()


def test_what_is_shown_of_an_opened_event() -> None:
    raw = token(events()[7])
    record, context = Record(1, 0, len(raw), raw), Context("ledger", NOW, key=KEY)
    event = FORMAT.decode(record, context)
    assert (event.type, event.event_id) == ("DECIDED", events()[7]["event_id"])
    proof = FORMAT.prove(record, None, context)
    assert proof is not None and proof.trust is Trust.VERIFIED
    assert FORMAT.decode(record, Context("ledger", NOW)).type == "encrypted"


def test_a_ledger_of_encrypted_events_alone_is_recognised() -> None:
    claim = FORMAT.sniff(Sample("x", "jsonl", None, [token(each) for each in events()]))
    assert claim is not None and not claim.alike and claim.shape == "ledger"
    assert FORMAT.sniff(Sample("x", "jsonl", None, [b"a.b.c.d.e", b"eyJhIjoxfQ.x.y"])) is None


def test_long_lines_and_lines_written_as_texts_are_recognised_in_a_file(tmp_path: Path) -> None:
    long = [each | {"agent_id": "a" * 20_000} for each in events()]
    for at, raws in enumerate(([token(each) for each in long], [b'"' + token(each) + b'"' for each in events()])):
        path = tmp_path / f"{at}.log"
        path.write_bytes(b"\n".join(raws) + b"\n")
        verdict = judge(path)
        assert (verdict.codes, verdict.report["totals"]["events"]) == (["data.encrypted"], 9)
    path.write_bytes(b"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk\n" * 5)  # signed, not encrypted
    assert judge(path).codes == ["container.not-recognised"]


def judged(folder: Path, records: list[Event], *options: str) -> Verdict:
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(token(each) + b"\n" for each in records))
    return judge(path, *options)


def test_the_verdict_with_and_without_the_key_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_FILE, raising=False)
    assert f"{ENVIRONMENT}KEY_FILE" == KEY_FILE
    without = judged(tmp_path, events())
    assert (without.report["verdict"], without.code, without.codes) == ("incomplete", 3, ["data.encrypted"])
    key = tmp_path / "key.txt"
    key.write_text(KEY.hex())
    config = tmp_path / "config.toml"
    config.write_text(f'key_file = "{key}"\n')
    good = judged(tmp_path, events(), "--config", str(config))
    assert (good.report["verdict"], good.code) == ("consistent", 0)
    assert "data.encrypted" not in good.codes and good.report["ledgers"][0]["streams"][0]["events"] == 9
    records = events()
    records[7]["data_hash"] = data_hash("other")
    assert judged(tmp_path, records, "--config", str(config)).report["verdict"] == "findings"
    os.environ.pop(KEY_FILE, None)
    (tmp_path / "events.jsonl").write_bytes(jsonl(events()[:3]) + token(events()[3]) + b"\n")
    assert judge(tmp_path / "events.jsonl").report["verdict"] == "incomplete"
