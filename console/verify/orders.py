"""Orders of keys: the JavaScript texts that one value can have been written as, and orders learned from others.

Texts are made one at a time, whatever a value holds: a hostile one has more orders than there is room for.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise, permutations
from typing import Any

from console.verify.javascript import is_index, ordered, quote, stringify

Template = Any
"""An order of keys as plain JSON: ``[[key, template], …]`` for an object, ``{"items": [template, …]}`` for an array,
None for what has no order."""
MANY = 10**15
"""Orders of keys beyond which nobody counts."""
_COUNTED = 17
"""Keys of one object whose orders are that many."""
_Form = str | Callable[[], Iterator[str]]
"""The one text of a value, or what gives all of them."""


def arrangements(value: Any) -> int:
    """How many orders of keys a value has, at all depths together, at most ``MANY``. Index-like keys have no choice."""
    items: Iterable[Any]
    if type(value) is dict:
        free = sum(1 for key in value if not is_index(key))
        total = MANY if free > _COUNTED else math.factorial(free)
        items = value.values()
    elif type(value) is list:
        total, items = 1, value
    else:
        return 1
    for item in items:
        total = min(MANY, total * arrangements(item))
    return total


def texts(value: Any) -> Iterator[str]:
    """The JavaScript text of a value under every order of keys; the stored order first."""
    form = _form(value)
    return iter((form,)) if isinstance(form, str) else form()


def _form(value: Any) -> _Form:
    if type(value) is dict:
        items = [(quote(key), _form(item), is_index(key)) for key, item in ordered(value)]
        keys = [key for key, _, _ in items]
        forms = [form for _, form, _ in items]
        fixed = sum(index for _, _, index in items)
        if len(items) - fixed < 2 and all(isinstance(form, str) for form in forms):
            return "{" + ",".join([f"{key}:{form}" for key, form in zip(keys, forms, strict=True)]) + "}"
        return partial(_objects, keys, forms, fixed)
    if type(value) is list:
        forms = [_form(item) for item in value]
        if all(isinstance(form, str) for form in forms):
            return "[" + ",".join(map(str, forms)) + "]"
        return partial(_arrays, forms)
    return stringify(value)


def _objects(keys: Sequence[str], forms: Sequence[_Form], fixed: int) -> Iterator[str]:
    """Texts of an object, whose first ``fixed`` keys stay where they are."""
    for choice in _choices(forms):
        pieces = [f"{key}:{text}" for key, text in zip(keys, choice, strict=True)]
        first = pieces[:fixed]
        for rest in permutations(pieces[fixed:]):
            yield "{" + ",".join((*first, *rest)) + "}"


def _arrays(forms: Sequence[_Form]) -> Iterator[str]:
    return ("[" + ",".join(choice) + "]" for choice in _choices(forms))


def _choices(forms: Sequence[_Form]) -> Iterator[list[str]]:
    """Every choice of one text for each form, the last ones changing first; the list is always the same one."""
    several = [(at, form) for at, form in enumerate(forms) if not isinstance(form, str)]
    runs = [form() for _, form in several]
    choice = [form if isinstance(form, str) else "" for form in forms]
    for (at, _), run in zip(several, runs, strict=True):
        choice[at] = next(run)
    while True:
        yield choice
        for place in range(len(several) - 1, -1, -1):
            at, form = several[place]
            text = next(runs[place], None)
            if text is not None:
                choice[at] = text
                break
            runs[place] = form()
            choice[at] = next(runs[place])
        else:
            return


def is_sorted(value: Any) -> bool:
    """True if all objects have their keys in one of the orders in which programs write JSON once more: by name (``jq
    -S``), by UTF-16 units (JavaScript), or by length and then bytes (JSONB)."""
    return any(_sorted_by(value, key) for key in (str, _units, _length))


def _sorted_by(value: Any, key: Callable[[str], Any]) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            names = [key(name) for name in item]
            if any(one > other for one, other in pairwise(names)):
                return False
            todo.extend(item.values())
        elif type(item) is list:
            todo.extend(item)
    return True


def _units(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _length(name: str) -> tuple[int, bytes]:
    text = name.encode("utf-8", "surrogatepass")
    return len(text), text


def template_of(value: Any) -> Template:
    """The order of keys of a value, to be tried on others."""
    if type(value) is dict:
        return [[key, template_of(item)] for key, item in value.items()]
    if type(value) is list:
        inner = [template_of(item) for item in value]
        return {"items": inner} if any(item is not None for item in inner) else None
    return None


def arrange(value: Any, template: Template) -> Any:
    """The value with its keys in the template's order, which may have more keys; None where it has not all of them."""
    if type(template) is list:
        if type(value) is not dict or len(value) > len(template):
            return None
        result = {}
        for key, inner in template:
            if key not in value:
                continue
            item = value[key]
            if inner is not None and type(item) in (dict, list):
                item = arrange(item, inner)
                if item is None:
                    return None
            result[key] = item
        return result if len(result) == len(value) else None
    if type(template) is dict:
        inner = template["items"]
        if type(value) is not list or len(value) != len(inner):
            return None
        items = [item if each is None else arrange(item, each) for item, each in zip(value, inner, strict=True)]
        return None if any(a is None and b is not None for a, b in zip(items, inner, strict=True)) else items
    return value
