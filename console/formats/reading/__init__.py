"""What the readers of all systems share: policies that are written once.

    reader.LedgerReader  the base. Hooks: plain(scan) which(scan) notable(run) quiet(run, low, high) look(record)
                         lost(place) unreadable(…) standing() facts() state() restore(…) restored(); see its module
    reader.Look          one record to look at: place, raw, document, problems, typed (as its type wants it)
    runs.Run, Typed      plain records that stand together: scan (their columns), objects, place(row), part(low, high)
    clock.Clock          reader.clock.now, .latest, .latest_local (a time without a zone): they go on with time
    findings.Recorder    reader.findings: begin(place, event_id, stream) · add(code, message, group=, each=) · remark(…)
                         · count(code, message, group, times=, place=); self.row(place, …) takes them
    holes.Holes          reader.holes: where records cannot be read · between(low, high), Excuses of one walk
    columns.Columns      reader.columns: stream(kind, key), set_of(codes) give codes · rows(run.part(…), time=…, …)
    streams.Streams      states of streams: follow(kind, key) · touch(stream) · changed() · save() · restore(…)
    bulk_hashes          BulkHashes: hashes of a declared profile, many at once · list_order: lists written newest first
    cutting, pieces      what readers get of damaged lines: whole objects, and what is between them
    saved_state          pack, unpack: MessagePack that survives halves of surrogate pairs

``profile``, ``bulk``, ``fields``, ``types``, ``tolerated`` and ``run_type`` are attributes of a reader's class. What a
reader cannot do it has no method for: see ``RewalkingReader`` in ``console.formats.protocol``.
"""
