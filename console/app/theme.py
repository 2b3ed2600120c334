"""The two themes of the console. Text on its background has a contrast of at least 4.5 to 1 in both."""

import os

from textual.theme import Theme

DARK = Theme(
    name="console-dark",
    primary="#6cb6ff",
    secondary="#8fb8de",
    accent="#c9a6ff",
    warning="#e8b94a",
    error="#ff7b72",
    success="#6fd08c",
    foreground="#dde3ea",
    background="#10151c",
    surface="#10151c",
    panel="#1d2631",
    variables={
        "foreground-muted": "#98a2ad",
        "block-cursor-background": "#2f4a6b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#273443",
        "quiet": "#8d9aa8",
        "footer-key-foreground": "#8cc4ff",
        "input-selection-background": "#2f4a6b",
    },
)
LIGHT = Theme(
    name="console-light",
    primary="#0a58a8",
    secondary="#3d5f80",
    accent="#6f3fb5",
    warning="#7a4f00",
    error="#b3231a",
    success="#176b35",
    foreground="#1c2229",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#e6e9ec",
    dark=False,
    variables={
        "foreground-muted": "#575e66",
        "block-cursor-background": "#c4dcf5",
        "block-cursor-foreground": "#10151c",
        "block-cursor-blurred-background": "#dfe5ea",
        "quiet": "#5b6672",
        "footer-key-foreground": "#0a58a8",
        "input-selection-background": "#c4dcf5",
    },
)
THEMES = (DARK, LIGHT)


def preferred() -> str:
    """The theme that suits the terminal: light where it says so in COLORFGBG (``0;15``), else dark."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in {"7", "15"} else DARK.name


def other(name: str) -> str:
    """The theme to switch to."""
    return DARK.name if name == LIGHT.name else LIGHT.name
