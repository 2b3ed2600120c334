"""The three queries of changes: the library's functions and the README's filters find the same events."""

import json
import re
from typing import Any

from console import api
from tests.support.places import ROOT, SAMPLES

EXAMPLE = re.compile(r"^(\w+)\(\"([\w-]+)\", paths=.*?--where '(.*?)'$", re.MULTILINE)


def test_they_find_the_same(call: Any) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## For programs")[2]
    examples = EXAMPLE.findall(text)
    assert len(examples) == 3
    folder = SAMPLES / "maysano"
    for function, argument, where in examples:
        events = getattr(api, function)(argument, paths=folder)
        done = call("events", folder, "--where", where, "--format", "jsonl", "--no-memory")
        listed = [json.loads(line) for line in done.out.splitlines()]
        times = sorted(each["time"][:23] for each in listed)
        assert times == sorted(each["createdAt"][:23] for each in events) and events, where
