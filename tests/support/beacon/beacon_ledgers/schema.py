"""What an entry should be."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from console.formats.json.validation import Violation, violations


class Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    lamp: str = Field(min_length=1)
    number: int = Field(ge=1)
    event: str
    at: str
    keeper: str
    note: dict[str, Any]
    previous: str | None
    hash: str


def breaches(document: dict[str, Any]) -> list[Violation]:
    """What is wrong with an entry."""
    try:
        Entry.model_validate(document)
    except ValidationError as error:
        return list(violations(error))
    return []
