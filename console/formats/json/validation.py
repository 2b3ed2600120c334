"""What pydantic says of a value, in the words of the findings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_SURROGATE = re.compile("[\ud800-\udfff]")
SHOWN = 120
"""Characters of a wrong value that a finding repeats."""
_SAFE = 2**53
LIMIT = 20
"""Violations of one event that are listed."""

_CODES = {
    "missing": "schema.missing-field",
    "extra_forbidden": "schema.unknown-field",
    "literal_error": "schema.not-in-vocabulary",
    "enum": "schema.not-in-vocabulary",
    "string_pattern_mismatch": "schema.bad-pattern",
    "string_too_short": "schema.missing-field",
    "string_too_long": "schema.out-of-range",
    "greater_than": "schema.out-of-range",
    "greater_than_equal": "schema.out-of-range",
    "less_than": "schema.out-of-range",
    "less_than_equal": "schema.out-of-range",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is not as its schema says. ``field`` is a path such as ``details.retry_count``."""

    code: str
    field: str
    message: str
    actual: str | None


def violations(error: "ValidationError", *, tags: frozenset[str] = frozenset()) -> Iterator[Violation]:
    """The first ``LIMIT`` violations, one for each field. ``tags`` are names of union members, which are no part of a
    field's path; of what several members have against a value the first word counts.

    Texts with half of a surrogate pair, which pydantic refuses, are left to ``strict.decode``: it reports them.
    """
    seen: set[str] = set()
    for each in error.errors(include_url=False):
        if isinstance(each["input"], str) and _SURROGATE.search(each["input"]):
            continue
        code = _CODES.get(each["type"], "schema.wrong-type")
        field = path(each["loc"], tags) or "the record"
        if field in seen:
            continue
        if len(seen) >= LIMIT:
            return
        seen.add(field)
        if each["type"] == "missing":
            yield Violation(code, field, f"{field} is missing.", None)
        else:
            yield Violation(code, field, f"{field} {should_be(each)}.", shown(each["input"]))


_KINDS = {
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_pattern_mismatch": "of the form {pattern}",
    "string_too_short": "of {min_length} or more characters",
    "string_too_long": "of {max_length} or fewer characters",
}


def whole(value: Any) -> Any:
    """A whole number as an integer: 2.0 and 2 are one value of JSON."""
    return int(value) if type(value) is float and value.is_integer() and abs(value) <= _SAFE else value


def wanted(error: "ErrorDetails") -> str:
    """What pydantic asked for, in plain words: ``an object``, ``at least 0``."""
    known = _KINDS.get(error["type"])
    if known is None:
        return error["msg"].removeprefix("Input should be ")[:SHOWN]
    numbers = {name: f"{each:g}" if type(each) is float else each for name, each in error.get("ctx", {}).items()}
    return known.format(**numbers)[:SHOWN]


def should_be(error: "ErrorDetails") -> str:
    """``should be an integer, but is '3'``."""
    value = shown(error["input"])
    return f"should be {wanted(error)}, but is {repr(value) if isinstance(error['input'], str) else value}"


def path(loc: tuple[int | str, ...], tags: frozenset[str] = frozenset()) -> str:
    """``("details", 3, "name")`` as ``details[3].name``; model names of unions are left out."""
    text = ""
    for step in loc:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step not in tags:
            text += f".{step}" if text else step
    return text


def shown(value: Any) -> str:
    """A value in at most ``SHOWN`` characters."""
    if isinstance(value, str):
        return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    if isinstance(value, dict):
        return f"an object of {len(value)} keys"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        return repr(value)[:SHOWN]
    except ValueError:  # an integer of more digits than Python turns into text
        return "a very long number"
