"""Who may do what: readers look and verify, operators also export, auditors also say what the memory accepts.

Without roles in the settings everybody may do everything. Roles guide people who share a machine's settings; who can
change the settings can change the role, and the chain of custody records which one was used.
"""

import os
import pwd
from collections.abc import Sequence

READER, OPERATOR, AUDITOR = ROLES = ("reader", "operator", "auditor")
ANYBODY = "*"
_MAY = {
    "export": (OPERATOR, AUDITOR),
    "memory accept": (AUDITOR,),
    "memory forget": (AUDITOR,),
}


def user() -> str:
    """The name of the user who runs this process, as the system knows it; its number where that has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def role_of(name: str, roles: Sequence[tuple[str, str]]) -> str:
    """The role of a user: the one by name, else that of anybody, else a reader; an auditor where there are no roles."""
    known = dict(roles)
    return known.get(name, known.get(ANYBODY, READER)) if known else AUDITOR


def refusal(act: str, name: str, role: str) -> str:
    """Why this user may not do this, in a sentence; '' where the role allows it."""
    allowed = _MAY.get(act)
    if allowed is None or role in allowed:
        return ""
    article = "an" if role[0] in "aeiou" else "a"
    others = " and ".join(f"{each}s" for each in allowed)
    return f"{name} is {article} {role} here and may not {_DOES[act]}: {others} may (see the setting roles)."


_DOES = {
    "export": "export",
    "memory accept": "say what the memory accepts",
    "memory forget": "let the memory forget",
}
