"""What the library raises. All of it is ``LibraryError``; messages are for people."""

from collections.abc import Sequence

from console.model.finding import Finding


class LibraryError(Exception):
    """Something that was asked for cannot be done."""


class RefusedError(LibraryError):
    """Nothing was written, because the ledger's own rules would find something: ``findings``."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{each.code}: {each.message}" for each in findings) or "refused")
