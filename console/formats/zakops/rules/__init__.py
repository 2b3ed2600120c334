"""The stateful rules of ZakOps, one stream at a time: a state, an event, and the remarks on it. Pure.

Documents give the life of each thing twice: as rows of action_audit_events with a status machine, and as events of
agent_events whose order is only implied. Where the documents forbid something the remark is a warning; where a ledger
merely begins in the middle, or nothing but an id that is missing could distinguish two things, it is a note.
"""
