"""Numbers with their nouns, as every door writes them."""


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 event``, ``12,345 events``, ``2 entities``, ``3 batches``; ``nouns`` is a plural that no rule makes."""
    return f"{number:,} {noun if number == 1 else nouns or _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in ("", *"aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def span(micros: int) -> str:
    """A length of time in microseconds: ``0.35 s``, ``42 s``, ``12 min``, ``3 h 05 min``, ``12 d 4 h``; of one that is
    still to come ``in 12 d 4 h``."""
    if micros < 0:
        return f"in {span(-micros)}"
    seconds = micros // 1_000_000
    if seconds < 10:
        return f"{micros / 1_000_000:.2f} s"
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60:02} min" if days < 1 else f"{days:,} d {hours % 24} h"
