"""``python -m tests.benchmarks [name …] [--events N] [--rounds N]``, from the top of the checkout."""

import argparse
import platform
import subprocess
import sys
from importlib import import_module

CASES = {
    "verify": ("verify.kernel_doc", "audit-console verify on kernel-doc/1, against plain Node and plain Python"),
    "audit": ("verify.kernel_audit", "audit-console verify on kernel-audit/1, recovering times and key orders"),
    "memory": ("memory.memory", "what the memory costs verify, at a first and at a second look"),
    "ingest": ("ingest.kernel_doc", "first ingest of kernel-doc/1, and the size of its index"),
    "systems": ("ingest.systems", "first ingest of kernel-audit/1, SWARM, SMVM, ZakOps and Maysano"),
    "writer": ("writer.writer", "the index's writer alone, on decoded events of every system"),
    "graph": ("exports.graph", "checks of the references of 300,000 traced events, after ingest"),
    "csv": ("exports.as_csv", "export csv, against json.loads and csv.DictWriter"),
    "decoders": ("decoders.decoders", "json, pydantic and msgspec on one event"),
    "scanner": ("scanner.scanner", "the strict scanners, against json, msgspec and hashlib alone"),
    "trace": ("tracing.trace", "both ways from an event, from the index"),
    "paint": ("screen.first_paint", "re-open of an indexed ledger to first paint, against a bare Textual app"),
    "keys": ("screen.keys", "key to painted bytes in the stream table, against less"),
    "idle": ("following.idle", "an idle worker, and an append to its row in the index"),
    "fair": ("following.fair", "an append to its row, beside 4 MiB of blank lines"),
    "appends": ("screen.appends", "append to visible row at 1,000 events/s, against tail -f"),
}
"""Name → function, which takes the number of events and of rounds and prints its tables; and what it measures."""


def main() -> None:
    known = "\n".join(f"  {name:10}{what}" for name, (_, what) in CASES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=known
    )
    parser.add_argument("names", nargs="*", metavar="name", help="one or more of those below; all if none is given")
    parser.add_argument("--events", type=lambda text: int(text.replace("_", "")), default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="each figure is the median of this many runs")
    chosen = parser.parse_args()
    names = chosen.names or list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        parser.error(f"no benchmark is called {unknown[0]}")
    if len(names) == 1:
        module, _, function = CASES[names[0]][0].partition(".")
        getattr(import_module(f"tests.benchmarks.{module}"), function)(chosen.events, chosen.rounds)
        return
    print(
        f"{platform.machine()}, Python {platform.python_version()}, median of {chosen.rounds} interleaved runs",
        flush=True,
    )
    # A process for each: what one case holds in memory would count as the peak of the commands of the next.
    for name in names:
        options = ["--events", str(chosen.events), "--rounds", str(chosen.rounds)]
        subprocess.run([sys.executable, "-m", "tests.benchmarks", name, *options], check=False)


if __name__ == "__main__":
    main()
