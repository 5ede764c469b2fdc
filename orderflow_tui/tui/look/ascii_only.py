"""The screen in ASCII alone: for terminals and fonts without line drawing, each sign by one that is as wide."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

_SIGNS: Final = {
    "▁▂": "_", "▃▄": "-", "▅▆": "=", "▇█▓▉▊": "#", "▀": "'", "▌▋▍▎▏▐": "|", "▒": "+", "░": ".",
    "─━═┄┅╌╍╸╺╴╶": "-", "│┃║┆┇╎╏╵╷╹╻": "|", "┌┐└┘┏┓┗┛╭╮╰╯╔╗╚╝├┤┬┴┼┣┫┳┻╋┠┨┯┷┿╂": "+",
    "↑▲": "^", "↓▼": "v", "→▶": ">", "←◀": "<", "⏎": "~", "…": ".", "·∙": ".", "±": "~", "●•◆■": "*",
}  # fmt: skip
_DOTS: Final = " ..::**##"
_BRAILLE: Final = range(0x2800, 0x2900)


class _Table(dict[int, str]):
    """What `str.translate` asks, filled as signs are met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        plain = _DOTS[(code - _BRAILLE.start).bit_count()] if code in _BRAILLE else "?" * cell_len(sign)
        self[code] = plain
        return plain


_TABLE: Final = _Table(
    {code: chr(code) for code in range(128)} | {ord(sign): plain for signs, plain in _SIGNS.items() for sign in signs}
)


def ascii_only(text: str) -> str:
    """The text with every sign beyond ASCII replaced, as many cells wide as before."""
    return text if text.isascii() else text.translate(_TABLE)
