"""The files in `themes` as the program carries them, so that neither the first paint nor the memory pays for YAML.

Written by `python -m tests.tui.write_shipped_themes`; a test holds it to the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.theme import Theme


def _theme(name: str, colors: str, signals: str, **options: Any) -> Theme:
    return Theme(name=name, variables=_pairs(signals), **_pairs(colors), **options)


def _pairs(text: str) -> dict[str, Any]:
    return dict(pair.split("=") for pair in text.split())


THEMES: Final[Mapping[int, Theme]] = {
    0x12D845AC: _theme(
        "colour-blind-light",
        """
        primary=#2f5f8a secondary=#56799a warning=#9a6a00 error=#9a4a00 success=#0a5c9e accent=#9a6a00
        foreground=#22272e background=#fafaf8 surface=#f0f0ec panel=#e3e4df
    """,
        """
        bid=#0a5c9e ask=#9a4a00 buy=#0a5c9e sell=#9a4a00 profit=#0a5c9e loss=#9a4a00 muted=#5c626b strong=#000000
        stale=#5f656e bar=#e3e4df picked=#2f5f8a picked-text=#ffffff exit=#9a4a00 exit-text=#ffffff exit-line=#8a4200
        blind=#1a1a1a blind-text=#ffffff alert=#6b5300 watch=#6a5c22 calm=#5f666f live=#0a5c9e live-text=#ffffff
        simulated=#5a6068 simulated-text=#ffffff scrollbar=#5c626b scrollbar-hover=#000000 scrollbar-active=#000000
        scrollbar-background=#e3e4df scrollbar-background-hover=#e3e4df scrollbar-background-active=#e3e4df
    """,
        dark=False,
    ),
    0xFEF0F902: _theme(
        "colour-blind",
        """
        primary=#56b4e9 secondary=#0072b2 warning=#f0e442 error=#e69f00 success=#56b4e9 accent=#f0e442
        foreground=#d0d3d8 background=#101216 surface=#171a1f panel=#20242b
    """,
        """
        bid=#56b4e9 ask=#e69f00 buy=#56b4e9 sell=#e69f00 profit=#56b4e9 loss=#e69f00 muted=#8d939c strong=#ffffff
        stale=#868c95 bar=#20242b picked=#1f4e79 picked-text=#ffffff exit=#e69f00 exit-text=#000000 exit-line=#ffb733
        blind=#ffffff blind-text=#000000 alert=#f0e442 watch=#cfc66a calm=#8b929b live=#0072b2 live-text=#ffffff
        simulated=#8a8f98 simulated-text=#000000 scrollbar=#8d939c scrollbar-hover=#ffffff scrollbar-active=#ffffff
        scrollbar-background=#20242b scrollbar-background-hover=#20242b scrollbar-background-active=#20242b
    """,
    ),
    0x0D80C967: _theme(
        "dark",
        """
        primary=#5b8db8 secondary=#3f6485 warning=#d9a441 error=#e0524d success=#5faf75 accent=#d9a441
        foreground=#c8ccd2 background=#0f1216 surface=#161a20 panel=#1d232b
    """,
        """
        bid=#4fa3d9 ask=#d98a4f buy=#4fa3d9 sell=#e07a5f profit=#5fbf7f loss=#e06c66 muted=#868e99 strong=#f2f4f7
        stale=#848b95 bar=#1d232b picked=#2f4f6b picked-text=#ffffff exit=#d3222a exit-text=#ffffff exit-line=#ff6b61
        blind=#c026d3 blind-text=#ffffff alert=#f0b429 watch=#c9b26b calm=#848d98 live=#1f7a45 live-text=#ffffff
        simulated=#6b4fa3 simulated-text=#ffffff scrollbar=#868e99 scrollbar-hover=#f2f4f7 scrollbar-active=#f2f4f7
        scrollbar-background=#1d232b scrollbar-background-hover=#1d232b scrollbar-background-active=#1d232b
    """,
    ),
    0x86E25012: _theme(
        "high-contrast",
        """
        primary=#ffffff secondary=#d0d0d0 warning=#ffff00 error=#ff5050 success=#00ff66 accent=#ffff00
        foreground=#ffffff background=#000000 surface=#000000 panel=#262626
    """,
        """
        bid=#40d0ff ask=#ffb000 buy=#40d0ff sell=#ff8060 profit=#00ff66 loss=#ff6060 muted=#c8c8c8 strong=#ffffff
        stale=#b0b0b0 bar=#262626 picked=#ffffff picked-text=#000000 exit=#ff0000 exit-text=#000000 exit-line=#ff6060
        blind=#ff00ff blind-text=#000000 alert=#ffff00 watch=#ffe680 calm=#c8c8c8 live=#00c853 live-text=#000000
        simulated=#ffffff simulated-text=#000000 scrollbar=#c8c8c8 scrollbar-hover=#ffffff scrollbar-active=#ffffff
        scrollbar-background=#262626 scrollbar-background-hover=#262626 scrollbar-background-active=#262626
    """,
    ),
    0x3CBC0E72: _theme(
        "light",
        """
        primary=#2f5f8a secondary=#56799a warning=#9a6a00 error=#b3201c success=#1f7a45 accent=#9a6a00
        foreground=#22272e background=#fafaf8 surface=#f0f0ec panel=#e3e4df
    """,
        """
        bid=#0b63a5 ask=#a34d00 buy=#0b63a5 sell=#b23c17 profit=#176b34 loss=#b3201c muted=#5c626b strong=#000000
        stale=#5f656e bar=#e3e4df picked=#2f5f8a picked-text=#ffffff exit=#c0141b exit-text=#ffffff exit-line=#b3101a
        blind=#9d1fb0 blind-text=#ffffff alert=#8a5a00 watch=#75642a calm=#5f666f live=#1f7a45 live-text=#ffffff
        simulated=#5f4396 simulated-text=#ffffff scrollbar=#5c626b scrollbar-hover=#000000 scrollbar-active=#000000
        scrollbar-background=#e3e4df scrollbar-background-hover=#e3e4df scrollbar-background-active=#e3e4df
    """,
        dark=False,
    ),
    0xCB338824: _theme(
        "terminal",
        """
        primary=ansi_cyan secondary=ansi_cyan warning=ansi_yellow error=ansi_red success=ansi_green accent=ansi_yellow
        foreground=ansi_default background=ansi_default surface=ansi_default panel=ansi_default boost=ansi_default
    """,
        """
        ansi-background=ansi_black ansi-foreground=ansi_white border-blurred=ansi_black
        block-cursor-foreground=ansi_black block-cursor-background=ansi_white input-cursor-background=ansi_black
        input-cursor-foreground=ansi_bright_white input-cursor-text-style=none
        input-selection-background=ansi_bright_blue input-selection-foreground=ansi_black
        screen-selection-background=ansi_bright_blue screen-selection-foreground=ansi_black bid=ansi_cyan
        ask=ansi_bright_yellow buy=ansi_cyan sell=ansi_bright_red profit=ansi_green loss=ansi_bright_red
        muted=ansi_default strong=ansi_bright_white stale=ansi_default bar=ansi_default picked=ansi_blue
        picked-text=ansi_bright_white exit=ansi_red exit-text=ansi_bright_white exit-line=ansi_bright_red
        blind=ansi_magenta blind-text=ansi_bright_white alert=ansi_bright_yellow watch=ansi_bright_yellow
        calm=ansi_default live=ansi_bright_green live-text=ansi_black simulated=ansi_magenta
        simulated-text=ansi_bright_white
    """,
        ansi=True,
    ),
}
"""By the CRC-32 of the file: one that was changed is read anew."""
DEFAULT: Final = next(theme for theme in THEMES.values() if theme.name == "dark")
