"""Writes `orderflow_tui/tui/look/default_theme.py` from `themes/dark.yaml`: `python -m tests.tui.write_default_theme`.

Reading YAML costs 16 ms before the first paint; the program carries the one theme that most first paints need.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Final

from textual.theme import Theme

import orderflow_tui.tui
from orderflow_tui.tui.look.theme import DEFAULT_THEME, read_theme, theme_folders

TARGET: Final = Path(orderflow_tui.tui.__file__).parent / "look" / "default_theme.py"
_HEAD: Final = '''"""`themes/{name}.yaml` as the program carries it, so that the first paint waits for no YAML.

Written by `python -m tests.tui.write_default_theme`; a test holds it to the file.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

THEME: Final = Theme(
'''


def shipped() -> Theme:
    """The file's theme."""
    return read_theme((theme_folders()[0] / f"{DEFAULT_THEME}.yaml").read_text(encoding="utf-8"))


def module() -> str:
    """The module."""
    theme, usual = shipped(), Theme(name="", primary="")
    lines = [_HEAD.format(name=DEFAULT_THEME)]
    for field in fields(Theme):
        value = getattr(theme, field.name)
        if field.name == "variables":
            lines.append("    variables={\n")
            lines += [f'        "{key}": "{colour}",\n' for key, colour in value.items()]
            lines.append("    },\n")
        elif value != getattr(usual, field.name):
            lines.append(f'    {field.name}="{value}",\n')
    return "".join([*lines, ")\n"])


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
