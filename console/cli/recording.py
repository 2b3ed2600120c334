"""What is recorded of commands in the chain of custody, and what roles allow.

Each command that looks at ledgers names them to click's context (see ``options``); the group records them when the
command has ended, however it ended. So no command can forget to.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from console.cli.names import INTERRUPTED, UNVERIFIED, USAGE

if TYPE_CHECKING:
    from console.engine.questions import CustodyPlace

_NOTED = "console.cli.recording."
LEDGERS, CONFIG, ACTION, ARGUMENTS, RESULT, DETAILS = (
    _NOTED + name for name in ("ledgers", "config", "action", "arguments", "result", "details")
)
"""What is noted in click's context, which a command shares with the group."""
_UNRECORDED = ("locate", "custody")
"""They look at no ledger but the chain itself."""
_SEARCHES = ("events", "findings", "trace")
"""Commands that are searches: recorded as such, with the command's name beside."""
_RESULTS = {0: "done", 1: "findings", UNVERIFIED: "incomplete", INTERRUPTED: "interrupted", USAGE: "wrong usage"}


class Refused(click.ClickException):
    """The user's role does not allow it."""

    exit_code = USAGE


def custody_place(config: str | None) -> "CustodyPlace | None":
    """Where this command is recorded, and as whose; None where the settings want no record."""
    from console.cli.options import settings_in_force
    from console.config.places import places
    from console.config.roles import role_of, user
    from console.engine.questions import CustodyPlace

    settings = settings_in_force(config)
    who = user()
    role = role_of(who, settings.roles)
    return CustodyPlace(str(places().custody), who, role, config or "") if settings.custody else None


def note_ledgers(paths: Sequence[str]) -> None:
    """These are looked at: for commands whose paths are no ``options.paths``."""
    click.get_current_context().meta[LEDGERS] = list(paths)


def demand(act: str, config: str | None, ledgers: Sequence[str]) -> None:
    """Raise ``Refused`` where the user's role does not allow this act; that is recorded too."""
    from console.cli.options import settings_in_force
    from console.config.roles import refusal, role_of, user

    meta = click.get_current_context().meta
    meta[LEDGERS], meta[ACTION], meta[CONFIG] = list(ledgers), act, config
    who = user()
    if why := refusal(act, who, role_of(who, settings_in_force(config).roles)):
        raise Refused(why)


def outcome(result: str, **details: Any) -> None:
    """What the command at hand came to, for its record."""
    meta = click.get_current_context().meta
    meta[RESULT] = result
    meta[DETAILS] = details


def note_output(path: str) -> None:
    """This file was written: its hash is recorded, so that it can be known again."""
    import hashlib
    from pathlib import Path

    try:
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return  # gone already: there is nothing to know again
    meta = click.get_current_context().meta
    meta[DETAILS] = {**meta.get(DETAILS, {}), "output": str(Path(path).absolute()), "sha256": digest}


def record_begin(action: str, config: str | None) -> None:
    """Record that something begins that goes on for long."""
    meta = click.get_current_context().meta
    _record(action, meta.get(LEDGERS, []), "begun", {"arguments": meta.get(ARGUMENTS, [])}, config)


def record_end(context: click.Context, ended: int | BaseException | None) -> None:
    """Record the command of this context: by its exit code, or by what it raised."""
    meta = context.meta
    action = meta.get(ACTION) or context.invoked_subcommand or ""
    ledgers = meta.get(LEDGERS)
    if ledgers is None or action in _UNRECORDED:
        return
    if isinstance(ended, click.UsageError):
        return  # nothing was looked at
    if isinstance(ended, Refused):
        result = "refused"
    elif isinstance(ended, BaseException):
        stopped = isinstance(ended, KeyboardInterrupt | click.exceptions.Abort)
        result = "interrupted" if stopped else f"failed: {type(ended).__name__}"
    else:
        code = ended if isinstance(ended, int) else 0
        result = meta.get(RESULT) or _RESULTS.get(code, f"exit code {code}")
    details = {"arguments": meta.get(ARGUMENTS, []), **meta.get(DETAILS, {})}
    if action in _SEARCHES:
        action, details = "search", {"command": action, **details}
    _record(action, ledgers, result, details, meta.get(CONFIG))


def _record(action: str, ledgers: Sequence[str], result: str, details: Mapping[str, Any], config: str | None) -> None:
    from console.cli.options import SettingsUnusable
    from console.cli.output import say
    from console.engine.errors import EngineError
    from console.engine.questions import record_act

    try:
        place = custody_place(config)
        if place is not None:
            record_act(place, action, ledgers, result, details)
    except SettingsUnusable:
        pass  # the command says what is wrong with them
    except EngineError as error:
        say(str(error))
