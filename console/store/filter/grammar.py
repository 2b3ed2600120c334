"""The grammar of filters: where a term begins and ends, and how terms are joined.

A term is one token, its value included: what a field makes of its value is no matter of the grammar, see ``fields``.
The parser (LALR) is made when the first filter is read, since most commands read none.
"""

from functools import cache
from typing import TYPE_CHECKING

from console.store.filter.errors import FilterError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

    Parsed = Tree[Token] | Token

QUOTED = r'"(?:[^"\\]|\\.)*(?:"|$)'
"""A quote; one without an end goes on to the end of the text, and is refused where it is read."""
_KEY = rf"(?:[\w$](?:[\w$-]*[\w$])?|{QUOTED})"
NAME = rf"(?:[A-Za-z_](?:[\w-]*\w)?|\.{_KEY})(?:\.{_KEY})*"
"""A field, or keys of the raw record joined by dots."""
TITLE = rf"(?:{NAME}|{QUOTED})"
"""A field, also by a title with blanks, in quotes."""
SIGN = "!=|>=|<=|[:=<>]"
_INNER = r"\([^\s()]*\)"
"""Brackets within a word; those around terms stand apart."""
ITEM = rf'(?:{QUOTED}|(?:(?!")[^\s(),]|{_INNER})(?:[^\s(),]|{_INNER})*|)'
"""One of the values between commas."""
_WORD_ENDS = r'(?![^\s()"])'

_GRAMMAR = rf"""
?start: either
?either: all (OR all)*
?all: item (AND? item)*
?item: NOT item -> negated
     | MINUS atom -> negated
     | atom
?atom: "(" either ")"
     | TERM
     | CALL
     | TEXT
AND.5: /and{_WORD_ENDS}/i
OR.5: /or{_WORD_ENDS}/i
NOT.5: /not{_WORD_ENDS}/i
MINUS.4: /-(?=\S)/
TERM.3: /{TITLE}(?:{SIGN}){ITEM}(?:,{ITEM})*/s
CALL.2: /[A-Za-z_][\w-]*\(\s*(?:{QUOTED}|[^()"]*)\s*\)/s
TEXT.1: /{QUOTED}|(?!(?:and|or|not){_WORD_ENDS}|-(?:\s|$))(?:(?!")[^\s()])(?:[^\s()]|{_INNER})*/is
%ignore /\s+/
"""


@cache
def _parser() -> "Lark":
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="contextual")


def parsed(text: str) -> "Parsed":
    """The tree of a text that is not blank: ``either``, ``all``, ``negated``, and at its leaves TERM, CALL and TEXT.
    Raises ``FilterError``."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    try:
        return _parser().parse(text)
    except UnexpectedToken as error:
        raise _unexpected(text, error.token) from None
    except UnexpectedCharacters as error:
        raise _wrong_place(text, error.pos_in_stream or 0) from None


def _unexpected(text: str, token: "Token") -> FilterError:
    if token.type != "$END":
        return _wrong_place(text, token.start_pos or 0)
    opened = _opened(text)
    if opened:
        return FilterError("This bracket is not closed.", opened[-1])
    return FilterError("A term is missing at the end.", len(text))


def _wrong_place(text: str, at: int) -> FilterError:
    rest = text[at:]
    word = rest.split(maxsplit=1)[0].strip("()").lower() if rest.split() else ""
    if rest.startswith(")"):
        return FilterError("There is no term before this bracket." if _opened(text[:at]) else "No bracket is open.", at)
    if word in ("and", "or"):
        return FilterError(f'"{word}" stands between two terms; as a text it is put in quotes.', at)
    if word == "not":
        return FilterError('"not" stands before a term; as a text it is put in quotes.', at)
    if rest.startswith('"'):
        return FilterError("The quote has no end.", at)
    if rest.startswith("-"):
        return FilterError("There is nothing to look for behind the sign.", at)
    return FilterError("A term must be text, field:value, or terms in brackets.", at)


def _opened(text: str) -> list[int]:
    """Places of the brackets around terms that are not closed."""
    opened: list[int] = []
    # What is within terms does not count.
    for token in _parser().lex(text, dont_ignore=True):
        if token.type == "LPAR":
            opened.append(token.start_pos or 0)
        elif token.type == "RPAR" and opened:
            opened.pop()
    return opened
