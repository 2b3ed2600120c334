"""Times in the API's own form, such as 2026-11-20T09:30:00.000Z: of equal width, so that texts compare as times do."""

from collections.abc import Sequence

from console.formats.json.times import iso, parse

_MILLIS = {f".{milli:03d}Z": milli * 1000 for milli in range(1000)}
_CLOCK = {f":{at // 60:02d}:{at % 60:02d}": at * 1_000_000 for at in range(3600)}
_hours: dict[str, int] = {}
"""Microseconds of the hours that were seen, such as 2026-11-20T09."""
_FORM = b"0000-00-00T00:00:00.000Z\n"
_ZEROS = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))
_FIVE = ord("5")


def micros(text: str) -> int | None:
    """UTC microseconds of a time in this form; None for any other text."""
    hour, clock, rest = _hour(text[:13]), _CLOCK.get(text[13:19]), _MILLIS.get(text[19:])
    return None if hour is None or clock is None or rest is None else hour + clock + rest


def all_micros(texts: Sequence[str]) -> list[int]:
    """``micros`` of texts that ``plain`` let through."""
    clock, millis = _CLOCK, _MILLIS
    seen = {text[:13] for text in texts}
    if len(seen) == 1:
        base = _hours[seen.pop()]
        return [base + clock[text[13:19]] + millis[text[19:]] for text in texts]
    return [_hours[text[:13]] + clock[text[13:19]] + millis[text[19:]] for text in texts]


def plain(texts: Sequence[str]) -> Sequence[str]:
    """The texts, with '' in place of those that are not times in this form."""
    joined = ("\n".join(texts) + "\n").encode()
    if (
        joined.translate(_ZEROS) == _FORM * len(texts)
        and max(joined[14 :: len(_FORM)]) <= _FIVE
        and max(joined[17 :: len(_FORM)]) <= _FIVE
        and all(_hour(hour) is not None for hour in {text[:13] for text in texts})
    ):
        return texts
    return ["" if micros(text) is None else text for text in texts]


def text(time: int) -> str:
    """The instant in this form; '' where it has a finer fraction than the form can say, or a far year."""
    said = iso(time, digits=3)
    return said if time % 1000 == 0 and len(said) == len(_FORM) - 1 else ""


def _hour(text: str) -> int | None:
    hour = _hours.get(text)
    if hour is None:
        found = parse(text + ":00Z")
        if found is None:
            return None
        if len(_hours) > 65_536:
            _hours.clear()
        hour = _hours[text] = found.micros
    return hour
