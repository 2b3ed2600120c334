"""The formats that are known, and which of them a ledger is. Each is imported when it is first asked."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import cast

from console.formats.protocol import Claim, Format, Sample

NAMES = ("smvm", "kernel", "swarm", "maysano", "zakops")


@cache
def by_name(name: str) -> Format:
    """The format of this name. Raises KeyError for a name that is not known."""
    if name not in NAMES:
        raise KeyError(name)
    return cast(Format, import_module(f"console.formats.{name}").FORMAT)


def all_formats() -> Iterator[Format]:
    """Every format, in the order of the systems."""
    return (by_name(name) for name in NAMES)


def recognise(sample: Sample) -> tuple[Format, Claim] | None:
    """The format that is surest of these records; None if none knows them."""
    claims = [(claim, form) for form in all_formats() if (claim := form.sniff(sample)) is not None]
    if not claims:
        return None
    claim, form = max(claims, key=lambda pair: pair[0].confidence)
    return form, claim
