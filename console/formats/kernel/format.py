"""The Kernel as a format: recognition and description; what reads and joins is imported when it is asked for."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from console.formats.kernel import profiles
from console.formats.kernel.answers import ANSWERS
from console.formats.kernel.authority.judge import Judge
from console.formats.kernel.authority.report import GATES
from console.formats.kernel.authority.table import rules_of
from console.formats.kernel.panels import judged_by, panels, payload_of
from console.formats.kernel.proof import prove, search
from console.formats.kernel.recognise import sniff
from console.formats.kernel.record import MANIFEST, PACK, Entry, deal_of, entry_at
from console.formats.kernel.relations import relations
from console.formats.protocol import Claim, Context, Format, Sample, SystemAnswer
from console.formats.relations import Relations
from console.formats.replayer import Replayer
from console.formats.report import Report
from console.formats.summary import summary
from console.model.event import Event, Panel, StreamKey
from console.model.ledger import Profile
from console.model.proof import Proof, SearchStep
from console.model.record import Record

if TYPE_CHECKING:
    from console.formats.kernel.chain.segments import Fetch, Summary
    from console.formats.kernel.reader import KernelReader


class KernelFormat(Format):
    """See ``console.formats.protocol.Format``."""

    name = "kernel"
    title = "Kernel deal ledger"
    description = (
        "Events of deals, each with a sequence number and a SHA-256 chain. The specification's formula and the one"
        " that the real kernel uses differ; both are known as profiles. Events written by the API's POST carry no hash"
        " at all, and the real kernel's own verify recomputes nothing: this console does."
    )
    companions: Sequence[str] = (MANIFEST,)
    ledgers = "deals: JSONL, API answers, the portal's table, evidence packs"
    stream_kinds = ("deal",)
    governed = True
    answers: Sequence[SystemAnswer] = ANSWERS
    reports: Sequence[Report] = (GATES,)

    @property
    def profiles(self) -> Sequence[Profile]:
        return [profile.described() for profile in profiles.PROFILES]

    def sniff(self, sample: Sample) -> Claim | None:
        return sniff(sample)

    def check_rules(self, text: str) -> None:
        rules_of(text)

    def reader(self, context: Context, *, columns: bool = True, segment: bool = False) -> "KernelReader":
        from console.formats.kernel.reader import KernelReader  # pydantic is imported only to read

        return KernelReader(context, columns=columns, segment=segment)

    def join(self, left: "Summary", right: "Summary", fetch: "Fetch") -> "Summary":
        from console.formats.kernel.chain.segments import join

        return join(left, right, fetch)

    def decode(self, record: Record, context: Context) -> Event:
        return _entry(record, context).event()

    def summary(self, event: Event) -> str:
        from console.formats.kernel.summary import SUMMARIES

        return summary(SUMMARIES, event.type, payload_of(event))

    def panels(self, event: Event, context: Context) -> Sequence[Panel]:
        return panels(event, context.shape, context.profile, rules_of(context.rules))

    def judged_by(self, event: Event, context: Context) -> Collection[str]:
        return judged_by(event, context.shape, rules_of(context.rules))

    def panels_in(self, event: Event, stream: Sequence[Event], context: Context) -> Sequence[Panel]:
        return panels(event, context.shape, context.profile, rules_of(context.rules), stream)

    def replayer(self, stream: StreamKey, context: Context) -> Replayer:
        from console.formats.kernel.replayer import replayer_of

        return replayer_of(context.shape, Judge(rules_of(context.rules)))

    def relations(self, event: Event) -> Relations:
        return relations(event)

    def prove(self, record: Record, before: Record | None, context: Context) -> Proof | None:
        earlier = None if before is None else _entry(before, context)
        return prove(_entry(record, context), earlier, context.shape, context.profile)

    def search(self, record: Record, before: Record | None, context: Context) -> Iterator[SearchStep]:
        """See ``console.formats.protocol.SearchingFormat``."""
        earlier = None if before is None else _entry(before, context)
        return search(_entry(record, context), earlier, context.shape, context.profile)


def _entry(record: Record, context: Context) -> Entry:
    deal = deal_of(context.companions) if context.shape == PACK else None
    return entry_at(record, context.shape, deal)


FORMAT = KernelFormat()
