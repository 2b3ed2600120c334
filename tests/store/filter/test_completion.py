"""What may be typed next."""

import pytest

from console.store.filter import parse
from console.store.filter.completion import completing


@pytest.mark.parametrize(
    ("text", "start", "options"),
    [
        ("ty", 0, ["type:"]),
        ("a or -ty", 6, ["type:"]),
        ("(sev", 1, ["severity:"]),
        ("an", 0, ["ancestors("]),
        ("trust:", 6, ["unchecked", "verified", "recovered", "linked", "unchained", "pending", "broken"]),
        ("trust:broken,ver", 13, ["verified"]),
        ("severity>w", 9, ["warning"]),
        ("since:y", 6, ["yesterday"]),
        ("code:witness.roll", 5, ["witness.rolled-back"]),
        ("format:ker", 7, ["kernel"]),
        ("payload.x:a", 10, []),
        ("zzz", 0, []),
    ],
)
def test_what_fits(text: str, start: int, options: list[str]) -> None:
    part = completing(text, len(text))
    assert part is not None
    found = part.completion()
    assert (found.start, [*found.options]) == (start, options)


def test_before_the_cursor() -> None:
    part = completing("trust:br type:A", 8)
    assert part is not None
    assert part.completion().options == ("broken",)
    assert completing('"two wo', 7) is None


@pytest.mark.parametrize("name", ["Smith, J", "a*", 'say "hi"', "back\\slash", "f(x)", "two words", "plain-1"])
def test_a_name_is_written_so_that_it_is_read(name: str) -> None:
    part = completing("actor:", 6)
    assert part is not None
    assert part.known
    (option,) = part.completion([name]).options
    ((pattern,),) = [each.patterns for each in [parse(f"actor:{option}").condition]]  # type: ignore[union-attr]
    assert (pattern.text, pattern.open) == (name, False)
