"""Writes `orderflow_tui/tui/look/shipped_themes.py` from `themes/`: `python -m tests.tui.write_shipped_themes`.

Reading YAML costs 16 ms before the first paint and a megabyte as long as the screen runs.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from textwrap import wrap
from typing import Final
from zlib import crc32

from textual.theme import Theme

import orderflow_tui.tui
from orderflow_tui.tui.look.theme import DEFAULT_THEME, parse_theme, theme_folders

TARGET: Final = Path(orderflow_tui.tui.__file__).parent / "look" / "shipped_themes.py"
_HEAD: Final = '''"""The files in `themes` as the program carries them, so that neither the first paint nor the memory pays for YAML.

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
'''
_TAIL: Final = '''}}
"""By the CRC-32 of the file: one that was changed is read anew."""
DEFAULT: Final = next(theme for theme in THEMES.values() if theme.name == "{name}")
'''


def shipped() -> dict[int, Theme]:
    """The files' themes, by the CRC-32 of each."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(theme_folders()[0].glob("*.yaml"))]
    return {crc32(text.encode()): parse_theme(text) for text in texts}


def module() -> str:
    """The module."""
    lines = [_HEAD]
    for checksum, theme in shipped().items():
        usual = Theme(name=theme.name, primary="", variables=theme.variables)
        given = {field.name: getattr(theme, field.name) for field in fields(Theme)}
        given = {name: value for name, value in given.items() if value != getattr(usual, name)}
        colors = {name: value for name, value in given.items() if isinstance(value, str)}
        lines += [f'    0x{checksum:08X}: _theme(\n        "{theme.name}",\n', *_text(colors), *_text(theme.variables)]
        lines += [f"        {name}={value},\n" for name, value in given.items() if name not in colors] + ["    ),\n"]
    return "".join([*lines, _TAIL.format(name=DEFAULT_THEME)])


def _text(pairs: dict[str, str]) -> list[str]:
    words = " ".join(f"{name}={value}" for name, value in pairs.items())
    rows = [f"        {line}\n" for line in wrap(words, 110, break_on_hyphens=False)]
    return ['        """\n', *rows, '    """,\n']


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
