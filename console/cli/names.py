"""Names and exit codes that the commands share."""

NAME = "audit-console"
USAGE, UNVERIFIED, INTERRUPTED, PIPE_CLOSED = 2, 3, 130, 141
"""Exit codes beside 0 and 1. 141 is what a shell reports of a program that wrote to a closed pipe."""
COMMANDS = {
    "verify": "Verify ledgers and report what was found.",
    "findings": "List findings, grouped by cause, the worst first.",
    "events": "Print events.",
    "export": "Write events to files: CSV, graphs and other forms.",
    "streams": "List the streams: runs, deals, actions and so on.",
    "state": "Print the state of a stream at a moment, and the events that made it.",
    "trace": "Print what caused an event and what it caused, over all ledgers.",
    "ledgers": "List the ledgers that are there.",
    "memory": "Show what was seen of ledgers; accept changes, or forget.",
    "custody": "List what was done with this console: who, when, on which ledgers.",
    "explain": "Say what a finding means and what to do next.",
    "formats": "List formats, containers and profiles, and what each covers.",
    "locate": "Say where config, index, witness, custody and casebook are, and which scanner runs.",
    "drill": "Write live ledgers with planted faults, for training and to try alarms.",
    "completion": "Print the completion script of a shell.",
}
