"""The one place that takes keys and passwords out of text from outside, whoever echoed them.

Whoever holds a secret names it here; whatever shows or keeps text from outside asks here before it cuts the text, for a
key that is cut first is no longer recognised.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

MASK: Final = "***"
LEAST: Final = 6
"""So many characters of a secret in a row are masked, wherever in it they stand; fewer tell nothing."""
WORD: Final = 2
"""A secret shorter than `LEAST` is masked as a whole word; one shorter than this is part of too many texts."""
ENCODED: Final = 12
"""So many characters in a row of a secret in other letters, in base64 or in hexadecimal digits are masked."""
_parts: set[str] = set()
_encoded: set[str] = set()
"""In small letters."""
_short: set[str] = set()


def hide(secret: str) -> None:
    """From now on this secret is masked in every text, in whatever case or code; safe from any thread."""
    secret = secret.strip()
    if len(secret) >= LEAST:
        _parts.update(_telling(_windows(secret, LEAST)))
        for form in _forms(secret):
            _encoded.update(_telling(_windows(form.lower(), ENCODED)))
    elif len(secret) >= WORD:
        _short.add(secret)


def masked(text: str) -> str:
    """The text with every known secret, and every part of one, replaced by `***`."""
    parts, encoded = _parts, _encoded
    if not parts and not _short:
        return text
    small = text.lower() if text.isascii() else "".join(sign.lower() if sign.isascii() else sign for sign in text)
    kept: list[str] = []
    hidden_to = 0
    for at, character in enumerate(text):
        length = ENCODED if small[at : at + ENCODED] in encoded else LEAST if text[at : at + LEAST] in parts else 0
        if length:
            if at >= hidden_to:
                kept.append(MASK)
            hidden_to = max(hidden_to, at + length)
        elif at >= hidden_to:
            kept.append(character)
    shown = "".join(kept)
    for secret in tuple(_short):
        shown = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, shown)
    return shown


def _telling(parts: Iterator[str]) -> set[str]:
    """Without runs of one character, such as the zeros of a time, unless the secret is nothing else."""
    every = set(parts)
    return {part for part in every if part.strip(part[0])} or every


def _windows(text: str, length: int) -> Iterator[str]:
    return (text[at : at + length] for at in range(len(text) - length + 1))


def _forms(secret: str) -> Iterator[str]:
    """The secret, in hexadecimal digits too, and in base64 wherever in three bytes it begins."""
    data = secret.encode()
    yield secret
    yield data.hex()
    for before, mixed in ((0, 0), (1, 2), (2, 3)):
        digits = b64encode(bytes(before) + data).decode().rstrip("=")[mixed:]
        yield digits
        yield digits.translate({ord("+"): "-", ord("/"): "_"})
