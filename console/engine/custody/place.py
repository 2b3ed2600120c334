"""Where the chain of custody is kept and who acts: plain, so that who only names them need not load what keeps it."""

from dataclasses import dataclass

FILE = "custody.jsonl"


@dataclass(frozen=True, slots=True)
class CustodyPlace:
    """The folder, and the user and role that are recorded. ``config`` is the settings file that gave the role."""

    folder: str
    who: str
    role: str
    config: str = ""

    @property
    def path(self) -> str:
        return f"{self.folder}/{FILE}"
