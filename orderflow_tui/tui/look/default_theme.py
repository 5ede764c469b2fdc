"""`themes/dark.yaml` as the program carries it, so that the first paint waits for no YAML.

Written by `python -m tests.tui.write_default_theme`; a test holds it to the file.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

THEME: Final = Theme(
    name="dark",
    primary="#5b8db8",
    secondary="#3f6485",
    warning="#d9a441",
    error="#e0524d",
    success="#5faf75",
    accent="#d9a441",
    foreground="#c8ccd2",
    background="#0f1216",
    surface="#161a20",
    panel="#1d232b",
    variables={
        "bid": "#4fa3d9",
        "ask": "#d98a4f",
        "buy": "#4fa3d9",
        "sell": "#e07a5f",
        "profit": "#5fbf7f",
        "loss": "#e06c66",
        "muted": "#868e99",
        "strong": "#f2f4f7",
        "stale": "#848b95",
        "bar": "#1d232b",
        "picked": "#2f4f6b",
        "picked-text": "#ffffff",
        "exit": "#d3222a",
        "exit-text": "#ffffff",
        "exit-line": "#ff6b61",
        "blind": "#c026d3",
        "blind-text": "#ffffff",
        "alert": "#f0b429",
        "watch": "#c9b26b",
        "calm": "#848d98",
        "live": "#1f7a45",
        "live-text": "#ffffff",
        "simulated": "#6b4fa3",
        "simulated-text": "#ffffff",
        "scrollbar": "#868e99",
        "scrollbar-hover": "#f2f4f7",
        "scrollbar-active": "#f2f4f7",
        "scrollbar-background": "#1d232b",
        "scrollbar-background-hover": "#1d232b",
        "scrollbar-background-active": "#1d232b",
    },
)
