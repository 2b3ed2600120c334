# ruff: noqa: E501 - a table reads best with one row on a line
"""The one registry of what an operator can do: it feeds bindings, footer, help and palette.

An action ``id`` names the method ``action_<id>`` of the screen, or of the app where it starts with ``app.``. Keys follow vim, less, lnav and k9s.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType

OVERVIEW, STREAM, WALK, FINDINGS, HELP = "overview", "stream", "walk", "findings", "help"
REPLAY, REPORT, CAUSALITY = "replay", "report", "causality"
DETAILS = "details"
"""Not a screen: the keys that the details take while they have the focus."""
LISTS = (OVERVIEW, STREAM, FINDINGS, REPLAY, REPORT, CAUSALITY)
SCREENS = (OVERVIEW, STREAM, WALK, FINDINGS, REPLAY, REPORT, CAUSALITY)
EVERYWHERE = (*SCREENS, HELP)
GROUPS = ("Move", "Look", "Prove", "Console")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. ``keys`` are Textual's names, the first is the one that is taught. ``where`` names screens.

    ``rank`` orders the footer, 1 first; 0 keeps the action out of it. ``local`` actions are moves that the focused
    list does by itself; the palette leaves them out.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    where: tuple[str, ...]
    rank: int = 0
    local: bool = False

    @property
    def key(self) -> str:
        """The taught key, as people write it."""
        return shown_key(self.keys[0])


ACTIONS: tuple[Action, ...] = (
    # Move
    Action("cursor_down", ("j", "down"), "Down", "One row down.", "Move", LISTS, local=True),
    Action("cursor_up", ("k", "up"), "Up", "One row up.", "Move", LISTS, local=True),
    Action("page_down", ("pagedown", "ctrl+f"), "Page down", "One page down.", "Move", LISTS, local=True),
    Action("page_up", ("pageup", "ctrl+b"), "Page up", "One page up.", "Move", LISTS, local=True),
    Action("half_down", ("ctrl+d",), "Half page down", "Half a page down.", "Move", LISTS, local=True),
    Action("half_up", ("ctrl+u",), "Half page up", "Half a page up.", "Move", LISTS, local=True),
    Action("first", ("g", "home"), "First", "To the first row.", "Move", LISTS, local=True),
    Action("last", ("G", "end"), "Last", "To the last row.", "Move", LISTS, local=True),
    Action("open", ("enter",), "Open", "Open what the cursor is on.", "Move", (OVERVIEW,), rank=1),
    Action("open", ("enter",), "Details", "Show the event's details and go into them.", "Move", (STREAM,), rank=1),
    Action("open", ("enter",), "Go to event", "Go to the event that the finding is about.", "Move", (FINDINGS,), rank=1),
    Action("open", ("enter",), "Go to event", "Go to the event in its stream.", "Move", (REPLAY,), rank=4),
    Action("open", ("enter",), "Go to event", "Go to the event that the row is about.", "Move", (REPORT,), rank=1),
    Action("open", ("enter",), "Go to event", "Go to the event, or to the stream that is in common.", "Move", (CAUSALITY,), rank=1),
    Action("filter", ("slash",), "Filter", "Filter rows: by their columns, how bad they are, or free text.", "Look", (REPORT,), rank=2),
    Action("next_report", ("right_square_bracket", "right", "l"), "Next report", "The next report on these ledgers.", "Look", (REPORT,), rank=2),
    Action("previous_report", ("left_square_bracket", "left", "h"), "Report before", "The report before.", "Look", (REPORT,), rank=3),
    Action("step_on", ("right", "l"), "Next event", "The state after the next event.", "Move", (REPLAY,), rank=1),
    Action("step_back", ("left", "h"), "Event before", "The state after the event before.", "Move", (REPLAY,), rank=2),
    Action("next_change", ("n",), "Next change", "To the next event that changed the state, or failed to.", "Move", (REPLAY,), rank=3),
    Action("previous_change", ("N",), "Previous change", "To the event before that changed the state, or failed to.", "Move", (REPLAY,), rank=8),
    Action("to_time", ("t",), "To a time", "The state as of a time; a day is its end.", "Move", (REPLAY,), rank=5),
    Action("next_link", ("n", "j", "down"), "Next link", "To the next link of the chain.", "Move", (WALK,), rank=1),
    Action("previous_link", ("p", "k", "up"), "Previous link", "To the link before.", "Move", (WALK,), rank=8),
    Action("next_broken", ("N",), "Next broken", "To the next broken link.", "Move", (WALK,), rank=2),
    Action("previous_broken", ("P",), "Previous broken", "To the broken link before.", "Move", (WALK,), rank=9),
    Action("run", ("space",), "Run", "Walk on by itself until a broken link; again to stop.", "Move", (WALK,), rank=3),
    Action("first_link", ("g", "home"), "First link", "To the first link of the chain.", "Move", (WALK,)),
    Action("last_link", ("G", "end"), "Last link", "To the last link of the chain.", "Move", (WALK,)),
    Action("fold", ("space",), "Open or close", "Open or close a cause.", "Move", (FINDINGS,), rank=2),
    Action("next_finding", ("n",), "Next finding", "To the next event with a finding.", "Move", (STREAM,), rank=6),
    Action("previous_finding", ("N",), "Previous finding", "To the event with a finding before.", "Move", (STREAM,)),
    Action("next_error", ("e",), "Next error", "To the next event with an error or worse.", "Move", (STREAM,)),
    Action("previous_error", ("E",), "Previous error", "To the event with an error before.", "Move", (STREAM,)),
    Action("switch_pane", ("tab",), "Switch pane", "Between the list and the details.", "Move", (STREAM,)),
    Action("back", ("escape", "backspace"), "Back", "Back to where you came from.", "Move", (WALK, FINDINGS, REPLAY, REPORT, HELP), rank=7),
    Action("back", ("escape", "backspace"), "Back", "Back to the event before, then to where you came from.", "Move", (CAUSALITY,), rank=7),
    Action("back", ("escape", "backspace"), "Back", "Stop a search or check, clear the filter, then go back.", "Move", (STREAM,), rank=9),
    Action("back", ("escape",), "Stop", "Stop a check that is running.", "Move", (OVERVIEW,)),
    # Look
    Action("filter", ("slash",), "Filter", "Filter events: field:value terms and free text.", "Look", (STREAM,), rank=2),
    Action("follow", ("f",), "Follow", "Stay at the end as events arrive; moving up leaves it.", "Look", (STREAM,), rank=3),
    Action("details", ("d",), "Details", "Show or hide the details.", "Look", (STREAM,), rank=8),
    Action("next_tab", ("right_square_bracket",), "Next tab", "The next tab of the details.", "Look", (STREAM,)),
    Action("previous_tab", ("left_square_bracket",), "Previous tab", "The tab before.", "Look", (STREAM,)),
    Action("next_tab", ("right_square_bracket", "right", "l"), "Next tab", "The next tab.", "Look", (DETAILS,)),
    Action("previous_tab", ("left_square_bracket", "left", "h"), "Previous tab", "The tab before.", "Look", (DETAILS,)),
    Action("indent", ("equals_sign",), "Indent", "Raw bytes indented as JSON, or as they are.", "Look", (DETAILS,)),
    Action("hex", ("x",), "Hex", "Raw bytes in hex, or as they are.", "Look", (DETAILS,)),
    Action("severity", ("s",), "Severity", "Show all findings, or only those from some severity on.", "Look", (FINDINGS,), rank=3),
    Action("further_down", ("pagedown", "ctrl+f", "ctrl+d"), "Scroll down", "Further down in the hashed bytes.", "Look", (WALK,)),
    Action("further_up", ("pageup", "ctrl+b", "ctrl+u"), "Scroll up", "Further up in the hashed bytes.", "Look", (WALK,)),
    Action("all_events", ("a",), "All events", "All events of all ledgers, merged by time.", "Look", (OVERVIEW,), rank=2),
    Action("sort", ("s",), "Sort", "Order ledgers by the worst finding, by name, or by the last event.", "Look", (OVERVIEW,), rank=4),
    Action("fold", ("space",), "More streams", "Show more, or fewer, of a ledger's streams.", "Look", (OVERVIEW,), rank=6),
    Action("copy", ("y",), "Copy", "Copy the event's id, or its place, in showable characters.", "Look", (STREAM,)),
    Action("app.next_alarm", ("exclamation_mark",), "Alarm", "Go to what the alarm is about, then to the next one.", "Look", EVERYWHERE),
    # Prove
    Action("walk", ("w",), "Chain walk", "Walk the chain link by link from this event.", "Prove", (STREAM,), rank=4),
    Action("replay", ("t",), "Replay", "The state of the stream after each event, step by step.", "Prove", (STREAM,), rank=6),
    Action("causality", ("c",), "Causality", "What caused this event and what it caused, over all ledgers.", "Prove", (STREAM, WALK, FINDINGS, REPLAY), rank=8),
    Action("causality", ("c",), "From here", "Causes and effects of the event under the cursor.", "Prove", (CAUSALITY,), rank=2),
    Action("findings", ("F",), "Findings", "What is wrong or notable, worst first.", "Prove", (OVERVIEW, STREAM), rank=5),
    Action("findings", ("F", "enter"), "Findings", "The findings of this event.", "Prove", (WALK,), rank=9),
    Action("verify", ("v",), "Verify", "Check all again from the raw bytes, not from the index.", "Prove", (OVERVIEW, STREAM, WALK), rank=7),
    Action("app.reports", ("R",), "Reports", "What a system's own auditor asks: tables, worst first.", "Prove", (OVERVIEW, STREAM, FINDINGS), rank=7),
    Action("search", ("s",), "Search deeper", "Search on for what this hash covers, where it could not be reproduced; in the background.", "Prove", (WALK,)),
    # Console
    Action("app.help", ("question_mark", "f1"), "Help", "This list of keys and signs.", "Console", SCREENS, rank=10),
    Action("app.command_palette", ("ctrl+p", "colon"), "Palette", "Find an action by its name.", "Console", SCREENS, rank=11),
    Action("app.toggle_light", ("T",), "Light or dark", "Switch between the light and the dark theme.", "Console", EVERYWHERE),
    Action("app.suspend_process", ("ctrl+z",), "Suspend", "Stop the console; the shell's fg brings it back.", "Console", EVERYWHERE),
    Action("app.quit", ("q", "ctrl+q"), "Quit", "Leave the console.", "Console", EVERYWHERE, rank=12),
)  # fmt: skip

_KEY_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "exclamation_mark": "!",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    "enter": "Enter",
    "escape": "Esc",
    "backspace": "Backspace",
    "space": "Space",
    "tab": "Tab",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "f1": "F1",
}


def shown_key(key: str) -> str:
    """A key as people write it: ``slash`` is ``/``, ``ctrl+d`` is ``^D``."""
    if key.startswith("ctrl+"):
        return f"^{key[5:].upper()}"
    return _KEY_NAMES.get(key, key)


def on(where: str) -> Iterator[Action]:
    """The actions of one screen, in the registry's order."""
    return (action for action in ACTIONS if where in action.where)


def bindings(where: str) -> list[BindingType]:
    """Textual's bindings for one screen. Moves are left to the focused list."""
    return [
        Binding(key, action.id, action.label, show=False, key_display=shown_key(key), tooltip=action.help)
        for action in on(where)
        if not action.local
        for key in action.keys
    ]


def moves() -> dict[str, str]:
    """Key → id of the moves that a list does by itself."""
    return {key: action.id for action in ACTIONS if action.local for key in action.keys}


def footer(where: str) -> list[Action]:
    """The actions that the footer shows, the most useful first."""
    return sorted((action for action in on(where) if action.rank), key=lambda action: action.rank)
