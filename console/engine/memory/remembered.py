"""What the memory says of one ledger, as report, verdict and screen hold it."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from console.model.words import count


class Standing(StrEnum):
    """How a ledger stands to what is remembered of it."""

    FIRST_LOOK = "first look"
    """Nothing was known: from now on it is."""
    AGREES = "agrees"
    DISAGREES = "disagrees"
    ABSENT = "absent"
    """The memory was not asked, or could not be."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """``looks`` earlier looks since the time ``since`` (ISO, '' at the first look) knew ``records`` records.

    ``kept``: this look is remembered, too. ``compared`` is when all that was read was last compared with what stands
    there, while the next comparison is put off; '' where none is. ``why`` is a clause for people where the memory is
    absent, or this look is not kept.
    """

    standing: Standing
    looks: int = 0
    since: str = ""
    records: int = 0
    kept: bool = True
    why: str = ""
    compared: str = ""

    @property
    def since_words(self) -> str:
        """Since when the ledger is known, as people read it; '' at the first look."""
        return _time(self.since) if self.since else ""

    @property
    def put_off(self) -> str:
        """Since when what was read may have changed unseen, in words; '' where it was compared since it was read."""
        return f"verified at {_time(self.compared)}, not compared since" if self.compared else ""

    @property
    def clause(self) -> str:
        """What is missing, '' where nothing is."""
        if self.standing is Standing.ABSENT or not self.why:
            return self.why
        return f"this look is not remembered: {self.why}"

    @property
    def words(self) -> str:
        """What the memory says, in a few words."""
        match self.standing:
            case Standing.FIRST_LOOK:
                return "first look"
            case Standing.AGREES:
                return f"agrees with {count(self.looks, 'look')} since {self.since_words}"
            case Standing.DISAGREES:
                return f"disagrees with {count(self.looks, 'look')} since {self.since_words}"
        return f"absent: {self.why}"

    def text(self) -> str:
        """Itself, for an index; '' where the memory was not asked."""
        return "" if self == NOT_ASKED else json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> "Remembered":
        """What ``text`` gave."""
        if not text:
            return NOT_ASKED
        found = json.loads(text)
        return cls(**{**found, "standing": Standing(found["standing"])})


def _time(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC"


def absent(why: str) -> Remembered:
    """The memory could not be asked, for this reason."""
    return Remembered(Standing.ABSENT, kept=False, why=why)


NOT_ASKED = absent("the memory was not asked")
