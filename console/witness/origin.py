"""What a ledger is to the memory: where it comes from, whatever was typed to reach it.

An inode is used again, and a path is typed in many ways; so neither is a key. The operator may name what belongs
together although it is found in several places, such as on two machines: that name is then the key.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Origin:
    """``name`` is the operator's, '' where there is none; ``path`` the real path, ``member`` the table or member."""

    path: str
    member: str | None = None
    name: str = ""

    @property
    def folder(self) -> str:
        """The name of its folder in the memory: it begins as people would name it, and says no more than it must."""
        key = ["name", self.name, self.member] if self.name else ["path", self.path, self.member]
        digest = sha256(json.dumps(key).encode()).hexdigest()
        words = self.name or os.path.basename(self.path)  # noqa: PTH119 - the text of the path
        first = re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:32]
        return f"{first or 'ledger'}-{digest[:32]}"

    @property
    def home(self) -> str:
        """The real folder that it is in."""
        return os.path.dirname(self.path)  # noqa: PTH120 - the text of the path

    def text(self) -> bytes:
        """Itself, to be kept in its folder."""
        return json.dumps({"path": self.path, "member": self.member, "name": self.name}).encode() + b"\n"

    @classmethod
    def of_text(cls, text: bytes) -> "Origin":
        """What ``text`` gave. Raises ``ValueError``."""
        found = json.loads(text)
        if not isinstance(found, dict) or not isinstance(found.get("path"), str):
            raise ValueError("not an origin")
        return cls(found["path"], found.get("member"), found.get("name", ""))


def origin(path: str, member: str | None, names: Mapping[str, str] | None = None) -> Origin:
    """The origin of the ledger at a path. ``names`` are the operator's, by glob over real paths; the first one that
    fits counts."""
    real = os.path.realpath(path)
    for glob, name in (names or {}).items():
        if fnmatchcase(real, glob):
            return Origin(real, member, name)
    return Origin(real, member)
