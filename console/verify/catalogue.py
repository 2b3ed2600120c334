"""The findings that the console can make: code, severity, and what an investigator needs to know.

One table, so that a code means the same in every system, and reports, screen and documents explain it in the same
words.
"""

from dataclasses import dataclass
from typing import Any

from console.model.finding import Finding
from console.model.trust import Confidence, Severity


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What one code means. ``checked`` and ``next`` are sentences for people."""

    code: str
    severity: Severity
    title: str
    checked: str
    next: str


_CLOCKS = frozenset(("order.time-regression", "order.future-timestamp", "identity.id-time-mismatch"))
"""What rests on a writer's clock, which proves nothing."""


def finding(
    code: str, message: str, *, severity: Severity | None = None, confidence: Confidence | None = None, **place: Any
) -> Finding:
    """A finding of a catalogued code, with that code's severity and confidence unless others are given.

    Raises KeyError for a code that the catalogue does not hold.
    """
    severity = CATALOGUE[code].severity if severity is None else severity
    if confidence is None:
        confidence = Confidence.HEURISTIC if code in _CLOCKS else Confidence.PROVEN
    return Finding(code=code, severity=severity, confidence=confidence, message=message, **place)


def _entries() -> dict[str, CatalogueEntry]:
    note, warning, error, critical = Severity.NOTE, Severity.WARNING, Severity.ERROR, Severity.CRITICAL
    rows: list[tuple[str, Severity, str, str, str]] = [
        # record
        ("record.partial-tail", note, "The last record has no end yet", "That the ledger ends in a line end.", "Wait: a writer may be at work. If it stays, the writer was interrupted."),
        ("record.tail-replaced", warning, "An unfinished record was replaced", "That bytes without a line end stay where they were seen.", "A writer that repairs its file after a crash drops what it had not finished; so does one who replaces it. See what stands there."),
        ("record.invalid-utf8", error, "Bytes that are not UTF-8", "Every record's bytes, against RFC 3629.", "Look at the Raw tab in hex; find out which writer produced it."),
        ("record.invalid-json", error, "Not JSON", "Every record's bytes, against RFC 8259.", "Look at the Raw tab at the offset; torn writes and edits look like this."),
        ("record.not-an-object", error, "JSON, but not an object", "That each record is a JSON object.", "See if another kind of file was appended."),
        ("record.duplicate-key", error, "A key stands twice in one object", "Keys after unescaping, at any depth.", "Two readers may see two different events: compare both values in the Raw tab."),
        ("record.non-finite-number", error, "NaN, Infinity, or a number beyond a double", "Every number.", "The writer should write null or a string; other readers will refuse the line."),
        ("record.lone-surrogate", warning, "Half of a surrogate pair in a string", "Every escaped string.", "The escape is valid JSON, but names no text: other readers may replace it. Hashes are over the raw bytes; find out which writer produced it."),
        ("record.unsafe-integer", warning, "An integer beyond ±2^53", "Every integer.", "JavaScript cannot hold it exactly; a store may have rounded it."),
        ("record.too-large", error, "A record over the size cap", "Each record's length.", "It was hashed and skipped; extract it by its offset and length."),
        ("record.too-deep", error, "Nested too deeply", "The depth of brackets before parsing.", "No known writer does this: treat it as hostile."),
        ("record.nul-byte", error, "A NUL byte", "Every record's bytes.", "Typical of a file system after a crash, or of a hole in a sparse file."),
        ("record.byte-order-mark", note, "A byte order mark", "The first bytes of a record.", "Harmless, but a hash over the file covers it."),
        ("record.recovered", warning, "An event found inside a damaged line", "That a line holds one JSON object; in one that does not, whole objects are looked for.", "A torn write, two writers, a lost line end or a hole of zeros: the event itself is whole and is checked like any other; see what else stands in its line."),
        ("record.blank-line", note, "A blank line", "That each line holds a record.", "Harmless; it is kept and counted."),
        # container
        ("container.gzip-truncated", error, "The gzip stream ends early", "The end of every gzip member.", "Rows before the end were read. Fetch the file again or find its original."),
        ("container.gzip-trailing-data", error, "Data after the last gzip member", "What follows the last member.", "Someone appended to a compressed file: look at these bytes."),
        ("container.gzip-expansion-limit", error, "The gzip stream expands beyond the limit", "Ratio of decoded to stored bytes.", "Treat it as hostile; raise the limit only for a file that you trust."),
        ("container.json-truncated", error, "The document ends early", "The closing bracket of a JSON array or object.", "Records before the end were read. A writer may be at work: look again; else fetch the file again or find its original."),
        ("container.sqlite-corrupt", error, "The database is damaged", "Every page, as SQLite checks them, and every row.", "Readable rows are shown; a damaged page may hide others. Compare with a backup."),
        ("container.sqlite-beside", note, "Rows also come from a log or journal", "Which files beside the database were read with it, and that its header speaks of a log.", "A hash of the database does not cover them: keep them together. A log that the header does not speak of may be forged: look at the database without it, in a copy."),
        ("container.zip-manifest-mismatch", error, "A file differs from the pack's manifest", "SHA-256 of every file that the manifest names.", "Compare with the pack as it was handed over."),
        ("container.unreadable", error, "Cannot be read", "That the path is a readable regular file.", "See the message; check permissions and kind of file."),
        ("container.reader-failed", error, "The console failed to read it", "That the reader of its format comes to the end without an error of its own.", "Report the message: this is a fault of the console's. What stands before the place was checked, what follows was not."),
        ("container.not-recognised", error, "Not a ledger that the console knows", "The first records, against each format.", "`audit-console formats` lists what is known."),
        ("container.rewritten", error, "Its content changed while it was read", "The bytes that were read, against the file afterwards.", "Innocent where a writer was at work: verify it again. What the memory knew of it is compared then."),
        ("container.shrunk", error, "It became shorter while it was read", "The size of the file before and after.", "Innocent where it was rotated at that moment: verify it again. What the memory knew of it is compared then."),
        ("container.replaced", error, "Another file took its place while it was read", "The identity and the bytes of the file before and after.", "Innocent where it was rotated at that moment: verify it again. What the memory knew of it is compared then."),
        ("container.rotated", note, "The ledger is in several files", "Files of like names, and where a chain begins in its middle any file of the folder: that the chain, or else times and streams, go on from the end of one to the beginning of the other. A console that watches compares content.", "Nothing: the earlier files are the same ledger's past, and all of them were read. A record's number counts through them; its file is named beside it."),
        ("container.copy", note, "A copy of another file of the ledger", "The first records of files whose names are alike.", "Nothing, if somebody made a backup: it is read as a ledger of its own. Where the two differ, one of them was changed."),
        ("container.late-lines", warning, "Lines came after a rotation", "Size of the earlier file against what was read of it.", "The writer held the earlier file open: look at its last lines there. They belong between its records and the new file's."),
        ("container.compressed", note, "The ledger was compressed", "Content of the new archive against the ledger already read.", "Nothing: the archive holds the same records."),
        ("container.empty", note, "Empty", "That there are records.", "Nothing, unless something should be there."),
        ("container.several-lists", warning, "The object around the records holds several lists of them", "Each list under the object's keys.", "Readers that take one list miss the others: ask the writer which one counts."),
        # schema
        ("schema.missing-field", error, "A required field is missing", "The event against its system's schema.", "Find the writer's version; a hand-written event often lacks fields."),
        ("schema.wrong-type", error, "A field has the wrong type", "The event against its system's schema.", "Compare with neighbouring events of the same type."),
        ("schema.bad-pattern", error, "A field does not match its pattern", "Ids and hashes against the documented pattern (ASCII, whole value).", "A foreign or hand-made id: see where else it occurs."),
        ("schema.impossible-date", error, "A date that does not exist", "Every time stamp and dated id.", "No clock writes this: the value was made up or damaged."),
        ("schema.unknown-field", error, "A field that the schema does not know", "The event's keys against its system's schema.", "A newer writer, or an addition by hand."),
        ("schema.unknown-event-type", error, "An event type that is not known", "The type against the system's vocabulary.", "A newer writer, or a typing error."),
        ("schema.out-of-range", error, "A number outside its range", "Documented ranges; counts and durations are not negative.", "Look at the event's producer."),
        ("schema.not-in-vocabulary", warning, "A value outside the documented vocabulary", "Value hints of the documents.", "Often a newer value; compare with other runs."),
        ("schema.missing-version", warning, "No schema version", "That an event names its schema version.", "Known of older writers."),
        ("schema.unknown-version", warning, "An unknown schema version", "The version against the registry.", "The payload is shown, but not checked."),
        ("schema.coerced", warning, "A value was read as another type", "Values that the system's own reader would convert.", "Other readers may refuse or read it differently."),
        ("schema.inconsistent", warning, "Two fields contradict each other", "Business rules that tie fields of one event.", "Look at the event's producer: one of the two is wrong."),
        # identity
        ("identity.duplicate-event-id", error, "An event id stands twice", "Ids over the whole ledger.", "Compare both events: a replayed write, or a copy with changes."),
        ("identity.span-run-mismatch", error, "The span belongs to another run", "That span_id starts with run_id.", "The event may have been moved from another run."),
        ("identity.id-time-mismatch", warning, "Id and time stamp disagree", "The second in the id against the time stamp.", "A clock step, or a changed time stamp."),
        ("identity.mixed-runs", error, "Events of several runs in one partition", "That a run's file holds one run.", "Find out which writer shared the file."),
        # chain
        ("chain.hash-mismatch", critical, "The stored hash is not the hash of this event", "The hash, recomputed under the ledger's profile; the search was complete.", "A covered field or the hash was changed: walk the chain here, compare with a copy."),
        ("chain.previous-mismatch", critical, "The link to the event before is broken", "The stored previous hash against the stored hash of the event before.", "One of the two was changed, or an event between them is gone."),
        ("chain.sequence-gap", critical, "Sequence numbers are missing", "That each number follows the one before.", "Events were deleted or not exported: look for them in a copy."),
        ("chain.sequence-duplicate", critical, "A sequence number stands twice", "That each number is used once.", "Concurrent writers without a lock do this; so does a forger. Compare the branches."),
        ("chain.fork", critical, "The chain has two branches", "That each event has one successor.", "See which branch the later events build on."),
        ("chain.hash-missing", error, "A chained event has no hash", "That an event with a sequence number has its hash.", "The hash was removed, or a writer failed half way."),
        ("chain.not-reproducible", warning, "The hash could not be reproduced", "Every recoverable form within the budget; the search could not be complete.", "The link is judged apart; storage may have changed a number. `verify --search thorough` goes on searching; else compare with the writer's own copy."),
        ("chain.begins-later", error, "The chain begins before this ledger does", "The first event of each chain that is at hand: its number, and the previous hash that it names.", "Innocent where the ledger was rotated or exported in part: find the part that ends with the number and the hash named here, and verify both together. A deleted beginning looks the same."),
        ("chain.restarted", warning, "A new chain begins in the middle", "That only the first event names none before it.", "Innocent where a writer appended another run to the same file: both parts are told apart as streams. See if the first part has the end that it should have: nothing protects it."),
        ("chain.link-unknown", warning, "The link cannot be known", "The number and the previous hash of the first event behind a record that cannot be read.", "The unreadable record may be the one that is missed: repair it in a copy, or find it in another, and verify again. A deletion beside it would look the same."),
        ("chain.unchained-event", note, "Events that take part in no chain", "Sequence number and hashes.", "Nothing protects them but the console's own witness."),
        # data
        ("data.hash-mismatch", critical, "The payload's hash does not fit", "data_hash, recomputed from the payload at hand.", "The payload or the hash was changed."),
        ("data.hash-malformed", error, "Not a hash", "64 lower-case hex digits.", "The value protects nothing."),
        ("data.hash-unverifiable", note, "The payload is not at hand", "A search for the hashed payload.", "Put the run's inputs and outputs beside the ledger."),
        ("data.encrypted", note, "The event is encrypted", "That a record is no JWE in compact form.", "Without its key it is listed, not verified, and the verdict is incomplete: name the key's file in the setting key_file, or decrypt a copy and verify that."),
        ("data.decryption-failed", error, "An encrypted event does not open", "The authentication tag of a JWE, under the key that opens others of the same ledger.", "Innocent where the key was changed meanwhile: put both keys into the key file. Else the line was changed: compare with a replica."),
        ("data.integrity-check-failed", error, "The writer's own integrity check failed", "integrity_check_passed of the storing event.", "What was stored may be damaged: compare with a replica."),
        # order
        ("order.time-regression", error, "Time goes backwards", "Parsed instants in ledger order.", "A clock step, a late write, or reordering. Times without a zone go back by up to an hour when summer time ends: a warning."),
        ("order.future-timestamp", error, "A time later than now", "Instants against the clock of the check.", "A wrong clock on the writer or here."),
        ("order.naive-timestamp", note, "Times without a zone", "That each time names its zone.", "They are read as UTC; ask where the writer ran."),
        ("order.stage-order", warning, "A stage before its predecessor", "The documented order of stages.", "Look at the run's span tree."),
        ("order.stage-missing", note, "A stage is missing", "The documented stages.", "Known of real runs; see if it matters here."),
        # reference
        ("reference.orphan-parent", warning, "The parent is not in this ledger", "Parent ids against the ids seen.", "A filtered export, or a deleted event."),
        ("reference.cycle", error, "Events are their own ancestors", "Parent links.", "No writer does this in order: look at each link of the cycle."),
        ("reference.ambiguous-parent", warning, "Several events could be the parent", "Parent ids against ids that stand twice.", "Look at each candidate."),
        ("reference.parent-after-child", warning, "The parent comes after its child", "Positions and times of both.", "Late writes, a clock that was set back (also by the end of summer time), or reordering."),
        ("reference.unresolved", warning, "A reference leads nowhere", "References to entities of this ledger.", "See if the entity lives elsewhere."),
        # provenance
        ("provenance.id-mismatch", critical, "A deterministic id does not fit its event", "The id, recomputed from agent, time and name.", "One of these was changed, or the id was."),
        ("provenance.id-collision", warning, "A provenance id stands twice", "Provenance ids over the ledger.", "Same agent, same microsecond: children are ambiguous."),
        ("provenance.unverifiable", note, "Ids that cannot be recomputed", "That a recipe applies.", "Nothing: native events have no recipe."),
        # lifecycle
        ("lifecycle.illegal-transition", warning, "An event that its state does not allow", "The documented state machine.", "The system ignores it or went wrong: see the state before."),
        ("lifecycle.event-after-end", warning, "An event after the end", "That nothing follows a final event.", "A late writer, or an addition."),
        ("lifecycle.event-while-frozen", note, "An event while frozen", "What a freeze lets through.", "It changes no state."),
        ("lifecycle.event-before-creation", warning, "An event before its entity was created", "Creation before change, over all sequences of the ledger that name the thing.", "Innocent where a partial export starts in the middle: find the part before it. Else see who wrote the change."),
        ("lifecycle.event-after-deletion", error, "An event after deletion", "That nothing follows a deletion, unless the thing is created or restored again; also over several sequences, by time.", "See who wrote it, and if a restoration was not recorded."),
        # authority
        ("authority.role-not-permitted", error, "An actor whose role is not permitted", "The role that the event claims, and those that the ledger registered of its actor, against the rules of the action.", "Innocent where the role was given outside of this ledger: see who registered the actor. Operators may have rules of their own: see the setting `rules`."),
        ("authority.threshold-not-met", error, "Too few approvals", "Approvals of the action before its gate, by actors that may give them.", "The gate refuses this: see how the event was written, and if approvals are recorded elsewhere."),
        ("authority.approvals-not-distinct", warning, "One actor approved more than once", "The different actors among the approvals before a gate.", "The system counts them apart and lets the gate pass. Ask for the approval of another actor."),
        ("authority.material-missing", error, "A material that the gate needs is missing", "Materials of the deal before its gate, by type.", "See if the material was recorded under another type, or after the gate."),
        ("authority.truth-insufficient", error, "A material is not true enough for the gate", "The best truth of each type of material before its gate.", "See if the material was raised to the truth that it needs after the gate."),
        ("authority.override-used", warning, "A gate was passed by an override", "Overrides of the action since its gate was last passed, and what the gate's event says of one.", "The rules allow it: read the reasons that were attested, and who attested them."),
        ("authority.unverifiable", note, "What the ledger cannot show of authority", "Roles, approvals and materials, as far as the ledger holds them.", "Nothing speaks against the event. Look into the system's own tables."),
        # correlation
        ("correlation.missing-id", note, "Events without correlation ids", "trace, correlation and causation ids.", "Known of legacy rows."),
        ("correlation.mismatch", error, "Correlation ids disagree", "correlation_id against deal_id, and within a trace.", "The event may belong to another deal."),
        ("correlation.broken-causation", error, "The cause is not in the ledger", "causation_id against earlier events.", "A deleted or unrecorded event."),
        # retention
        ("retention.due", note, "Events are to be deleted soon", "Type and time of each event, against the retention that its system's document asks for.", "Nothing yet: see the due date, and what must be kept beside it."),
        ("retention.overdue", warning, "Events are older than their retention", "Type and time of each event, against the retention that its system's document asks for.", "Innocent where a retention run is late, or a hold keeps them. Never delete a whole file that also holds events which are kept for ever."),
        ("retention.premature-deletion", error, "Events were deleted before their time", "Due dates of the records that were seen, as the memory keeps them, against how many are gone.", "No retention run explains this: restore them from a copy, or find out who deleted them."),
        # outbox, inbox, replay, operation
        ("outbox.dead", error, "Dead letters", "Messages that were given up.", "Read last_error; deliver again by hand."),
        ("outbox.stalled", warning, "Undelivered for long", "Age and attempts of undelivered messages.", "See if the publisher runs."),
        ("outbox.row-missing", warning, "An event without a message", "The ids of events against the rows of the outbox beside them, as both stood when they were read.", "Event and message are written in one transaction: a message that was deleted after its delivery looks the same. See if the outbox is emptied by design."),
        ("outbox.event-missing", error, "A message without its event", "The ids of messages against the events beside them, archive and all.", "The event was deleted or never recorded, or the message was made by hand: compare with what the consumer got."),
        ("inbox.unpublished", warning, "Processed, but never published", "Ids of the inbox against the outbox beside it.", "The outbox may have been emptied after delivery; else find out who gave the consumer this message."),
        ("inbox.unknown", error, "Processed, but never recorded", "Ids of the inbox against the events and messages beside it.", "A foreign message, or a deleted event: ask what the consumer did with it."),
        ("inbox.duplicate", error, "Processed twice", "Event and consumer.", "See what the consumer did twice."),
        ("replay.value-discontinuity", warning, "A change does not start where the last one ended", "Old value against the last new value of the same field, in every usual spelling of the two.", "A change in between was not recorded, or one was altered or taken out. Innocent where the ledger is an export of some types alone."),
        ("operation.unstarted", error, "Ended, but never started", "Starts and ends of each item and phase, by their names.", "Part of the stream is missing, an item ended twice, or it has another name at its end than at its start."),
        ("operation.over-total", error, "More than the announced total", "Ends, good or bad, against the total that the phase announced.", "Look for items that ran twice, or for a total that counts other things."),
        ("operation.phase-order", warning, "Phases out of order", "The documented order of phases; that each begins and ends once, and behind the end of the one before.", "Look at the raw stream: two captures may have been joined, or blocks have changed places."),
        ("operation.interrupted", warning, "Something was started and has no end", "A final done or error; at the end of each phase and of the whole, that everything announced or started has its end.", "The connection broke, or the server did, or an end is missing in the capture. A total that names other things than it seems explains it innocently: look at the data of the events that are named."),
        # witness
        ("witness.edited", critical, "A record is not what it was when it was seen", "The hash of every record's bytes, against those remembered from earlier looks; the file was read twice.", "Innocent where a migration or a redaction changed it: `audit-console memory accept PATH --why TEXT` makes that the new base. Else compare with a copy: where one lies beside the ledger, the old and the new value of each field are named here."),
        ("witness.deleted", critical, "Records that were seen are gone", "The order of record hashes, against those remembered; the file was read twice.", "Innocent where a retention run removed them: accept it with the reason. Else restore them from a copy."),
        ("witness.inserted", critical, "Records appeared in the past", "The order of record hashes, against those remembered; the file was read twice.", "Innocent where late records were merged in by time: accept it with the reason. An append-only ledger only grows at its end: see who wrote them, and when."),
        ("witness.reordered", critical, "Records changed places", "The order of record hashes, against those remembered; the records themselves are the same.", "Innocent where an export sorts by a time that several records share, or a table was rebuilt. Else compare both orders."),
        ("witness.truncated", critical, "The ledger lost its end", "The number of records and their hashes, against those remembered.", "Innocent where a test or a restore began again: accept it with the reason. The chain of what is left still holds, so that nothing else shows it: restore the end from a copy."),
        ("witness.rolled-back", critical, "The ledger is exactly as it was earlier", "The tree over all record hashes, against the roots of earlier looks.", "Innocent where a backup or a snapshot was restored: find what came since, and accept it with the reason."),
        ("witness.replaced", critical, "Another ledger stands in this place", "Record hashes, against those remembered: none is here.", "Innocent where a name is used again: accept it with the reason. Else find out who replaced the file, and where the earlier one is."),
        ("witness.rewritten", critical, "Most records are not what they were", "Record hashes, against those remembered.", "Innocent where a tool wrote all records again, with other spacing or order of keys: accept it with the reason. Else compare both versions."),
        ("witness.rechained", critical, "Hashes were made again after a change", "Record hashes and the heads of chains, against those remembered; every hash of the chain that stands here holds.", "Innocent only where the writer itself was run again from the changed event on. Someone who knows the recipe changed history: only what was remembered shows it. Compare with a copy, and with whoever else keeps the old head."),
        ("witness.vanished", critical, "A ledger that was seen is gone", "The ledgers that are remembered of this path or folder, against those that are there; their records were looked for in the others.", "Innocent where a retention run or a move took it: `audit-console memory forget PATH`. Else find out who removed it."),
        ("witness.downgraded", critical, "The ledger proves less than before", "The profile under which its hashes hold, against the one remembered, where records changed as well.", "Innocent where its writer was changed: accept it with the reason. A forger who cannot make the stronger hashes uses weaker ones, or none."),
        ("witness.accepted", note, "A change was accepted", "The latest look that was made the new base, and the reason that was given.", "Nothing: what counted before is kept, and `audit-console memory show PATH` lists it. Ask whoever accepted it if the reason does not convince."),
        ("witness.first-seen", note, "What was remembered of it is lost", "The list of ledgers of its folder, which is kept apart: it names this one.", "Innocent where somebody cleared the state folder. Changes before this look cannot be seen: compare with a copy."),
        ("witness.rotated", note, "Its records are in another file now", "Record hashes of the other files, against those remembered.", "Nothing: the same records are still under watch there."),
    ]  # fmt: skip
    return {row[0]: CatalogueEntry(*row) for row in rows}


CATALOGUE = _entries()
