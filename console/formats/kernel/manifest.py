"""The manifest of an evidence pack, which alone names the pack's deal."""

from collections.abc import Mapping

from console.formats.json.strict import decode

NAME = "manifest.json"


def deal_of(companions: Mapping[str, bytes]) -> str | None:
    """The deal that the manifest names; None without a manifest, or without a deal in it."""
    for path in sorted(companions, key=lambda path: (path.count("/"), path)):
        if path.rpartition("/")[2] == NAME:
            document = decode(companions[path].replace(b"\n", b" ")).document or {}
            deal = document.get("dealId")
            if isinstance(deal, str) and deal:
                return deal
    return None
