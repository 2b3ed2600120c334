"""What is known of one finding code, in the four parts that an investigator asks for."""

from dataclasses import dataclass

from console.model.trust import Severity

UNKNOWN = "Nothing is known: whoever declares this code names no innocent explanation."
"""For codes of other packages that do not say."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What one code means. All texts but the title are sentences for people."""

    code: str
    severity: Severity
    title: str
    checked: str
    next: str
    innocent: str = UNKNOWN
    """What explains the finding though nobody did wrong; "None is known: …" where nothing does."""
    meaning: str = ""
    """What it means for the reader, where the title does not tell enough."""

    @property
    def explained(self) -> str:
        """Title and meaning as sentences."""
        return f"{self.title}. {self.meaning}".rstrip()
