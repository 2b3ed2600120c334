"""Numbers with their nouns, as every door writes them."""


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 event``, ``12,345 events``, ``2 entities``, ``3 batches``; ``nouns`` is a plural that no rule makes."""
    return f"{number:,} {noun if number == 1 else nouns or _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in ("", *"aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
