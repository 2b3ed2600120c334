"""The formats that are known, what they declare together, and which of them a ledger is.

Ours are the packages beside this module: found by their names, and imported when they are first asked. Others come from
installed packages, by the entry point group ``audit_console.formats``: its name is the format's, its value an object
that is a ``Format``. Foreign code may fail in any way, and then costs its own format and nothing else: ``broken`` says
which and why.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

import console.formats
from console.formats.export_form import ExportForm
from console.formats.protocol import Claim, Format, Sample, SystemAnswer
from console.formats.report import Report
from console.model.ledger import Profile
from console.verify.catalogue import CATALOGUE, CatalogueEntry

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "audit_console.formats"
_SHARED = frozenset(("json", "reading"))
"""Packages beside this module that are no formats."""
HOUSE = ("custody",)
"""Formats of the console's own ledgers: packages beside this module that are no systems."""
_NAME = re.compile("[a-z][a-z0-9_-]*")
_KIND = re.compile("[a-z]+")
_REPORT = re.compile("[a-z]+(-[a-z]+)*")
_REASON = 300
"""Characters of an error that are repeated."""


class UnknownFormatError(LookupError):
    """No format has this name, or it cannot be used. The message is for people."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A format that cannot be used, and why, in a sentence."""

    name: str
    why: str


_broken: dict[str, Broken] = {}
_added: list[str] = []
"""Codes that other packages brought into the catalogue."""


@cache
def own_names() -> tuple[str, ...]:
    """Names of the systems whose formats come with the console."""
    found = iter_modules(console.formats.__path__)
    return tuple(sorted(each.name for each in found if each.ispkg and each.name not in {*_SHARED, *HOUSE}))


@cache
def _plugged() -> "dict[str, EntryPoint]":
    """Formats of other packages by name; a name of ours stays ours."""
    from importlib.metadata import entry_points  # costs more than all else here, and by_name of ours needs it never

    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        if _NAME.fullmatch(point.name) is None:
            _break(point.name, point, "a format's name has lower-case letters, digits, _ and - only")
        elif point.name in found or point.name in (*own_names(), *HOUSE):
            _break(f"{point.name} ({point.value})", point, f"there is another format called {point.name}")
        else:
            found[point.name] = point
    return found


def by_name(name: str) -> Format:
    """The format of this name. Raises ``UnknownFormatError``."""
    form = _load(name)
    if form is None:
        known = _broken.get(name)
        raise UnknownFormatError(known.why if known else f"The format {name} is not installed.")
    return form


@cache
def _load(name: str) -> Format | None:
    if name in (*own_names(), *HOUSE):
        return cast(Format, import_module(f"console.formats.{name}").FORMAT)
    point = _plugged().get(name)
    if point is None:
        return None
    try:
        form = cast(Format, point.load())
        if wrong := _wrong(name, form):
            _break(name, point, wrong)
            return None
        for entry in form.codes:
            CATALOGUE[entry.code] = entry
            _added.append(entry.code)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a package of somebody else, which may do anything
        _break(name, point, f"{type(error).__name__}: {error}"[:_REASON])
        return None
    return form


def _wrong(name: str, form: Format) -> str:
    """What a format of another package must not be; '' if all is well."""
    if form.name != name:
        return f"it calls itself {form.name}"
    if not (form.title and form.description and form.ledgers):
        return "it declares no title, description or ledgers"
    if odd := [kind for kind in form.stream_kinds if _KIND.fullmatch(kind) is None]:
        return f"{odd[0]!r} is no kind of streams: lower-case letters only"
    if odd := [entry.code for entry in form.codes if entry.code in CATALOGUE]:
        return f"the code {odd[0]} has a meaning already"
    if named := [each.name for each in form.reports if _REPORT.fullmatch(each.name) is None]:
        return f"{named[0]!r} is no name of a report: lower-case letters and - only"
    return ""


def _break(name: str, point: "EntryPoint", why: str) -> None:
    of = f" of the package {point.dist.name}" if point.dist is not None else ""
    _broken[name] = Broken(name, f"The format {name}{of} cannot be used: {why}.")


def all_formats() -> Iterator[Format]:
    """Every format that can be used: ours, then those of other packages, each by name."""
    return (
        form
        for form in map(_load, (*own_names(), *HOUSE, *_plugged()))
        if form is not None and form.name not in _broken
    )


def broken() -> Sequence[Broken]:
    """Formats of other packages that cannot be used."""
    for _ in all_formats():
        pass
    return [*_broken.values()]


def recognise(sample: Sample) -> tuple[Format, Claim] | None:
    """The format that is surest of these records, or that they look like most; None if none knows them."""
    claims = [(form, claim) for form in all_formats() if (claim := _claim(form, sample)) is not None]
    return max(claims, key=lambda each: (not each[1].alike, each[1].confidence), default=None)


def _claim(form: Format, sample: Sample) -> Claim | None:
    try:
        return form.sniff(sample)
    except Exception as error:
        point = _plugged().get(form.name)
        if point is None:
            raise
        # A package of somebody else: it is not asked again.
        _break(form.name, point, f"it fails to look at records, {type(error).__name__}: {error}"[:_REASON])
        return None


def forget() -> None:
    """Look again for packages: some were installed or removed since."""
    for known in (_plugged, _load, stream_kinds, flag_levels):
        known.cache_clear()
    for code in _added:
        CATALOGUE.pop(code, None)
    _added.clear()
    _broken.clear()


# -- what all of them declare


@cache
def stream_kinds() -> tuple[str, ...]:
    """Kinds of streams, each once."""
    return tuple(dict.fromkeys(kind for form in all_formats() for kind in form.stream_kinds))


@cache
def flag_levels() -> tuple[str, ...]:
    """Values of the fact ``flagged`` that put a stream on top, the highest last. Those of several systems are put
    together from the top."""
    ranked = {
        level: (-behind, order)
        for order, form in enumerate(all_formats())
        for behind, level in enumerate(reversed(form.flags))
    }
    return tuple(sorted(ranked, key=lambda level: ranked[level]))


def profiles() -> list[Profile]:
    """All hash profiles."""
    return [profile for form in all_formats() for profile in form.profiles]


def answers() -> dict[str, tuple[Format, SystemAnswer]]:
    """What systems' own software would answer, by name."""
    return {answer.name: (form, answer) for form in all_formats() for answer in form.answers}


def reports() -> dict[str, tuple[Format, Report]]:
    """Reports by name, and whose each is; of two with one name the first."""
    found: dict[str, tuple[Format, Report]] = {}
    for form in all_formats():
        for report in form.reports:
            found.setdefault(report.name, (form, report))
    return found


def exports() -> list[tuple[Format, ExportForm]]:
    """Forms of export that are a system's own."""
    found: list[tuple[Format, ExportForm]] = []
    for form in all_formats():
        try:
            found += [(form, each) for each in form.exports]
        except Exception as error:
            point = _plugged().get(form.name)
            if point is None:
                raise
            # A package of somebody else.
            _break(form.name, point, f"it fails to name its forms, {type(error).__name__}: {error}"[:_REASON])
    return found


def catalogue() -> Mapping[str, CatalogueEntry]:
    """What each finding code means, also those that only one system has."""
    for _ in all_formats():
        pass
    return CATALOGUE
