"""Verification of everything under some paths."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.run.choice import executor_named
from console.engine.verify.many_ledgers import verify_ledgers
from console.engine.verify.results import Verification, VerifiedSoFar
from console.sources.protocol import Skipped


async def verify_paths(
    paths: Sequence[str],
    options: Options,
    *,
    executor: str,
    jobs: int | None = None,
    formats: Sequence[str] | None = None,
    progress: Callable[[VerifiedSoFar], None] | None = None,
) -> Verification:
    """Verify all ledgers on the executor of this name (see ``console.engine.run.choice``).

    With ``formats`` only the ledgers of these are. A profile that is asked for concerns the ledgers whose format has
    it. Never raises for what ledgers hold; raises ``ExecutorError``.
    """
    skipped: list[Skipped] = []

    def wanted() -> Iterator[tuple[Opened, Options]]:
        for item in open_ledgers(paths):
            if isinstance(item, Skipped):
                skipped.append(item)
            elif formats is None or item.format.name in formats:
                yield item, _suited(item, options)

    async with await executor_named(executor, jobs) as workers:
        return Verification(await verify_ledgers(wanted(), workers, progress), skipped)


def _suited(opened: Opened, options: Options) -> Options:
    """The options without a profile that the ledger's format does not know."""
    fits = any(profile.name == options.profile for profile in opened.format.profiles)
    return options if fits else replace(options, profile=None)
