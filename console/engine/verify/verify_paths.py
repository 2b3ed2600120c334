"""Verification of everything under some paths, ledger by ledger."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.verify.results import LedgerReport, Verification, VerifiedSoFar
from console.engine.verify.verification import check_ledger
from console.sources.base import Skipped


async def verify_paths(
    paths: Sequence[str],
    options: Options,
    *,
    jobs: int = 1,
    formats: Sequence[str] | None = None,
    progress: Callable[[VerifiedSoFar], None] | None = None,
) -> Verification:
    """Verify one ledger after the other, each in ``jobs`` processes where it can be cut.

    With ``formats`` only the ledgers of these are. A profile that is asked for concerns the ledgers whose format has
    it. Never raises for what ledgers hold.
    """
    verified: list[LedgerReport] = []
    skipped: list[Skipped] = []
    for item in open_ledgers(paths):
        if isinstance(item, Skipped):
            skipped.append(item)
        elif formats is None or item.format.name in formats:
            if progress:
                progress(VerifiedSoFar(item.name))
            verified.append(await check_ledger(item, _suited(item, options), _told(item, progress), jobs=jobs))
    return Verification(verified, skipped)


def _told(opened: Opened, progress: Callable[[VerifiedSoFar], None] | None) -> Callable[[int, int, int], None] | None:
    if progress is None:
        return None
    return lambda records, _, broken: progress(VerifiedSoFar(opened.name, records, broken))


def _suited(opened: Opened, options: Options) -> Options:
    """The options without a profile that the ledger's format does not know."""
    fits = any(profile.name == options.profile for profile in opened.format.profiles)
    return options if fits else replace(options, profile=None)
