"""The README of the sample ledgers: where to start, what to press, and what there is to find.

Its facts are taken from the story, so that text and ledgers cannot come apart.
"""

from console.samples import kernel, story


def guide() -> str:
    """The text, with its facts taken from the story and the ledgers themselves."""
    approval = kernel.approval_sequence()
    approved, claimed = f"{story.APPROVED:,}", f"{story.CLAIMED:,}"
    return f"""\
# Sample ledgers: the evening of Harbour Point

Invented ledgers of all five systems, about 5,000 events, most of them healthy. `python -m console.samples DIR`
makes exactly these files again. Nothing in them comes from a real company, person or system.

## The case

On 14 October 2025 the fund Tidewater buys the apartment building **{story.DEAL_NAME}**. In the morning the
committee approves the purchase. In the afternoon it closes. At night the auditor, Jonas Brandt, hears that every
ledger agrees with the signed papers, which say {claimed} dollars. He remembers a lower figure.

You are Jonas. You have ten minutes:

    audit-console sample_ledgers

## Ten minutes

1. **Overview.** Ledgers, the worst first, each with a trust state and its worst finding. Press `a`: all events,
   merged by time. Then `F`: all findings, grouped by cause. Five systems have something to say about the evening of the
   14th; what does not belong to it is listed under "Also tampered" below. `Esc` brings you back, twice to the overview.
2. **The morning's warning.** Open the ledger of run `{story.FLAG_RUN}` (below
   `smvm/runs/{story.PROJECT}`) with `Enter`. Filter with `/` and `type:FLAGGED`: a critical flag, to be escalated.
   `Esc` clears the filter. Go to `DECIDED`. Its metadata does not hash to its `data_hash`. What did the stage really
   decide? `outputs/decision.output.json` beside the ledger still says.
3. **The approval.** On `kernel/deals.jsonl` press `Space` to see its streams, the worst first. Open the deal
   `{story.DEAL_ID}` with `Enter` and walk its chain with `w`. `g` goes to the first link,
   `N` to the next broken one: number {approval}, `DealApproved`. Read the bytes that were hashed: the amount is
   in them. `Esc` leaves the walk.
4. **What it was before.** `kernel/deals-backup.jsonl.gz` was made at 18:00. Open the same deal there and compare
   event {approval}: this chain holds. `kernel/evidence-pack.zip`, made at 16:30, is a third witness.
5. **Who.** `swarm/harbour-point.jsonl`: `Enter`, then `F`, and `Enter` on each finding. One tool call's id does not
   belong to the tool that the line names. One intervention hangs on a parent that is not there.
6. **How.** `zakops/ingest_state.db`, action `{story.ACTION_ID}`: `created`, then `started`. What is missing between
   the two? In `zakops/events.db` look at the trace `{story.TRACE_ID}`.
7. **Why nobody knew.** The outbox in `zakops/events.db`: one message is dead, one is stuck. To whom was the first?
8. **Covering up.** `maysano/objective-history.json`, objective `{story.OBJECTIVE_ID}`: the last change starts from
   a value that no change had left there.

`q` quits. The same from a shell (exit code 1: something was found):

    audit-console verify sample_ledgers
    audit-console verify sample_ledgers/kernel/deals.jsonl --stream {story.DEAL_ID} --as kernel

Each system's own questions are commands, and screens behind `R`; `c` shows what caused an event:

    audit-console gates sample_ledgers/kernel/api-events.json     # who was allowed to, and the one override
    audit-console delivery sample_ledgers/zakops                  # the dead message and the stuck one
    audit-console operations sample_ledgers/maysano               # the set-up that broke off
    audit-console trace sample_ledgers {story.TRACE_ID}   # what carries this id, in all ledgers

## What is here

| ledger | what it is | state |
|---|---|---|
| `kernel/deals.jsonl` | {len(story.DEALS) + 1} deals, `kernel-doc/1` | one approval edited |
| `kernel/deals-backup.jsonl.gz` | the same at 18:00, compressed | healthy |
| `kernel/audit.jsonl` | three deals, `kernel-audit/1`; times and key orders are recovered | healthy |
| `kernel/audit-event-deleted.jsonl` | one of them without an event | sequence gap |
| `kernel/audit-forked.jsonl` | one of them where two writers took the same place | fork |
| `kernel/api-events.json` | an API answer; events posted over it are in no chain | one approval with an override |
| `kernel/portal.db` | the portal's events, `kernel-bff/1` | healthy |
| `kernel/evidence-pack.zip` | {story.DEAL_NAME}'s evidence pack, `kernel-pack/1` | healthy |
| `smvm/runs/…/events.jsonl`, `.gz` | validation runs | one decision edited |
| `smvm/runs/nightly/…` | step events of the pipeline | healthy |
| `smvm/memory/events.json` | memory store | healthy |
| `swarm/simulation.jsonl` | three runs, lines in three shapes | healthy |
| `swarm/provenance.jsonl` | traces: message, tool, artifact, audit, intervention | healthy |
| `swarm/harbour-point.jsonl` | the desk on the evening of the 14th | edited name, orphan |
| `swarm/episode.jsonl` | hash-linked episode, `swarm-simapi/1` | healthy |
| `swarm/episode-edited.jsonl` | the same with a vote turned | hash mismatch |
| `maysano/structural-events.json` | products, KPIs, SLA profiles | healthy |
| `maysano/product-activities.jsonl` | activities of six products | healthy |
| `maysano/objective-history.json` | four objectives | one change missing |
| `maysano/batch-setup.sse` | a batch set-up, complete | healthy |
| `maysano/batch-setup-interrupted.sse` | the same, broken off | interrupted |
| `zakops/ingest_state.db` | action audit | one start without approval |
| `zakops/agent_events.jsonl` | agent events with traces | healthy |
| `zakops/events.db` | agent events, outbox, inbox of the last days | dead letter, stuck message |

## What you should have found

- **SMVM** `{story.FLAG_RUN}`: `data.hash-mismatch` on DECIDED. The ledger says `proceed_as_offered` with confidence
  0.86; the hash is that of `renegotiate_price` with 0.91 and a ceiling of {approved}. The flag of the same run was
  critical and asked to stop the offer.
- **Kernel** `deals.jsonl`, {story.DEAL_NAME}, sequence {approval}: `chain.hash-mismatch`. The ledger says an
  approved amount of {claimed}; the backup, whose chain holds, says {approved}. Only this event was changed: the
  links after it hold, because its stored hash was left alone.
- **SWARM** `harbour-point.jsonl`: `provenance.id-mismatch`. The call that names `verify_deal_amount` was
  `update_deal_amount`: with that name the ids come out right. And `reference.orphan-parent`: the council's audit,
  on which the freeze of `{story.ASSISTANT}` hangs, was taken out.
- **ZakOps**: `lifecycle.illegal-transition`: `{story.ACTION_ID}` went from waiting for approval straight to
  `started`. In the outbox `outbox.dead`: the notice of the change went to a mailbox that does not exist, five
  times; and `outbox.stalled`: the one after it waits.
- **Maysano**: `replay.value-discontinuity`: the objective was set to {approved} in the morning and changed *from*
  {claimed} in the evening. The step between is missing.

So: the committee approved {approved}. From 19:16 on the desk's assistant, started without approval, wrote
{claimed} into the closed deal; the decision, the tool's name and the objective were changed to fit, the audit that
objected was removed, and the notice was sent nowhere. What no chain can tell is who asked for it.

**Also tampered**, to practise on: `kernel/audit-event-deleted.jsonl` (`chain.sequence-gap`,
`chain.previous-mismatch`: a denial of approval is missing), `kernel/audit-forked.jsonl`
(`chain.sequence-duplicate`, `chain.fork`: no attacker is needed for this one), `swarm/episode-edited.jsonl`
(`chain.hash-mismatch`), `maysano/batch-setup-interrupted.sse` (`operation.interrupted`).
"""
