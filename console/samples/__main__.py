"""``python -m console.samples DIR [--force]``: writes the sample ledgers into a folder, and never over other files."""

import argparse
import shutil
import sys
from pathlib import Path

from console.samples import kernel, maysano, smvm, swarm, zakops
from console.samples.guide import guide
from console.samples.pen import write

SYSTEMS = {
    "kernel": kernel.write_all,
    "smvm": smvm.write_all,
    "swarm": swarm.write_all,
    "maysano": maysano.write_all,
    "zakops": zakops.write_all,
}


def generate(root: Path) -> None:
    """Write all samples and their README below ``root``, which holds none of them yet."""
    for name, write_all in SYSTEMS.items():
        write_all(root / name)
    write(root / "README.md", guide().encode())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m console.samples", description="Write the sample ledgers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--force", action="store_true", help="replace samples that are there already")
    chosen = parser.parse_args(arguments)
    there = [chosen.folder / name for name in SYSTEMS if (chosen.folder / name).exists()]
    if there and not chosen.force:
        parser.error(f"{there[0]} is there already; --force replaces it")
    for folder in there:
        shutil.rmtree(folder)
    generate(chosen.folder)
    sys.stderr.write(f"sample ledgers written to {chosen.folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
